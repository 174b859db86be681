import { PREDICATE } from '../../evidence/evidence.ts'
import type { Requirements } from '../document.ts'
import { readProvenance } from '../facts/read-provenance.ts'
import type { ProvenanceFacts } from '../facts/read-provenance.ts'
import { ageClause } from './age.ts'
import type { Context, KindRules } from './clause.ts'
import { provenanceBranch } from './provenance-branch.ts'
import { provenanceBuildType } from './provenance-build-type.ts'
import { provenanceBuilder } from './provenance-builder.ts'
import { provenanceClean } from './provenance-clean.ts'
import { provenanceCommit } from './provenance-commit.ts'
import { provenanceParameters } from './provenance-parameters.ts'
import { provenanceSource } from './provenance-source.ts'

/** Provenance is made by the recorder of a build, never afterwards. */
const make = (_context: Context): string => 'tally ship'

export const PROVENANCE: KindRules<NonNullable<Requirements['provenance']>, ProvenanceFacts> = {
  kind: 'provenance',
  noun: 'provenance',
  predicateTypes: () => [PREDICATE.provenance],
  required: (rules) => rules.require.provenance,
  read: (receipt) => readProvenance(receipt.statement.predicate),
  make,
  clauses: [
    provenanceBuilder,
    provenanceBuildType,
    provenanceSource,
    provenanceCommit,
    provenanceBranch,
    provenanceClean,
    ageClause('provenance.age', make),
    provenanceParameters,
  ],
}

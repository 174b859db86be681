import type { Requirements } from '../document.ts'
import { PROVENANCE_TYPES, readProvenance } from '../facts/read-provenance.ts'
import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { ageClause } from './age.ts'
import type { Context, KindRules } from './clause.ts'
import { provenanceBranch } from './provenance-branch.ts'
import { provenanceBuildType } from './provenance-build-type.ts'
import { provenanceBuilder } from './provenance-builder.ts'
import { provenanceCertificate } from './provenance-certificate.ts'
import { provenanceClean } from './provenance-clean.ts'
import { provenanceCommit } from './provenance-commit.ts'
import { provenanceLevel } from './provenance-level.ts'
import { provenancePackage } from './provenance-package.ts'
import { provenanceParameters } from './provenance-parameters.ts'
import { provenanceRef } from './provenance-ref.ts'
import { provenanceSource } from './provenance-source.ts'

/** Provenance is made by the recorder of a build, never afterwards. */
const make = (_context: Context): string => 'tally ship'

export const PROVENANCE: KindRules<NonNullable<Requirements['provenance']>, ProvenanceFacts> = {
  kind: 'provenance',
  noun: 'provenance',
  predicateTypes: () => PROVENANCE_TYPES,
  required: (rules) => rules.require.provenance,
  read: (receipt) => readProvenance(receipt.statement),
  make,
  clauses: [
    provenanceLevel,
    provenanceBuilder,
    provenanceBuildType,
    provenanceSource,
    provenanceCommit,
    provenanceBranch,
    provenanceRef,
    provenanceCertificate,
    provenanceClean,
    ageClause('provenance.age', make),
    provenanceParameters,
    provenancePackage,
  ],
}

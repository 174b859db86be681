import { PREDICATE } from '../../evidence/evidence.ts'
import type { Requirements } from '../document.ts'
import { readSbom } from '../facts/read-sbom.ts'
import type { SbomFacts } from '../facts/read-sbom.ts'
import { artifactWord } from '../show.ts'
import { ageClause } from './age.ts'
import type { Context, KindRules } from './clause.ts'
import { forbidLicences } from './forbid-licences.ts'
import { forbidPackages } from './forbid-packages.ts'
import { sbomBound } from './sbom-bound.ts'
import { sbomComplete } from './sbom-complete.ts'

const make = (context: Context): string => `tally attest ${artifactWord(context)} --type cyclonedx --predicate sbom.json`

/** What is forbidden is asked of the same SBOM that meets the rest: nobody mixes a complete SBOM with a harmless one. */
export const SBOM: KindRules<NonNullable<Requirements['sbom']>, SbomFacts> = {
  kind: 'sbom',
  noun: 'SBOM',
  article: 'an',
  predicateTypes: (required) => required.formats.map((format) => PREDICATE[format]),
  required: (rules) => rules.require.sbom,
  read: readSbom,
  make,
  clauses: [sbomBound, sbomComplete, ageClause('sbom.age', make), forbidLicences, forbidPackages],
}

import { PREDICATE } from '../evidence/evidence.ts'
import type { May } from './receipt.ts'

/** What must be in an authority's `may` for each predicate type; every other type needs `any`. */
const NEEDED: Readonly<Record<string, May>> = {
  [PREDICATE.signature]: 'sign',
  [PREDICATE.cyclonedx]: 'sbom',
  [PREDICATE.spdx]: 'sbom',
  [PREDICATE.provenance]: 'provenance',
  [PREDICATE.provenanceV02]: 'provenance',
  [PREDICATE.provenanceV01]: 'provenance',
  [PREDICATE.testResult]: 'check',
  [PREDICATE.vsa]: 'verdict',
  [PREDICATE.release]: 'release',
  [PREDICATE.npmPublish]: 'release',
}

/** What an authority must be allowed to say for a statement of this predicate type to count. */
export function neededFor(predicateType: string): May {
  return (Object.hasOwn(NEEDED, predicateType) ? NEEDED[predicateType] : undefined) ?? 'any'
}

/** Whether `may` covers a statement of this predicate type. `any` covers every statement; vouching for logs (`log`) is never covered by it. */
export function maySay(may: readonly May[], predicateType: string): boolean {
  return may.includes('any') || may.includes(neededFor(predicateType))
}

import { PREDICATE } from '../../evidence/evidence.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { TallyError } from '../../kernel/errors.ts'
import { fromCycloneDx } from '../../sbom/formats/cyclonedx/read.ts'
import { fromSpdx } from '../../sbom/formats/spdx/read.ts'
import type { Sbom } from '../../sbom/model.ts'
import type { Receipt } from '../../trust/receipt.ts'
import type { Reading } from '../clauses/clause.ts'

/** What a policy asks about an SBOM, the same for CycloneDX and SPDX. */
export type SbomFacts = { readonly format: 'cyclonedx' | 'spdx'; readonly sbom: Sbom }

/** Reads the SBOM of a receipt by its predicate type, as the inventory reads it: one reader, one answer. */
export function readSbom({ statement }: Pick<Receipt, 'statement'>): Reading<SbomFacts> {
  const { predicateType, predicate } = statement
  const format = predicateType === PREDICATE.cyclonedx ? 'cyclonedx' : 'spdx'
  try {
    const bytes = utf8(JSON.stringify(predicate) ?? '')
    return { ok: true, facts: { format, sbom: format === 'cyclonedx' ? fromCycloneDx(bytes, 'the SBOM') : fromSpdx(bytes, 'the SBOM') } }
  } catch (error) {
    if (!(error instanceof TallyError)) throw error
    return { ok: false, why: `the SBOM ${error.message}` }
  }
}

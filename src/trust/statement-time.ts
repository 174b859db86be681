import { PREDICATE } from '../evidence/evidence.ts'
import type { Statement } from '../evidence/evidence.ts'
import { provenanceSchema } from '../evidence/predicates/provenance.ts'
import { provenanceV01Schema, provenanceV02Schema } from '../evidence/predicates/provenance-v02.ts'
import { vsaSchema } from '../evidence/predicates/vsa.ts'
import type { ProvenTime } from './receipt.ts'

/** The time a statement gives itself: the signer's word. `at` is empty when it gives none. */
export function assertedTime(statement: Pick<Statement, 'predicateType' | 'predicate'>): ProvenTime {
  return { at: timeOf(statement) ?? '', proof: 'asserted' }
}

function timeOf({ predicateType, predicate }: Pick<Statement, 'predicateType' | 'predicate'>): string | undefined {
  if (predicateType === PREDICATE.provenance) return provenanceSchema.safeParse(predicate).data?.runDetails.metadata?.finishedOn
  if (predicateType === PREDICATE.provenanceV02) return provenanceV02Schema.safeParse(predicate).data?.metadata?.buildFinishedOn
  if (predicateType === PREDICATE.provenanceV01) return provenanceV01Schema.safeParse(predicate).data?.metadata?.buildFinishedOn
  if (predicateType === PREDICATE.vsa) return vsaSchema.safeParse(predicate).data?.timeVerified
  return undefined
}

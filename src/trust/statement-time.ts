import { PREDICATE } from '../evidence/evidence.ts'
import type { Statement } from '../evidence/evidence.ts'
import type { ProvenTime } from './receipt.ts'

type Said = Pick<Statement, 'predicateType' | 'predicate'>

/** The time a statement gives itself: the signer's word. `at` is empty when it gives none. The schemas are loaded only for types that have a time. */
export async function assertedTime(statement: Said): Promise<ProvenTime> {
  return { at: (await timeOf(statement)) ?? '', proof: 'asserted' }
}

async function timeOf({ predicateType, predicate }: Said): Promise<string | undefined> {
  switch (predicateType) {
    case PREDICATE.provenance: {
      const { provenanceSchema } = await import('../evidence/predicates/provenance.ts')
      return provenanceSchema.safeParse(predicate).data?.runDetails.metadata?.finishedOn
    }
    case PREDICATE.provenanceV02: {
      const { provenanceV02Schema } = await import('../evidence/predicates/provenance-v02.ts')
      return provenanceV02Schema.safeParse(predicate).data?.metadata?.buildFinishedOn
    }
    case PREDICATE.provenanceV01: {
      const { provenanceV01Schema } = await import('../evidence/predicates/provenance-v02.ts')
      return provenanceV01Schema.safeParse(predicate).data?.metadata?.buildFinishedOn
    }
    case PREDICATE.vsa: {
      const { vsaSchema } = await import('../evidence/predicates/vsa.ts')
      return vsaSchema.safeParse(predicate).data?.timeVerified
    }
    default:
      return undefined
  }
}

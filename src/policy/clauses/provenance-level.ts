import { levelOf } from '../builders/table.ts'
import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The builder, with this signer, may claim the SLSA build level the policy asks for. */
export const provenanceLevel: Clause<{ readonly level?: number | undefined }, ProvenanceFacts> = {
  name: 'provenance.level',
  asked: (required) => required.level !== undefined,
  expected: (required) => `SLSA build level ${required.level ?? 0} or more`,
  judge: (facts, required, context, receipt) => {
    const { level, why } = levelOf(facts.builder, receipt.signer, context.rules.builders)
    const found = `level ${level}: ${why}`
    return level >= (required.level ?? 0)
      ? met(found)
      : failed(found, 'build it with a builder of that level, or add a row for this one to `builders` of the policy')
  },
}

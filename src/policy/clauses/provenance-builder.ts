import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** builder.id is exactly the one the policy names. */
export const provenanceBuilder: Clause<{ readonly builder?: string | undefined }, ProvenanceFacts> = {
  name: 'provenance.builder',
  asked: (required) => required.builder !== undefined,
  expected: (required) => `built by ${required.builder ?? ''}`,
  judge: (facts, required) =>
    facts.builder === required.builder
      ? met(show(facts.builder))
      : failed(
          show(facts.builder),
          'build it with that builder, for example `tally ship` there, or name this one in require.provenance.builder',
        ),
}

import type { ProvenanceFacts } from '../facts/read-provenance.ts'
import { compileMatcher } from '../../kernel/matcher.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The URI of the source repository (the first resolved dependency) is the one the policy names. */
export const provenanceSource: Clause<{ readonly source?: string | undefined }, ProvenanceFacts> = {
  name: 'provenance.source',
  asked: (required) => required.source !== undefined,
  expected: (required) => `source ${required.source ?? ''}`,
  judge: (facts, required) => {
    const next = 'build it from that repository, or name this one in require.provenance.source'
    if (facts.source === undefined) return failed('no source with a git commit', next)
    return compileMatcher(required.source ?? '').matches(facts.source.uri)
      ? met(show(facts.source.uri))
      : failed(show(facts.source.uri), next)
  },
}

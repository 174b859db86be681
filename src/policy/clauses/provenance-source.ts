import { compileMatcher } from '../../kernel/matcher.ts'
import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The URI of the source repository, with or without the `@<ref>` behind it, is the one the policy names. */
export const provenanceSource: Clause<{ readonly source?: string | undefined }, ProvenanceFacts> = {
  name: 'provenance.source',
  asked: (required) => required.source !== undefined,
  expected: (required) => `source ${required.source ?? ''}`,
  judge: (facts, required) => {
    const next = 'build it from that repository, or name this one in require.provenance.source'
    if (facts.source === undefined) return failed('no source with a git commit', next)
    const { matches } = compileMatcher(required.source ?? '')
    const whole = facts.ref === undefined ? facts.source.uri : `${facts.source.uri}@${facts.ref}`
    return matches(facts.source.uri) || matches(whole) ? met(show(facts.source.uri)) : failed(show(facts.source.uri), next)
  },
}

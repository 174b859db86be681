import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { compileMatcher } from '../../kernel/matcher.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** It was built from the git ref the policy names: `refs/tags/v1.2.3`, `pattern:refs/tags/v*`. */
export const provenanceRef: Clause<{ readonly ref?: string | undefined }, ProvenanceFacts> = {
  name: 'provenance.ref',
  asked: (required) => required.ref !== undefined,
  expected: (required) => `ref ${required.ref ?? ''}`,
  judge: (facts, required) => {
    const next = 'build it from that ref, or name this one in require.provenance.ref'
    if (facts.ref === undefined) return failed('no ref named', next)
    return compileMatcher(required.ref ?? '').matches(facts.ref) ? met(show(facts.ref)) : failed(show(facts.ref), next)
  },
}

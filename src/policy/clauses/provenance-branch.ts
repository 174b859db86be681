import { compileMatcher } from '../../kernel/matcher.ts'
import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** It was built from the branch the policy names. */
export const provenanceBranch: Clause<{ readonly branch?: string | undefined }, ProvenanceFacts> = {
  name: 'provenance.branch',
  asked: (required) => required.branch !== undefined,
  expected: (required) => `branch ${required.branch ?? ''}`,
  judge: (facts, required) => {
    const next = 'check out that branch and run: tally ship'
    if (facts.branch === undefined) return failed('no branch named', next)
    return compileMatcher(required.branch ?? '').matches(facts.branch) ? met(show(facts.branch)) : failed(show(facts.branch), next)
  },
}

import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The tree was clean before the build and after it: what the commit says is what was built, and building changed none of it. */
export const provenanceClean: Clause<{ readonly clean?: true | undefined }, ProvenanceFacts> = {
  name: 'provenance.clean',
  asked: (required) => required.clean === true,
  expected: () => 'a source tree that is clean before and after the build',
  judge: (facts) => {
    const next = 'commit or stash the change, then: tally ship'
    if (facts.clean === undefined) return failed('nothing said about the tree', next)
    if (!facts.clean.before) return failed('dirty before the build', next)
    return facts.clean.after ? met('clean') : failed('dirty after the build, which changed a tracked file or left one behind', next)
  },
}

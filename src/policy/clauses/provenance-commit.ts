import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { show } from '../show.ts'
import { failed, met, unknown } from './clause.ts'
import type { Clause } from './clause.ts'

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** The provenance names the commit it was built from; with `head` that is the one the caller says HEAD is. */
export const provenanceCommit: Clause<{ readonly commit: 'head' | 'any' }, ProvenanceFacts> = {
  name: 'provenance.commit',
  asked: () => true,
  expected: (required, context) =>
    required.commit === 'any'
      ? 'a source commit'
      : `built from HEAD${context.headCommit === undefined ? '' : ` (${show(context.headCommit)})`}`,
  judge: (facts, required, context) => {
    const commit = facts.source?.commit
    if (commit === undefined) return failed('no source commit', 'build it from a git repository: tally ship')
    if (!COMMIT.test(commit)) return failed(`${show(commit)}, which is no full commit id`, 'build it again: tally ship')
    if (required.commit === 'any') return met(commit)
    if (context.headCommit === undefined)
      return unknown(`${commit}, and nobody said what HEAD is`, 'run it inside the git repository of the source')
    return commit === context.headCommit ? met(commit) : failed(commit, 'ship the commit that is HEAD: tally ship')
  },
}

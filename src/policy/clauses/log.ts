import type { Kind } from '../clause-names.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The clause about inclusion in a log, asked of each kind that `log.of` names. Trust has verified the proof for exactly this envelope. */
export function logClause(kind: Kind): Clause<unknown, unknown> {
  return {
    name: 'log',
    asked: (_required, rules) => rules.require.log?.of.includes(kind) === true,
    expected: () => `${kind} in a log`,
    judge: (_facts, _required, _context, { log, logProblem, transparency = [] }) => {
      if (log !== undefined) return met(`${kind} at index ${log.proof.index}`)
      // A public log's promise alone (what cosign 2 kept) is its word that the entry will be there, and no proof that it is.
      const entry = transparency.find((one) => one.treeSize !== undefined)
      if (entry !== undefined && logProblem === undefined) return met(`${kind} at index ${entry.index} of ${show(entry.log)}`)
      const why = logProblem === undefined ? '' : ` (${logProblem})`
      return failed(`${kind} without a verified log proof${why}`, 'tally ship, which logs every receipt and attaches the proof')
    },
  }
}

import type { Kind } from '../clause-names.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The clause about inclusion in a log, asked of each kind that `log.of` names. Trust has verified the proof for exactly this envelope. */
export function logClause(kind: Kind): Clause<unknown, unknown> {
  return {
    name: 'log',
    asked: (_required, rules) => rules.require.log?.of.includes(kind) === true,
    expected: () => `${kind} in a log`,
    judge: (_facts, _required, _context, receipt) =>
      receipt.log === undefined
        ? failed(
            `${kind} without a verified log proof${receipt.logProblem === undefined ? '' : ` (${receipt.logProblem})`}`,
            'tally ship, which logs every receipt and attaches the proof',
          )
        : met(`${kind} at index ${receipt.log.proof.index}`),
  }
}

import type { Receipt } from '../../trust/receipt.ts'
import type { ClauseName } from '../clause-names.ts'
import { durationMs, durationText } from '../duration.ts'
import { failed, met, unknown } from './clause.ts'
import type { Clause, Context, Judged } from './clause.ts'

/** How far a clock may run ahead of ours before a time counts as lying in the future. */
const SKEW_MS = 300_000

/** The clause about the age of a receipt: its proven time, never a date inside its predicate. */
export function ageClause(
  name: ClauseName,
  make: (context: Context) => string,
): Clause<{ readonly 'max-age'?: string | undefined }, unknown> {
  return {
    name,
    asked: (required) => required['max-age'] !== undefined,
    expected: (required, context) =>
      `at most ${required['max-age'] ?? ''} old${context.rules['allow-asserted-time'] ? '' : ', by a time that is more than its word'}`,
    judge: (_facts, required, context, receipt) => judgeAge(receipt, required['max-age'] ?? '', context, make(context)),
  }
}

function judgeAge(receipt: Receipt, maxAge: string, context: Context, next: string): Judged {
  const limit = durationMs(maxAge)
  const at = Date.parse(receipt.time.at)
  if (limit === undefined || Number.isNaN(at)) return unknown('a time that cannot be read', next)
  if (receipt.time.proof === 'asserted' && !context.rules['allow-asserted-time']) {
    return failed(
      `the time ${receipt.time.at} is only the signer's word`,
      `${next}, with its time proven by a log or a timestamp authority (or set allow-asserted-time: true)`,
    )
  }
  const age = context.now.getTime() - at
  if (age < -SKEW_MS) return failed(`a time in the future (${receipt.time.at})`, next)
  const found = `${durationText(Math.max(0, age))} old (${receipt.time.at}, by ${receipt.time.proof})`
  return age <= limit ? met(found) : failed(found, next)
}

import type { ClauseResult } from '../evidence/verdict.ts'
import type { Receipt } from '../trust/receipt.ts'
import { isAbout } from './about.ts'
import type { ClauseName } from './clause-names.ts'
import { failed, met, unknown } from './clauses/clause.ts'
import type { Clause, Context, Judged, KindRules, Reading } from './clauses/clause.ts'
import { logClause } from './clauses/log.ts'
import { distinctSigners } from './distinct.ts'
import { show, showAll } from './show.ts'
import type { AskWaivers } from './waive.ts'

type Requirement = { readonly from: readonly string[]; readonly count: number }
type ClauseOutcome = { readonly name: ClauseName; readonly judged: Judged; readonly waivedBy?: string }
type Candidate<F> = { readonly receipt: Receipt; readonly reading: Reading<F>; readonly outcomes: readonly ClauseOutcome[] }

/**
 * Judges one kind of receipt by one row of the table. Every receipt of the kind from a named authority is asked every
 * clause, and one and the same receipt must meet them all (with `count`, as many receipts of distinct authorities). What
 * others say takes nothing away, so that leaving a receipt out never helps whoever leaves it out.
 * Out: results, several of one name where a clause is asked by more than one kind or receipt.
 */
export function judgeKind<R extends Requirement, F>(
  kind: KindRules<R, F>,
  receipts: readonly Receipt[],
  context: Context,
  waivers: AskWaivers,
): readonly ClauseResult[] {
  const required = kind.required(context.rules)
  if (required === undefined) return []
  const clauses: readonly Clause<R, F>[] = [...kind.clauses, logClause(kind.kind)].filter((clause) => clause.asked(required, context.rules))
  const types = kind.predicateTypes(required)
  const ofKind = receipts.filter((receipt) => types.includes(receipt.statement.predicateType))
  const candidates = ofKind
    .filter((receipt) => required.from.includes(receipt.signer.authority))
    // An SBOM of something else is kept, for `sbom.bound` to name; all else that is not about the artifact does not count.
    .filter((receipt) => kind.kind === 'sbom' || isAbout(receipt.statement, context.artifact))
    .map((receipt): Candidate<F> => judgeReceipt(kind, clauses, required, receipt, context, waivers))
    .toSorted(byMerit)

  const readable = candidates.filter((candidate) => candidate.reading.ok)
  const existence = judgeExistence(kind, required, candidates, readable, ofKind, context)
  // A waiver of the kind itself asks for one receipt in place of `count`, whether or not there are enough: were it used only when
  // there are too few, taking a bad one away would help.
  const needed = waivers(kind.kind).waivedBy === undefined ? required.count : 1
  const good = distinctSigners(readable.filter((candidate) => standing(candidate) === 0))
  const chosen = needed === 1 ? candidates.slice(0, 1) : (good.length >= needed ? good : distinctSigners(candidates)).slice(0, needed)
  const short = good.length < required.count && existence.result === 'met' && chosen.every((candidate) => standing(candidate) === 0)
  const main = short ? failed(`only ${good.length} of ${required.count} receipts meet all of it`, kind.make(context)) : existence

  const evidence = chosen.map((candidate) => candidate.receipt.envelope)
  const mainResult = clauseResult(kind.kind, expectedExistence(kind, required), main, evidence, waivers)
  const rest = clauses.flatMap((clause) => {
    const expected = clause.expected(required, context)
    // A missing receipt is named once, by its kind; what rests on it is said only where the kind was waived.
    if (chosen.length === 0 && mainResult.waivedBy === undefined) return []
    if (chosen.length === 0) return [clauseResult(clause.name, expected, failed(`no ${kind.noun}`, kind.make(context)), [], waivers)]
    return chosen.flatMap((candidate) =>
      candidate.outcomes
        .filter((outcome) => outcome.name === clause.name)
        .map((outcome) => clauseResult(clause.name, expected, outcome.judged, [candidate.receipt.envelope], waivers)),
    )
  })
  return [mainResult, ...rest]
}

function judgeReceipt<R extends Requirement, F>(
  kind: KindRules<R, F>,
  clauses: readonly Clause<R, F>[],
  required: R,
  receipt: Receipt,
  context: Context,
  waivers: AskWaivers,
): Candidate<F> {
  const reading = kind.read(receipt)
  const outcomes = clauses.flatMap((clause): readonly ClauseOutcome[] => {
    const judged = reading.ok ? clause.judge(reading.facts, required, context, receipt) : unknown(show(reading.why), kind.make(context))
    if (judged === undefined) return []
    const { waivedBy } = judged.result === 'met' ? {} : waivers(clause.name, judged.about)
    return [waivedBy === undefined ? { name: clause.name, judged } : { name: clause.name, judged, waivedBy }]
  })
  return { receipt, reading, outcomes }
}

/** How many clauses stand against a receipt: not met and not waived. */
function standing(candidate: Candidate<unknown>): number {
  return candidate.outcomes.filter(({ judged, waivedBy }) => judged.result !== 'met' && waivedBy === undefined).length
}

function unmet(candidate: Candidate<unknown>): number {
  return candidate.outcomes.filter(({ judged }) => judged.result !== 'met').length
}

/** Best first, and always in the same order: readable, least against it, fewest waivers, newest, then by digest. */
function byMerit(a: Candidate<unknown>, b: Candidate<unknown>): number {
  return (
    Number(b.reading.ok) - Number(a.reading.ok) ||
    standing(a) - standing(b) ||
    unmet(a) - unmet(b) ||
    (Date.parse(b.receipt.time.at) || 0) - (Date.parse(a.receipt.time.at) || 0) ||
    (a.receipt.envelope < b.receipt.envelope ? -1 : 1)
  )
}

function expectedExistence<R extends Requirement, F>(kind: KindRules<R, F>, required: R): string {
  const who = showAll(required.from)
  return required.count === 1
    ? `${kind.article ?? 'a'} ${kind.noun} from ${who}`
    : `${kind.noun}s from ${required.count} distinct authorities of ${who}`
}

function judgeExistence<R extends Requirement, F>(
  kind: KindRules<R, F>,
  required: R,
  candidates: readonly Candidate<F>[],
  readable: readonly Candidate<F>[],
  ofKind: readonly Receipt[],
  context: Context,
): Judged {
  const next = kind.make(context)
  const signers = distinctSigners(readable)
  if (signers.length >= required.count) return met(`from ${showAll(signers.map((candidate) => signerName(candidate.receipt)))}`)
  const unread = candidates.find((candidate) => !candidate.reading.ok)
  if (unread !== undefined && !unread.reading.ok) return unknown(`cannot be read: ${show(unread.reading.why)}`, next)
  if (signers.length > 0) {
    const keys = candidates.length > signers.length ? ', each authority and key counted once' : ''
    return failed(`${signers.length} of ${required.count} (${showAll(signers.map((each) => signerName(each.receipt)))}${keys})`, next)
  }
  const others = [...new Set(ofKind.map((receipt) => receipt.signer.authority))].filter((name) => !required.from.includes(name)).toSorted()
  if (others.length > 0) return failed(`only from ${showAll(others)}, whom the policy does not name`, next)
  return failed(ofKind.length === 0 ? 'none' : 'only about another artifact', next)
}

function signerName(receipt: Receipt): string {
  const { authority, kind } = receipt.signer
  return kind === 'local' ? `${authority} (proves only this machine)` : authority
}

function clauseResult(
  clause: ClauseName,
  expected: string,
  judged: Judged,
  evidence: ClauseResult['evidence'],
  waivers: AskWaivers,
): ClauseResult {
  const base = { clause, result: judged.result, expected, next: judged.next, evidence }
  if (judged.result === 'met') return { ...base, found: judged.found }
  const { waivedBy, notes } = waivers(clause, judged.about)
  const found = [judged.found, ...notes].join('; ')
  return waivedBy === undefined ? { ...base, found } : { ...base, found, waivedBy }
}

import { z } from 'zod'
import type { Verdict } from '../evidence/verdict.ts'
import { utf8 } from '../kernel/bytes.ts'
import { canonicalJson } from '../kernel/json.ts'
import { parsePolicy } from './document.ts'
import type { Policy } from './document.ts'
import { evaluate } from './evaluate.ts'
import type { Question } from './evaluate.ts'

/** Whose summary is taken, and what it must say. */
export type SummaryAsk = {
  /** Names of authorities. */
  readonly from: readonly string[]
  /** verifier.id, exactly. Left out: the id that belongs to the key that signed. */
  readonly verifier?: string
  /** resourceUri; exact, or `pattern:`. */
  readonly resource: string
  readonly levels: readonly string[]
  /** Greatest age of a summary, as in a policy. */
  readonly maxAge?: string
}

/** `stands`: the verdict may be acted on. Else `verdict` shows what is wrong with the summaries there are. */
export type SummaryAnswer = { readonly stands: boolean; readonly verdict: Verdict }

/**
 * Whether somebody else's verification summary can be taken for one's own judgement: the seven checks of the specification
 * (check-vsa.ts). With a policy, only a summary by that very policy, byte for byte, which rests on no waiver: policies are
 * edited and waivers end, and a summary must outlive neither. Throws `policy-invalid` for an ask that cannot be one.
 */
export function acceptSummary(ask: SummaryAsk, policy: Policy | undefined, question: Question): SummaryAnswer {
  const verdict = evaluate(policyOf(ask, policy), question)
  const named = policy === undefined ? verdict : { ...verdict, policy: { name: policy.name, digest: policy.digest } }
  if (verdict.decision !== 'allow' || policy === undefined) return { stands: verdict.decision === 'allow', verdict: named }
  const waived = waivedClauses(verdict, question)
  return waived.length === 0 ? { stands: true, verdict: named } : { stands: false, verdict: withWaivers(named, waived) }
}

/** The ask as a policy, so that it is judged and shown as any other. */
function policyOf(ask: SummaryAsk, policy: Policy | undefined): Policy {
  const verdict = {
    from: ask.from,
    resource: ask.resource,
    levels: ask.levels,
    ...(ask.verifier === undefined ? {} : { verifier: ask.verifier }),
    ...(ask.maxAge === undefined ? {} : { 'max-age': ask.maxAge }),
    ...(policy === undefined ? {} : { policy: policy.digest }),
  }
  // Whoever is trusted to judge is trusted to say when.
  const document = { version: 1, name: 'verification-summary', require: { verdict }, 'allow-asserted-time': true }
  return parsePolicy(utf8(canonicalJson(document)), 'verification summary')
}

const traced = z.object({
  'dev.tallystick.verdict': z.object({ clauses: z.array(z.object({ clause: z.string(), waivedBy: z.string().optional() })) }),
})

/** Clauses of the summary that only a waiver let pass. A summary without a trace hides them, so that it has one to be taken. */
function waivedClauses(verdict: Verdict, question: Question): readonly string[] {
  const used = verdict.clauses.flatMap((clause) => clause.evidence)
  return question.receipts
    .filter((receipt) => used.includes(receipt.envelope))
    .flatMap((receipt) => {
      const trace = traced.safeParse(receipt.statement.predicate)
      if (!trace.success) return ['(it shows no trace)']
      return trace.data['dev.tallystick.verdict'].clauses.flatMap(({ clause, waivedBy }) => (waivedBy === undefined ? [] : [clause]))
    })
}

function withWaivers(verdict: Verdict, waived: readonly string[]): Verdict {
  const clauses = verdict.clauses.map((clause) =>
    clause.clause === 'verdict'
      ? { ...clause, result: 'failed' as const, found: `one that rests on waivers: ${waived.join(', ')}`, next: 'judge it again' }
      : clause,
  )
  return { ...verdict, decision: 'deny', clauses }
}

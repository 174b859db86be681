import type { Artifact } from '../artifact/artifact.ts'
import type { ClauseResult, Decision, Verdict } from '../evidence/verdict.ts'
import type { Receipt } from '../trust/receipt.ts'
import { artifactDigests } from './about.ts'
import { CLAUSES } from './clause-names.ts'
import { CHECK } from './clauses/check.ts'
import type { Context } from './clauses/clause.ts'
import { PROVENANCE } from './clauses/provenance.ts'
import { PUBLISH } from './clauses/publish.ts'
import { SBOM } from './clauses/sbom.ts'
import { SIGNATURE } from './clauses/signature.ts'
import { VERDICT } from './clauses/verdict.ts'
import type { Policy } from './document.ts'
import { judgeKind } from './judge-kind.ts'
import { askWaivers } from './waive.ts'
import type { AskWaivers } from './waive.ts'

/** Everything a policy judges by. Receipts are evidence that trust has verified; there is no other way in. */
export type Question = {
  readonly artifact: Artifact
  readonly receipts: readonly Receipt[]
  readonly now: Date
  /** The commit that `commit: head` means, 40 or 64 hexadecimal digits. Left out: that clause is unknown. */
  readonly headCommit?: string | undefined
  /** What the artifact is called where it is judged; what a verification summary must be for, unless the policy names it. */
  readonly resourceUri?: string | undefined
  /** How the artifact is named on a command line, for the commands that would mend a clause. Decides nothing. */
  readonly reference?: string | undefined
}

type Judge = (receipts: readonly Receipt[], context: Context, waivers: AskWaivers) => readonly ClauseResult[]

/** The kinds of receipts, in the order of a trace. One more kind is one more row. */
const JUDGES: readonly Judge[] = [
  (receipts, context, waivers) => judgeKind(SIGNATURE, receipts, context, waivers),
  (receipts, context, waivers) => judgeKind(PROVENANCE, receipts, context, waivers),
  (receipts, context, waivers) => judgeKind(PUBLISH, receipts, context, waivers),
  (receipts, context, waivers) => judgeKind(SBOM, receipts, context, waivers),
  (receipts, context, waivers) => judgeKind(CHECK, receipts, context, waivers),
  (receipts, context, waivers) => judgeKind(VERDICT, receipts, context, waivers),
]

/**
 * Judges an artifact by a policy. Pure: the same policy and question give the same verdict, and the order of receipts does not
 * matter. Every clause the policy asks is judged, waived ones too. `allow` only when each is met or waived; `deny` when one
 * failed; else `unknown`. Absence of evidence is a no. Taking a receipt away never makes an allow.
 */
export function evaluate(policy: Policy, question: Question): Verdict {
  const context: Context = {
    rules: policy.rules,
    artifact: question.artifact,
    receipts: question.receipts,
    now: question.now,
    headCommit: question.headCommit,
    resourceUri: question.resourceUri,
    reference: question.reference,
  }
  const waivers = askWaivers(policy.waivers, artifactDigests(question.artifact), question.now)
  const results = JUDGES.flatMap((judge) => judge(question.receipts, context, waivers))
  if (policy.rules.require.log !== undefined && results.every((result) => result.clause !== 'log')) results.push(NOTHING_LOGGED)
  const clauses = mergeClauses(results)
  return {
    decision: decide(clauses),
    policy: { name: policy.name, digest: policy.digest },
    artifact: question.artifact.digest,
    clauses,
    at: question.now.toISOString(),
  }
}

const NOTHING_LOGGED: ClauseResult = {
  clause: 'log',
  result: 'failed',
  expected: 'receipts in a log',
  found: 'no receipt that could be in one',
  next: 'tally ship, which logs every receipt and attaches the proof',
  evidence: [],
}

function decide(clauses: readonly ClauseResult[]): Decision {
  const standing = clauses.filter((clause) => clause.result !== 'met' && clause.waivedBy === undefined)
  if (standing.some((clause) => clause.result === 'failed')) return 'deny'
  // A policy that asked nothing cannot be parsed; should one come about all the same, it allows nothing.
  return standing.length === 0 && clauses.length > 0 ? 'allow' : 'unknown'
}

/** One result a clause, in the order of CLAUSES: of several (kinds in one log clause, receipts of a count) the worst, with what each found. */
function mergeClauses(results: readonly ClauseResult[]): readonly ClauseResult[] {
  return CLAUSES.flatMap((name) => {
    const same = results.filter((result) => result.clause === name)
    return same.length === 0 ? [] : [same.reduce(mergeTwo)]
  })
}

function mergeTwo(a: ClauseResult, b: ClauseResult): ClauseResult {
  const evidence = [...new Set([...a.evidence, ...b.evidence])]
  const [worse, other] = badness(b) > badness(a) ? [b, a] : [a, b]
  if (badness(a) === badness(b)) {
    const waivedBy = a.waivedBy === undefined || b.waivedBy === undefined ? {} : { waivedBy: join(a.waivedBy, b.waivedBy, ', ') }
    return { ...a, ...waivedBy, expected: join(a.expected, b.expected, ', '), found: join(a.found, b.found, '; '), evidence }
  }
  // The one that is met says nothing to mend; that the other is waived must not hide one that is not.
  return { ...worse, expected: other.result === 'met' ? worse.expected : join(worse.expected, other.expected, ', '), evidence }
}

function badness(result: ClauseResult): number {
  if (result.result === 'met') return 0
  if (result.waivedBy !== undefined) return 1
  return result.result === 'unknown' ? 2 : 3
}

function join(a: string, b: string, by: string): string {
  return a === b ? a : `${a}${by}${b}`
}

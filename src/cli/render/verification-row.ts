import type { Verification } from '../../chain/verify-artifact.ts'
import { exitCodeOf } from '../../kernel/errors.ts'
import type { TallyError } from '../../kernel/errors.ts'
import { safeText, shorten } from '../../kernel/text.ts'
import type { Style, Terminal } from '../terminal.ts'
import { errorData } from './error.ts'
import { proofJson } from './json.ts'
import { exitCodeFor, whyNotAllowed, whyNotVerified } from './verification.ts'

/** One artifact of a list, and what came of it; `error` when it could not be judged at all. */
export type Outcome = { readonly reference: string } & ({ readonly verification: Verification } | { readonly error: TallyError })

/** What kept an artifact from passing; undefined when nothing did. */
export function problemOf({ artifact, proof, verdict }: Verification): TallyError | undefined {
  return verdict === undefined ? whyNotVerified(proof, artifact) : whyNotAllowed(verdict, proof, artifact)
}

export function exitCodeOfOutcome(outcome: Outcome): number {
  return 'error' in outcome ? exitCodeOf(outcome.error) : exitCodeFor(problemOf(outcome.verification), outcome.verification.proof)
}

/** The exit code of several: a bug first, then a no, then whatever kept one from being judged. */
export function worstOf(codes: readonly number[]): number {
  for (const code of [70, 1]) if (codes.includes(code)) return code
  return Math.max(0, ...codes)
}

/** One outcome as one line of JSON: what `--format json` prints of a single artifact, with the reference it was asked by. */
export function outcomeJson(outcome: Outcome): string {
  const exitCode = exitCodeOfOutcome(outcome)
  if ('error' in outcome) return JSON.stringify({ reference: outcome.reference, error: errorData(outcome.error), exitCode })
  const { artifact, proof, verdict, earlier } = outcome.verification
  return JSON.stringify({ reference: outcome.reference, ...proofJson(artifact, proof, verdict, earlier, exitCode) })
}

/** One outcome as one row of a table: word, reference, digest, and who said it or what is wrong. */
export function outcomeRow(outcome: Outcome, width: number, terminal: Terminal): string {
  const [word, style] = wordOf(outcome)
  const digest = 'error' in outcome ? '' : outcome.verification.artifact.digest.slice('sha256:'.length, 'sha256:'.length + 12)
  const head = `${safeText(outcome.reference).padEnd(width)}  ${digest.padEnd(12)}  `
  const room = Math.max(24, terminal.columns - WORD_WIDTH - head.length)
  return `${terminal.style(style, word.padEnd(WORD_WIDTH))}${head}${shorten(safeText(detailOf(outcome)), room)}`.trimEnd()
}

const WORD_WIDTH = 12

function wordOf(outcome: Outcome): readonly [string, Style] {
  if ('error' in outcome) return ['not judged', 'yellow']
  const { verdict } = outcome.verification
  const problem = problemOf(outcome.verification)
  if (verdict === undefined) return problem === undefined ? ['verified', 'green'] : ['UNVERIFIED', 'red']
  if (problem === undefined) return ['allow', 'green']
  return verdict.decision === 'unknown' ? ['UNKNOWN', 'yellow'] : ['DENY', 'red']
}

function detailOf(outcome: Outcome): string {
  if ('error' in outcome) return `${outcome.error.code}: ${outcome.error.message}`
  const { proof, verdict, taken } = outcome.verification
  const problem = problemOf(outcome.verification)
  if (problem !== undefined) return problem.message
  const signers = [...new Set(proof.receipts.map((receipt) => receipt.signer.authority))].join(', ')
  const by = `${proof.receipts.length} ${proof.receipts.length === 1 ? 'piece' : 'pieces'} of evidence by ${signers}`
  return verdict !== undefined && taken ? `judged before, ${by}` : by
}

import { PREDICATE } from '../../evidence/evidence.ts'
import type { ClauseResult, Verdict } from '../../evidence/verdict.ts'
import { safeText, shorten } from '../../kernel/text.ts'
import type { Receipt, Rejection } from '../../trust/receipt.ts'
import { wrap } from '../help.ts'
import type { Style, Terminal } from '../terminal.ts'

const MARK: Readonly<Record<ClauseResult['result'], readonly [string, Style]>> = {
  met: ['met', 'green'],
  failed: ['FAILED', 'red'],
  unknown: ['UNKNOWN', 'yellow'],
}
const DECISION: Readonly<Record<Verdict['decision'], Style>> = { allow: 'green', deny: 'red', unknown: 'yellow' }

/** A verdict, clause by clause: met clauses on one line, others with what was expected, what was found and the next command. */
export function verdictLines(verdict: Verdict, terminal: Terminal): string[] {
  const { style } = terminal
  const lines = [
    `verdict    ${style(DECISION[verdict.decision], verdict.decision)} by policy ${safeText(verdict.policy.name)} (${verdict.policy.digest.slice(0, 19)}…)`,
  ]
  for (const clause of verdict.clauses) lines.push(...clauseLines(clause, terminal))
  return lines
}

function clauseLines(clause: ClauseResult, terminal: Terminal): string[] {
  const [mark, color] = MARK[clause.result]
  const head = `  ${terminal.style(color, mark.padEnd(8))} ${clause.clause}`
  const room = Math.max(30, terminal.columns - 14)
  if (clause.result === 'met')
    return [
      `${head.padEnd(head.length + Math.max(1, 24 - clause.clause.length))}${safeText(shorten(clause.found, Math.max(20, terminal.columns - 37)))}`,
    ]
  const lines = [head]
  if (clause.waivedBy !== undefined) lines.push(`           waived by ${safeText(clause.waivedBy)}; the result above is the real one`)
  for (const [label, text] of [
    ['expected', clause.expected],
    ['found', clause.found],
    ['next', clause.next],
  ] as const) {
    if (text === '') continue
    const [first = '', ...rest] = wrap(safeText(text), room - 9)
    lines.push(`           ${label.padEnd(9)}${first}`, ...rest.map((line) => `                    ${line}`))
  }
  return lines
}

const PREDICATE_WORDS: Readonly<Record<string, string>> = {
  [PREDICATE.signature]: 'signature',
  [PREDICATE.provenance]: 'SLSA provenance',
  [PREDICATE.provenanceV02]: 'SLSA provenance',
  [PREDICATE.provenanceV01]: 'SLSA provenance',
  [PREDICATE.cyclonedx]: 'SBOM (CycloneDX)',
  [PREDICATE.spdx]: 'SBOM (SPDX)',
  [PREDICATE.testResult]: 'check result',
  [PREDICATE.vsa]: 'verdict (VSA)',
  [PREDICATE.release]: 'release',
  [PREDICATE.npmPublish]: 'npm publish',
}

/** A predicate type in words; unknown ones as they are. */
export function predicateWord(predicateType: string): string {
  return PREDICATE_WORDS[predicateType] ?? safeText(predicateType)
}

/** Who is behind a receipt, and what that is worth. */
export function signerWord(receipt: Receipt): string {
  const { signer } = receipt
  if (signer.kind === 'local') return `${safeText(signer.authority)} (local key ${signer.keyId.slice(0, 12)}: proves only this machine)`
  if (signer.identity !== undefined)
    return `${safeText(signer.authority)} (${safeText(signer.identity.subject)}, by ${safeText(signer.identity.issuer)})`
  return `${safeText(signer.authority)} (key ${signer.keyId.slice(0, 12)})`
}

/** One line or two for each piece of evidence: what, by whom, logged or not. */
export function receiptLines(receipts: readonly Receipt[], terminal: Terminal): string[] {
  return receipts.flatMap((receipt) => {
    const logged =
      receipt.log === undefined
        ? receipt.logProblem === undefined
          ? terminal.style('yellow', 'not logged')
          : terminal.style('red', `NOT LOGGED: ${safeText(receipt.logProblem)}`)
        : `entry ${receipt.log.proof === undefined ? '' : receipt.log.proof.index} of ${receipt.log.size}, log vouched for by ${safeText(receipt.log.checkpointBy)}`
    return [
      `  ${terminal.style('green', 'verified')} ${predicateWord(receipt.statement.predicateType).padEnd(18)} ${signerWord(receipt)}`,
      `           ${terminal.style('dim', `${receipt.envelope.slice(0, 19)}…  ${logged}`)}`,
    ]
  })
}

/** Evidence that did not become a receipt, and why. */
export function rejectionLines(rejections: readonly Rejection[], terminal: Terminal): string[] {
  return rejections.flatMap((rejection) => [
    `  ${terminal.style('red', 'rejected')} ${predicateWord(rejection.predicateType).padEnd(18)} ${safeText(shorten(rejection.why, 300))}`,
    `           ${terminal.style('dim', `${rejection.envelope.slice(0, 19)}…  from ${safeText(rejection.where)}`)}`,
  ])
}

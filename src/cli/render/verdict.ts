import { PREDICATE } from '../../evidence/evidence.ts'
import type { ClauseResult, Verdict } from '../../evidence/verdict.ts'
import { countOf, safeText, shorten } from '../../kernel/text.ts'
import type { Proof } from '../../gate/prove.ts'
import type { Receipt, Rejection } from '../../trust/receipt.ts'
import type { Style, Terminal } from '../terminal.ts'
import { hanging, shortDigests } from './layout.ts'

const MARK: Readonly<Record<ClauseResult['result'], readonly [string, Style]>> = {
  met: ['met', 'green'],
  failed: ['FAILED', 'red'],
  unknown: ['UNKNOWN', 'yellow'],
}
const DECISION: Readonly<Record<Verdict['decision'], Style>> = { allow: 'green', deny: 'red', unknown: 'yellow' }

/** A verdict, clause by clause: met clauses with what was found, others with what was expected, what was found and the next command. */
export function verdictLines(verdict: Verdict, terminal: Terminal): string[] {
  const decision = terminal.style(DECISION[verdict.decision], verdict.decision)
  const head = `verdict  ${decision} by policy ${safeText(verdict.policy.name)} (${verdict.policy.digest.slice(0, 19)}…)`
  return [head, ...verdict.clauses.flatMap((clause) => clauseLines(clause, terminal))]
}

function clauseLines(clause: ClauseResult, terminal: Terminal): string[] {
  const { columns, style } = terminal
  const [word, color] = MARK[clause.result]
  const mark = `  ${style(color, word.padEnd(7))}  `
  if (clause.result === 'met') {
    const [first = '', ...rest] = hanging(clause.clause.padEnd(23), safeText(clause.found), columns - 11)
    return [`${mark}${first}`, ...rest.map((line) => `           ${line}`)]
  }
  const lines = [`${mark}${clause.clause}`]
  const about = (label: string, text: string): void => {
    if (text !== '') lines.push(...hanging(`           ${label.padEnd(9)}`, safeText(text), columns))
  }
  if (clause.waivedBy !== undefined) about('waived', `by ${clause.waivedBy}; the result above is the real one`)
  about('expected', clause.expected)
  about('found', clause.found)
  about('next', clause.next)
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
  '': 'evidence',
}

/** A predicate type in words; unknown ones as they are. */
export function predicateWord(predicateType: string): string {
  return PREDICATE_WORDS[predicateType] ?? safeText(shorten(predicateType, 200))
}

/** Who is behind a receipt, and what that is worth. */
function signerWord({ signer }: Receipt): string {
  const name = safeText(signer.authority)
  if (signer.kind === 'local') return `${name} (proves only this machine)`
  if (signer.identity !== undefined) {
    const { subject, issuer } = signer.identity
    return signer.authority === subject ? `${name} (by ${safeText(issuer)})` : `${name} (${safeText(subject)}, by ${safeText(issuer)})`
  }
  return name
}

/** All evidence there is: what holds and by whom, what does not and why, what could not be read; who vouches for the log is said once. */
export function evidenceLines(proof: Pick<Proof, 'receipts' | 'rejections' | 'unreadable'>, terminal: Terminal): string[] {
  return [
    ...proof.receipts.toSorted(byKind).flatMap((receipt) => receiptLines(receipt, terminal)),
    ...proof.rejections.flatMap((rejection) => rejectionLines(rejection, terminal)),
    ...proof.unreadable.flatMap((each) => [
      `  ${terminal.style('red', 'unreadable')} ${safeText(each.error.message)}`,
      ...hanging('           ', `from ${shortDigests(safeText(each.where))}`, terminal.columns),
    ]),
    ...loggedLines(proof.receipts, terminal),
  ]
}

function receiptLines(receipt: Receipt, { style, columns }: Terminal): string[] {
  const { logProblem, signer, envelope } = receipt
  const place = placeWord(receipt)
  const details = `${envelope.slice(0, 19)}…  key ${signer.keyId.slice(0, 12)}…  `
  return [
    `  ${style('green', 'verified')} ${predicateWord(receipt.statement.predicateType).padEnd(18)} ${signerWord(receipt)}`,
    `           ${style('dim', details)}${style(place.isProven ? 'dim' : 'yellow', place.text)}`,
    ...(receipt.matched === 'config' ? ['           about the config digest of the image in the archive'] : []),
    ...timeLines(receipt, columns).map((line) => style('dim', line)),
    ...(logProblem === undefined ? [] : hanging('           ', safeText(logProblem), columns)),
  ]
}

function rejectionLines(rejection: Rejection, { style, columns }: Terminal): string[] {
  return [
    `  ${style('red', 'rejected')} ${predicateWord(rejection.predicateType).padEnd(18)} ${rejection.envelope.slice(0, 19)}…`,
    ...hanging('           ', shortDigests(safeText(shorten(rejection.why, 300))), columns),
    ...hanging('           ', `from ${shortDigests(safeText(rejection.where))}`, columns).map((line) => style('dim', line)),
  ]
}

function loggedLines(receipts: readonly Receipt[], { columns }: Terminal): string[] {
  const sizes = new Map<string, number>()
  for (const { log } of receipts) if (log !== undefined) sizes.set(log.checkpointBy, Math.max(log.size, sizes.get(log.checkpointBy) ?? 0))
  return [...sizes].flatMap(([by, size]) =>
    hanging('logged   ', `proven in a log of ${countOf(size, 'entry', 'entries')}, vouched for by ${safeText(by)}`, columns),
  )
}

/** Which log it is in: ours, or public ones. */
function placeWord({ log, logProblem, transparency = [] }: Receipt): { readonly text: string; readonly isProven: boolean } {
  if (log !== undefined) return { text: `log entry ${log.proof.index}`, isProven: true }
  if (logProblem !== undefined) return { text: 'NOT proven to be logged', isProven: false }
  if (transparency.length === 0) return { text: 'not logged', isProven: false }
  return { text: transparency.map((entry) => `entry ${entry.index} of ${safeText(entry.log)}`).join(', '), isProven: true }
}

const TIME_PROOF = { rfc3161: 'by the word of a timestamp authority', log: 'by the word of the log' } as const

function timeLines({ time }: Receipt, columns: number): string[] {
  return time.proof === 'asserted' ? [] : hanging('           ', `signed ${time.at}, ${TIME_PROOF[time.proof]}`, columns)
}

/** In the order people are told of them, then as they were logged; those of one kind that were not logged, by digest. */
function byKind(a: Receipt, b: Receipt): number {
  const [first = 0, second = 0] = [a, b].map(({ statement }) => {
    const at = Object.keys(PREDICATE_WORDS).indexOf(statement.predicateType)
    return at === -1 ? Number.MAX_SAFE_INTEGER : at
  })
  const [one, other] = [a, b].map((receipt) => receipt.log?.proof.index ?? Number.MAX_SAFE_INTEGER)
  return first - second || (one ?? 0) - (other ?? 0) || (a.envelope < b.envelope ? -1 : 1)
}

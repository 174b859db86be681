import type { Artifact } from '../../artifact/artifact.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import type { EarlierVerdict } from '../../gate/earlier-verdicts.ts'
import type { Proof } from '../../gate/prove.ts'
import { exitCodeOf, fail } from '../../kernel/errors.ts'
import type { TallyError } from '../../kernel/errors.ts'
import { safeText } from '../../kernel/text.ts'
import type { Terminal } from '../terminal.ts'
import { field, hanging, shortDigests } from './layout.ts'
import { evidenceLines, verdictLines } from './verdict.ts'

export type Verification = {
  readonly artifact: Artifact
  /** Who is trusted, and where that was said. */
  readonly trusted: { readonly names: readonly string[]; readonly from: string }
  readonly proof: Proof
  readonly verdict: Verdict | undefined
  readonly earlier: readonly EarlierVerdict[]
}

/** What `verify` and `gate` print for a person: what it is, who said what, what does not hold, where it was looked for, the verdict. */
export function renderVerification({ artifact, trusted, proof, verdict, earlier }: Verification, terminal: Terminal): string {
  const { style, columns } = terminal
  const lines = artifactLines(artifact, terminal)
  lines.push(...field(terminal, 'trusted', `${trusted.names.join(', ') || 'nobody'}, by ${trusted.from}`), '')
  lines.push(...evidenceLines(proof, terminal))
  if (proof.receipts.length === 0) lines.push(`  ${style('red', 'nothing that could be verified was found')}`)
  lines.push('', 'looked in')
  for (const place of proof.looked) lines.push(...hanging('  ', shortDigests(safeText(place)), columns))
  if (earlier.length > 0) lines.push('', ...earlierLines(earlier, terminal))
  if (verdict !== undefined) lines.push('', ...verdictLines(verdict, terminal))
  return lines.join('\n')
}

/** What an artifact is called, and each digest it goes by. */
export function artifactLines(artifact: Artifact, terminal: Terminal): string[] {
  const { kind, name, digest } = artifact
  const file = kind === 'manifest' ? artifact.file : undefined
  const config = kind === 'file' ? artifact.config : undefined
  return [
    ...field(terminal, 'artifact', name),
    ...(file === undefined ? [] : field(terminal, 'file', file.digest)),
    ...field(terminal, kind, digest),
    ...(config === undefined ? [] : field(terminal, 'config', config)),
  ]
}

/** Verdicts that came with the artifact. One by another policy is named as that: it answers another question. */
function earlierLines(earlier: readonly EarlierVerdict[], terminal: Terminal): string[] {
  return earlier.flatMap((each, at) => {
    const by =
      each.samePolicy === true
        ? 'by this very policy'
        : `by ${each.samePolicy === false ? 'another policy' : 'policy'} ${shownPolicy(each.policy)}${each.samePolicy === false ? ': judged again here' : ''}`
    return field(terminal, at === 0 ? 'earlier' : '', `${each.result} for ${each.resource}`, `  ${by}`)
  })
}

function shownPolicy(policy: string | undefined): string {
  if (policy === undefined) return 'that it does not name'
  return /^[0-9a-f]{64}$/.test(policy) ? `sha256:${policy.slice(0, 12)}…` : policy
}

/**
 * Without a policy: the error that says which half does not meet, or nothing when at least one receipt is there, its log proof holds,
 * and no evidence is broken. Evidence of strangers and evidence about something else is shown and is no error.
 */
export function whyNotVerified(proof: Proof, artifact: Artifact): TallyError | undefined {
  const where = artifact.name
  const [unreadable] = proof.unreadable
  if (unreadable !== undefined) return unreadable.error
  const broken = proof.rejections.find(({ code }) => code === 'signature-invalid' || code === 'evidence-malformed')
  if (broken !== undefined) return fail(broken.code, `evidence ${broken.why}`, { where: shortDigests(broken.where) })
  const unlogged = proof.receipts.find((receipt) => receipt.logProblem !== undefined)
  if (unlogged !== undefined) {
    return fail('log-unsound', `evidence is signed by ${unlogged.signer.authority}, and ${unlogged.logProblem}`, {
      where: shortDigests(unlogged.where),
    })
  }
  if (proof.receipts.length > 0) return undefined
  const [other] = proof.rejections.toSorted((a, b) => rankOf(a.code) - rankOf(b.code))
  if (other === undefined) return fail('no-evidence', 'nothing that could be verified was found', { where })
  return other.code === 'digest-mismatch'
    ? fail('digest-mismatch', `is not what its evidence is about: that ${other.why}`, { where })
    : fail(other.code, `evidence is there, and it ${other.why}`, { where })
}

function rankOf(code: Proof['rejections'][number]['code']): number {
  return ['digest-mismatch', 'untrusted'].indexOf(code) + 1
}

/** Why a verdict does not allow, in one line; undefined when it does. What could not be read comes before what failed. */
export function whyNotAllowed(verdict: Verdict, proof: Pick<Proof, 'unreadable'>, artifact: Artifact): TallyError | undefined {
  if (verdict.decision === 'allow') return undefined
  const [unreadable] = proof.unreadable
  if (unreadable !== undefined) return unreadable.error
  const standing = verdict.clauses.filter((clause) => clause.result !== 'met' && clause.waivedBy === undefined)
  const names = standing.map((clause) => clause.clause)
  const shown = names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
  return fail('denied', `policy ${verdict.policy.name} ${verdict.decision === 'deny' ? 'denies it' : 'cannot allow it'}: ${shown}`, {
    where: artifact.name,
  })
}

/** 1 as soon as one thing is wrong with what could be read; else what kept the rest from being read. */
export function exitCodeFor(problem: TallyError | undefined, { unreadable }: Pick<Proof, 'unreadable'>): number {
  if (problem === undefined) return 0
  return unreadable.some((each) => exitCodeOf(each.error) === 1) ? 1 : exitCodeOf(problem)
}

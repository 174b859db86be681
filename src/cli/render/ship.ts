import type { ShipReceipt } from '../../chain/receipt-schema.ts'
import type { ClauseResult, Verdict } from '../../evidence/verdict.ts'
import type { Digest } from '../../kernel/digest.ts'
import { countOf, safeText } from '../../kernel/text.ts'
import type { Terminal } from '../terminal.ts'
import { field, hanging, shellWord } from './layout.ts'
import { predicateWord, verdictLines } from './verdict.ts'

/** The receipt a person reads: what, from where, built how, signed by whom, logged where, verdict and why, and what it does not prove. */
export function renderShip(receipt: ShipReceipt, mend: string | undefined, terminal: Terminal): string {
  const { style, columns } = terminal
  const reached = receipt.reached === receipt.target
  const { artifact, sbom, signer, log } = receipt
  const lines = [
    style('bold', `${safeText(receipt.project)} ${safeText(artifact.version)}: `) +
      (reached
        ? style('green', `in ${safeText(receipt.reached)}`)
        : style('red', `stays in ${safeText(receipt.reached)}, not in ${safeText(receipt.target)}`)),
    '',
    ...field(terminal, 'artifact', artifact.name),
    ...(artifact.manifestDigest === artifact.digest ? [] : field(terminal, 'file', artifact.digest)),
    ...field(terminal, 'manifest', artifact.manifestDigest),
    ...field(terminal, 'source', ...sourceOf(receipt)),
    ...field(terminal, 'built', `by ${receipt.provenance.builder}`, 'a local build: SLSA Build L1 at most'),
    ...field(terminal, 'checked', `${receipt.check.result.toLowerCase()}, ${countOf(receipt.check.findings, 'finding')}`),
    ...field(terminal, 'contains', `${countOf(sbom.components, 'component')} (${sbom.completeness}), SBOM ${short(sbom.digest)}`),
    ...field(
      terminal,
      'signed',
      `by ${signer.kind === 'local' ? 'the local key of this machine' : 'key'} ${signer.keyId.slice(0, 16)}…`,
      ...(signer.kind === 'local' ? ['which proves only this machine'] : []),
    ),
    ...receipt.evidence.map(
      (each) => `         ${predicateWord(each.predicateType).padEnd(17)} ${short(each.digest)}  log entry ${each.index}`,
    ),
    ...field(terminal, 'logged', `${countOf(log.size, 'entry', 'entries')} in ${log.origin}`, `root ${log.root}`),
    '',
  ]
  if (receipt.verdict !== null) lines.push(...verdictLines(asVerdict(receipt, receipt.verdict), terminal), '')
  if (receipt.promoted !== null) {
    const { environment, tag, reference } = receipt.promoted
    lines.push(...field(terminal, 'promoted', `to ${environment}, tag ${tag}`, reference), '')
  }
  lines.push(style('bold', 'This does not prove'))
  for (const each of receipt.notProven) lines.push(...hanging('  - ', each, columns))
  if (mend !== undefined) lines.push('', style('bold', 'To mend it'), ...hanging('  ', safeText(mend), columns))
  lines.push('', style('bold', 'Next'), '  tally serve', '      see all of this on a page')
  lines.push(`  tally verify ${shellWord(safeText(artifact.path))}`, '      who signed what, read from the evidence again')
  return lines.join('\n')
}

function sourceOf({ source }: ShipReceipt): string[] {
  if (source.commit === null) return ['no git repository']
  const branch = source.branch === null ? '' : ` on ${source.branch}`
  return [
    `commit ${source.commit.slice(0, 12)}${branch}, ${source.dirty ? 'with changes no commit describes' : 'clean'}`,
    ...(source.repository === null ? [] : [source.repository]),
  ]
}

function asVerdict(receipt: ShipReceipt, verdict: NonNullable<ShipReceipt['verdict']>): Verdict {
  return {
    decision: verdict.decision,
    policy: { name: verdict.policy.name, digest: verdict.policy.digest as Digest },
    artifact: receipt.artifact.manifestDigest as Digest,
    clauses: verdict.clauses.map(({ waivedBy, evidence, ...clause }): ClauseResult => ({
      ...clause,
      evidence: evidence as Digest[],
      ...(waivedBy === undefined ? {} : { waivedBy }),
    })),
    at: '',
  }
}

function short(digest: string): string {
  return `${digest.slice(0, 19)}…`
}

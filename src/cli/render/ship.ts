import { countOf, safeText } from '../../kernel/text.ts'
import type { ShipReceipt } from '../../chain/receipt-schema.ts'
import type { ClauseResult, Verdict } from '../../evidence/verdict.ts'
import type { Digest } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { wrap } from '../help.ts'
import type { Terminal } from '../terminal.ts'
import { predicateWord, verdictLines } from './verdict.ts'

/** The receipt a person reads: what, from where, built how, signed by whom, logged where, verdict and why, and what it does not prove. */
export function renderShip(receipt: ShipReceipt, mend: string | undefined, terminal: Terminal): string {
  const { style } = terminal
  const reached = receipt.reached === receipt.target
  const field = (name: string, ...values: string[]): string[] =>
    values.map((value, at) => `${(at === 0 ? name : '').padEnd(10)} ${safeText(value)}`)
  const { source } = receipt
  const from =
    source.commit === null
      ? 'no git repository'
      : `commit ${source.commit.slice(0, 12)}${source.branch === null ? '' : ` on ${source.branch}`}, ${source.dirty ? 'with changes no commit describes' : 'clean'}`
  const lines = [
    style(
      'bold',
      `${receipt.project} ${receipt.artifact.version}: ${reached ? style('green', `in ${receipt.reached}`) : style('red', `stays in ${receipt.reached}, not in ${receipt.target}`)}`,
    ),
    '',
    ...field(
      'artifact',
      receipt.artifact.name,
      receipt.artifact.digest,
      ...(receipt.artifact.manifestDigest === receipt.artifact.digest ? [] : [`wrapped in manifest ${receipt.artifact.manifestDigest}`]),
    ),
    ...field('source', from, ...(source.repository === null ? [] : [source.repository])),
    ...field('built', `by ${receipt.provenance.builder}`, 'a local build: SLSA Build L1 at most'),
    ...field('checked', `${receipt.check.result.toLowerCase()}, ${countOf(receipt.check.findings, 'finding')} below the level that fails`),
    ...field(
      'contains',
      `${countOf(receipt.sbom.components, 'component')} (${receipt.sbom.completeness}), SBOM ${receipt.sbom.digest.slice(0, 19)}…`,
    ),
    ...field(
      'signed',
      `by ${receipt.signer.kind === 'local' ? 'the local key of this machine' : 'key'} ${receipt.signer.keyId.slice(0, 16)}…`,
    ),
    ...receipt.evidence.map(
      (each) => `           ${predicateWord(each.predicateType).padEnd(18)} ${each.digest.slice(0, 19)}…  log entry ${each.index}`,
    ),
    ...field('logged', `${receipt.log.size} entries, root ${receipt.log.root}`),
    '',
  ]
  if (receipt.verdict !== null) lines.push(...verdictLines(asVerdict(receipt), terminal), '')
  if (receipt.promoted !== null)
    lines.push(...field('promoted', receipt.promoted.environment, receipt.promoted.reference, `tag ${receipt.promoted.tag}`), '')
  lines.push(style('bold', 'This does not prove'))
  for (const each of receipt.notProven) {
    const [first = '', ...rest] = wrap(each, terminal.columns - 4)
    lines.push(`  - ${first}`, ...rest.map((line) => `    ${line}`))
  }
  lines.push('', style('bold', reached ? 'Next' : 'To mend it'))
  if (mend !== undefined) lines.push(`  ${mend}`)
  lines.push('  tally serve                    see all of this on a page', `  tally verify ${quoted(receipt.artifact.path)}`)
  return lines.join('\n')
}

function asVerdict(receipt: ShipReceipt): Verdict {
  const verdict = receipt.verdict
  if (verdict === null) throw fail('bug', 'a receipt without a verdict')
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

function quoted(path: string): string {
  return /^[A-Za-z0-9_./:@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}

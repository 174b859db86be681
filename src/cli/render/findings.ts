import { join } from 'node:path'
import type { CheckReport } from '../../check/run-checks.ts'
import type { Deps } from '../../kernel/deps.ts'
import { TallyError } from '../../kernel/errors.ts'
import { atLeast } from '../../kernel/finding.ts'
import type { Finding, Severity } from '../../kernel/finding.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { redact } from '../../kernel/redact.ts'
import { countOf, safeText, shorten } from '../../kernel/text.ts'
import type { Style, Terminal } from '../terminal.ts'
import { hanging, wrap } from './layout.ts'

const COLORS: Readonly<Record<Severity, Style>> = { critical: 'red', high: 'red', medium: 'yellow', low: 'cyan', info: 'dim' }

/** Findings as a person reads them: what, the line with a caret, the remedy; a count at the end. Secrets are not quoted. */
export async function renderFindings(
  deps: Pick<Deps, 'fs'>,
  dir: string,
  report: CheckReport,
  failOn: Severity,
  terminal: Terminal,
): Promise<string> {
  const { style, columns } = terminal
  const lines: string[] = []
  const texts = new Map<string, readonly string[]>()
  for (const finding of report.findings) {
    const { span } = finding
    const [head = '', ...rest] = wrap(`${finding.severity}[${finding.rule}]: ${safeText(finding.message)}`, columns - 2)
    lines.push(`${style(COLORS[finding.severity], finding.severity)}${head.slice(finding.severity.length)}`)
    lines.push(...rest.map((line) => `  ${line}`))
    lines.push(`  --> ${safeText(finding.file)}:${span.startLine}:${span.startColumn}`)
    if (!finding.rule.startsWith('secret')) lines.push(...(await excerpt(deps, dir, finding, texts, terminal)))
    const [help = '', ...more] = hanging('help: ', safeText(finding.help), columns - 2)
    lines.push(`  ${style('cyan', 'help')}${help.slice('help'.length)}`, ...more.map((line) => `  ${line}`))
    if (finding.waivedBy !== undefined) lines.push(...hanging('  waived by ', safeText(finding.waivedBy), columns))
    lines.push('')
  }
  const failing = report.findings.filter((finding) => finding.waivedBy === undefined && atLeast(finding.severity, failOn)).length
  const waived = report.findings.filter((finding) => finding.waivedBy !== undefined).length
  const [found, files, rules] = [
    countOf(report.findings.length, 'finding'),
    countOf(report.filesRead, 'file'),
    countOf(report.rules.length, 'rule'),
  ]
  lines.push(`${found} in ${files} by ${rules}; ${failing} at or above ${failOn}, ${waived} waived`)
  return lines.join('\n')
}

async function excerpt(
  deps: Pick<Deps, 'fs'>,
  dir: string,
  finding: Finding,
  texts: Map<string, readonly string[]>,
  terminal: Terminal,
): Promise<string[]> {
  const { span } = finding
  let text = texts.get(finding.file)
  if (text === undefined) {
    text = await linesOf(deps, join(dir, finding.file))
    texts.set(finding.file, text)
  }
  const line = text[span.startLine - 1]
  if (line === undefined || line.length > 400) return []
  const shown = safeText(shorten(redact(line.replaceAll('\t', ' ')), Math.max(20, terminal.columns - 10)))
  const number = String(span.startLine).padStart(5)
  const end = span.endLine === span.startLine ? span.endColumn : line.length + 1
  const caretAt = span.startColumn - 1
  if (caretAt >= shown.length) return [`${number} | ${shown}`]
  const carets = '^'.repeat(Math.max(1, Math.min(end, shown.length + 1) - span.startColumn))
  return [`${number} | ${shown}`, `      | ${' '.repeat(caretAt)}${terminal.style(COLORS[finding.severity], carets)}`]
}

async function linesOf(deps: Pick<Deps, 'fs'>, path: string): Promise<readonly string[]> {
  try {
    return new TextDecoder().decode(await readFileBounded(deps, path, 'checkFileBytes')).split(/\r?\n/)
  } catch (error) {
    // The file changed or went away after the check read it: the finding stands without its line.
    if (error instanceof TallyError) return []
    throw error
  }
}

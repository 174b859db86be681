import { join } from 'node:path'
import type { CheckReport } from '../../check/run-checks.ts'
import type { Deps } from '../../kernel/deps.ts'
import { TallyError } from '../../kernel/errors.ts'
import { atLeast } from '../../kernel/finding.ts'
import type { Finding, Severity } from '../../kernel/finding.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { redact } from '../../kernel/redact.ts'
import { safeText, shorten } from '../../kernel/text.ts'
import type { Style, Terminal } from '../terminal.ts'

const COLORS: Readonly<Record<Severity, Style>> = { critical: 'red', high: 'red', medium: 'yellow', low: 'cyan', info: 'dim' }

/** Findings as a person reads them: what, the line with a caret, the remedy; a count at the end. Secrets are not quoted. */
export async function renderFindings(
  deps: Pick<Deps, 'fs'>,
  dir: string,
  report: CheckReport,
  failOn: Severity,
  terminal: Terminal,
): Promise<string> {
  const { style } = terminal
  const lines: string[] = []
  const texts = new Map<string, readonly string[]>()
  for (const finding of report.findings) {
    const { span } = finding
    const head = `${style(COLORS[finding.severity], finding.severity)}[${finding.rule}]: ${safeText(finding.message)}`
    lines.push(head, `  --> ${safeText(finding.file)}:${span.startLine}:${span.startColumn}`)
    if (!finding.rule.startsWith('secret')) lines.push(...(await excerpt(deps, dir, finding, texts, terminal)))
    lines.push(`  ${style('cyan', 'help')}: ${safeText(finding.help)}`)
    if (finding.waivedBy !== undefined) lines.push(`  waived by ${safeText(finding.waivedBy)}`)
    lines.push('')
  }
  const failing = report.findings.filter((finding) => finding.waivedBy === undefined && atLeast(finding.severity, failOn)).length
  const waived = report.findings.filter((finding) => finding.waivedBy !== undefined).length
  lines.push(
    `${report.findings.length} findings in ${report.filesRead} files by ${report.rules.length} rules; ${failing} at or above ${failOn}, ${waived} waived`,
  )
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

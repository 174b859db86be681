import { redact } from '../../kernel/redact.ts'
import { safeText } from '../../kernel/text.ts'
import type { TallyError } from '../../kernel/errors.ts'
import type { Terminal } from '../terminal.ts'

/**
 * One clear error: what and where, why, and the next step. Two lines; for a bug also the stack, for the report.
 */
export function renderError(error: TallyError, terminal: Terminal): string {
  const paint = terminal.noteStyle
  const where = error.where === undefined ? '' : `${safeText(error.where)}: `
  const lines = [`${paint('red', 'error')}[${error.code}]: ${where}${safeText(error.message)}`]
  lines.push(`${paint('cyan', 'help')}: ${safeText(error.hint)}`)
  if (error.code === 'bug') {
    const cause = error.cause instanceof Error ? error.cause : error
    for (const line of (cause.stack ?? '').split('\n').slice(1, 12)) lines.push(safeText(line))
  }
  return lines.join('\n')
}

/** The same as data, for `--format json`. Stdout is not redacted as stderr is, so this is. */
export function errorJson(error: TallyError, exitCode: number): string {
  return JSON.stringify({ error: { ...errorData(error), exitCode } })
}

/** An error as data; a URL in it loses what is secret. */
export function errorData(error: TallyError): object {
  const where = error.where === undefined ? null : redact(error.where)
  return { code: error.code, message: redact(error.message), where, hint: redact(error.hint) }
}

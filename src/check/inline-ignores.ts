import type { Finding } from '../kernel/finding.ts'
import type { CheckFile } from './rule.ts'
import { findingAt } from './rule.ts'

/** A comment that says why a finding stays, and until when: `tally: ignore <rule> -- <reason> until <date>`. */
export type InlineIgnore = { readonly rule: string; readonly reason: string; readonly until: string; readonly line: number }

const MARK = /(?:#|\/\/|<!--|--|;)[ \t]*tally:[ \t]*ignore\b([^\r\n]{0,500})/g
const FORM = /^[ \t]+([a-z][a-z0-9-]{0,60})[ \t]+--[ \t]+(\S.*?)[ \t]+until[ \t]+(\d{4}-\d{2}-\d{2})[ \t]*(?:-->)?[ \t]*$/

const IGNORE_RULE = {
  id: 'ignore',
  severity: 'low',
  help: 'write it as: tally: ignore <rule> -- <reason> until <YYYY-MM-DD>',
} as const

/**
 * The ignores of a file by the line they cover: their own, or the next when they stand alone on theirs. An ignore without a
 * reason or an end covers nothing and is itself a finding, and so is one that has ended or names no rule.
 */
export function readIgnores(
  file: CheckFile,
  rules: ReadonlySet<string>,
  now: Date,
): { readonly ignores: readonly InlineIgnore[]; readonly findings: readonly Finding[] } {
  const ignores: InlineIgnore[] = []
  const findings: Finding[] = []
  if (!file.text.includes('tally:')) return { ignores, findings }
  // Documentation shows how an ignore is written; what is wrong in a sample is nobody's mistake.
  const isDocumentation = /\.(?:md|adoc|rst)$/i.test(file.path)
  for (const match of file.text.matchAll(MARK)) {
    const place = { start: match.index, end: match.index + match[0].trimEnd().length }
    const [, rule, reason, until] = FORM.exec(match[1] ?? '') ?? []
    const complain = (message: string): void => {
      if (!isDocumentation) findings.push(findingAt(IGNORE_RULE, file, place, message))
    }
    if (rule === undefined || reason === undefined || until === undefined)
      complain('an ignore without a rule, a reason or an end covers nothing')
    else if (!rules.has(rule)) complain(`an ignore of \`${rule}\`, which is no rule`)
    else if (Number.isNaN(Date.parse(until))) complain(`an ignore until ${until}, which is no date`)
    else if (endOf(until) < now.getTime()) complain(`an ignore of \`${rule}\` that ended ${until}`)
    else ignores.push({ rule, reason, until, line: coveredLine(file, match.index) })
  }
  return { ignores, findings }
}

/** The ignore that covers a finding, if any: of its rule, on its first line or before it. */
export function ignoreOf(finding: Finding, ignores: readonly InlineIgnore[]): InlineIgnore | undefined {
  return ignores.find((ignore) => ignore.rule === finding.rule && ignore.line === finding.span.startLine)
}

/** An end counts until the end of its day, in UTC. */
function endOf(until: string): number {
  return Date.parse(`${until}T23:59:59Z`)
}

function coveredLine(file: CheckFile, offset: number): number {
  const { line } = file.lines.placeOf(offset)
  const before = file.text.slice(file.lines.startOf(line), offset)
  return before.trim() === '' ? line + 1 : line
}

import type { Finding } from '../../kernel/finding.ts'
import { makeCheckFile } from '../rule.ts'
import type { Rule } from '../rule.ts'

/** For tests of rules: the findings of one rule in one text, and the very characters each is about. */
export function checkText(
  rule: Rule,
  path: string,
  text: string,
): { readonly findings: readonly Finding[]; readonly quoted: readonly string[] } {
  if (!rule.wants(path)) return { findings: [], quoted: [] }
  const file = makeCheckFile(path, text)
  const findings = rule.check(file)
  const quoted = findings.map(({ span }) =>
    text.slice(file.lines.startOf(span.startLine) + span.startColumn - 1, file.lines.startOf(span.endLine) + span.endColumn - 1),
  )
  return { findings, quoted }
}

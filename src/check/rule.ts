import { once } from '../kernel/once.ts'
import type { Confidence, Finding, Severity } from '../kernel/finding.ts'
import { parseJsonNodes } from '../kernel/json-node.ts'
import { utf8 } from '../kernel/bytes.ts'
import type { LimitName } from '../kernel/limits.ts'
import { indexLines } from '../kernel/line-index.ts'
import type { LineIndex } from '../kernel/line-index.ts'
import { parseYamlNodes } from '../kernel/yaml-node.ts'
import type { YamlNode } from '../kernel/yaml-node.ts'

/** A file a rule looks at. What is parsed is parsed once, for all rules. */
export type CheckFile = {
  /** Relative to the directory that is checked, `/` between its parts. */
  readonly path: string
  readonly text: string
  readonly lines: LineIndex
  /** The documents of a YAML file. Throws `config-invalid` when it is none, or is over a cap. */
  readonly yaml: () => readonly YamlNode[]
  /** The value of a JSON file, with places. Throws `config-invalid`. */
  readonly json: () => YamlNode
}

/** One thing that can be wrong. Adding one is adding its file and its line in rules/table.ts. */
export type Rule = {
  /** What ignores and waivers name; never renamed. */
  readonly id: string
  readonly family: string
  /** The worst a finding of this rule can be; a finding may be milder. */
  readonly severity: Severity
  readonly title: string
  /** How to mend it, in a sentence. */
  readonly help: string
  /** Page of docs/rules.md that explains it. */
  readonly docs: string
  /** Largest file it reads. */
  readonly limit?: LimitName
  readonly wants: (path: string) => boolean
  /** Pure; throws `config-invalid` when the file is not what its name says. */
  readonly check: (file: CheckFile) => readonly Finding[]
}

export function makeCheckFile(path: string, text: string): CheckFile {
  const lines = indexLines(text)
  return {
    path,
    text,
    lines,
    yaml: once(() => parseYamlNodes(utf8(text), path, { code: 'config-invalid', limitName: 'checkFileBytes' }).documents),
    json: once(() => parseJsonNodes(text, path, 'config-invalid')),
  }
}

type Place = { readonly start: number; readonly end: number }

/** A finding of a rule at a place of a file. The message must not hold a secret. */
export function findingAt(
  rule: Pick<Rule, 'id' | 'severity' | 'help'>,
  file: CheckFile,
  place: Place,
  message: string,
  milder: { readonly severity?: Severity; readonly confidence?: Confidence; readonly help?: string } = {},
): Finding {
  return {
    rule: rule.id,
    severity: milder.severity ?? rule.severity,
    confidence: milder.confidence ?? 'high',
    file: file.path,
    span: file.lines.spanOf(place.start, place.end),
    message,
    help: milder.help ?? rule.help,
  }
}

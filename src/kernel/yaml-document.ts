import type { z } from 'zod'
import { LineCounter, isNode, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { textOf } from './bytes.ts'
import { fail } from './errors.ts'
import type { ErrorCode } from './errors.ts'

const MAX_ALIASES = 100

/**
 * Reads a YAML file by a schema. In: its bytes, its name for messages, the schema, the error code to raise. Out: the typed
 * value. Throws `code` at `file:line:column` naming the field, for syntax errors, duplicate keys, unknown fields, wrong types.
 * Aliases are bounded (no expansion bombs); merge keys and custom tags are not read.
 */
export function parseYaml<T>(bytes: Uint8Array, where: string, schema: z.ZodType<T>, code: ErrorCode): T {
  const text = textOf(bytes, code, where)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false, version: '1.2' })
  const [problem] = document.errors
  if (problem !== undefined) throw fail(code, firstLine(problem.message), { where: at(where, lines, problem.pos[0]) })
  const [warning] = document.warnings
  if (warning !== undefined) throw fail(code, firstLine(warning.message), { where: at(where, lines, warning.pos[0]) })
  const parsed = schema.safeParse(toValue(document, where, code))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue === undefined) throw fail(code, 'is not valid', { where })
  const { path, message } = describeIssue(issue)
  const field = path.length === 0 ? 'the document' : `field \`${path.map(String).join('.')}\``
  throw fail(code, `${field}: ${message}`, { where: at(where, lines, offsetOf(document, path)) })
}

function toValue(document: Document, where: string, code: ErrorCode): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (cause) {
    throw fail(code, `has more than ${MAX_ALIASES} alias expansions`, { where, cause })
  }
}

function describeIssue(issue: z.core.$ZodIssue): { path: readonly PropertyKey[]; message: string } {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    return { path: [...issue.path, key], message: 'is not known here' }
  }
  return { path: issue.path, message: issue.message.charAt(0).toLowerCase() + issue.message.slice(1) }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range !== null && node.range !== undefined) return node.range[0]
  }
  return 0
}

function at(where: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset)
  return `${where}:${Math.max(1, line)}:${Math.max(1, col)}`
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text
}

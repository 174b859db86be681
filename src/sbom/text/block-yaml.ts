import { overLimit, textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { parseYamlNodes, yamlData } from '../../kernel/yaml-node.ts'
import { emptyMembers, plainScalar, readFlow, readQuoted } from './flow-yaml.ts'

/**
 * Reads the YAML that package managers write into lockfiles: block maps and lists, one-line flow values, quoted and plain
 * scalars. A hundred times faster than a whole YAML parser, which lockfiles of megabytes need; whatever is not of that kind
 * (anchors, tags, scalars over several lines) is handed to the whole parser. Plain scalars are strings, but for `true`, `false`,
 * `null` and nothing. Out: one value for each document. Throws `artifact-malformed`, `limit-exceeded`.
 */
export function parseLockYaml(bytes: Uint8Array, where: string): Json[] {
  if (bytes.byteLength > LIMITS.lockfileBytes) throw overLimit('lockfileBytes', LIMITS.lockfileBytes, where)
  const text = textOf(bytes, 'artifact-malformed', where)
  try {
    return readDocuments(text)
  } catch (error) {
    if (!(error instanceof NotSimple)) throw error
    if (error.malformed) throw fail('artifact-malformed', `is not YAML: ${error.message}`, { where: `${where}:${error.line}` })
    return parseYamlNodes(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' }).documents.map(yamlData)
  }
}

/** Raised inside this file only: the text is not of the simple kind, or no YAML at all. */
class NotSimple extends Error {
  readonly line: number
  readonly malformed: boolean
  constructor(message: string, line: number, malformed = false) {
    super(message)
    this.line = line
    this.malformed = malformed
  }
}

type Line = { readonly indent: number; readonly text: string; readonly number: number }
/** The lines of a text that say something, one at a time. */
type Lines = { readonly text: string; at: number; number: number; current: Line | undefined }

function readDocuments(text: string): Json[] {
  const lines: Lines = { text, at: text.startsWith('\ufeff') ? 1 : 0, number: 0, current: undefined }
  advance(lines)
  const documents: Json[] = []
  while (lines.current !== undefined) {
    if (lines.current.text === '---') advance(lines)
    if (lines.current === undefined || lines.current.text === '---') continue
    documents.push(readNode(lines, 0, 0))
    const after: Line | undefined = lines.current
    if (after !== undefined && after.text !== '---') throw new NotSimple('a line does not belong to what stands before it', after.number)
  }
  return documents
}

/** Goes to the next line that is neither empty nor a comment. */
function advance(lines: Lines): void {
  const { text } = lines
  while (lines.at < text.length) {
    const start = lines.at
    let end = text.indexOf('\n', start)
    if (end === -1) end = text.length
    lines.at = end + 1
    lines.number += 1
    let first = start
    while (first < end && text.charCodeAt(first) === 0x20) first += 1
    if (text.charCodeAt(end - 1) === 0x0d) end -= 1
    if (first >= end || text.charCodeAt(first) === 0x23) continue
    if (text.charCodeAt(first) === 0x09) throw new NotSimple('a tab is used for indentation', lines.number)
    lines.current = { indent: first - start, text: text.slice(first, end).trimEnd(), number: lines.number }
    return
  }
  lines.current = undefined
}

/** The value that begins at the current line, which is indented by at least `least`. */
function readNode(lines: Lines, least: number, depth: number): Json {
  const line = lines.current
  if (line === undefined || line.indent < least || line.text === '---') return null
  if (depth > LIMITS.jsonDepth) throw new NotSimple(`it is nested deeper than jsonDepth (${LIMITS.jsonDepth})`, line.number, true)
  if (line.text === '-' || line.text.startsWith('- ')) return readList(lines, line.indent, depth)
  if (line.text.startsWith('? ') || keyEnd(line.text) !== -1) return readMap(lines, line.indent, depth)
  advance(lines)
  return readValue(lines, line, line.text, depth)
}

function readList(lines: Lines, indent: number, depth: number): Json[] {
  const items: Json[] = []
  for (let line = lines.current; line !== undefined && line.indent === indent; line = lines.current) {
    if (line.text === '---' || !(line.text === '-' || line.text.startsWith('- '))) break
    const rest = line.text.slice(1).trimStart()
    if (rest === '') {
      advance(lines)
      items.push(readNode(lines, indent + 1, depth + 1))
    } else {
      // What follows the hyphen stands as if on a line of its own.
      lines.current = { indent: indent + line.text.length - rest.length, text: rest, number: line.number }
      items.push(readNode(lines, indent + 1, depth + 1))
    }
  }
  refuseDeeper(lines, indent)
  return items
}

function readMap(lines: Lines, indent: number, depth: number): Json {
  const members = emptyMembers()
  for (let line = lines.current; line !== undefined && line.indent === indent && line.text !== '---'; line = lines.current) {
    const [key, value] = line.text.startsWith('? ') ? readLongEntry(lines, line, depth) : readEntry(lines, line, depth)
    if (key in members) throw new NotSimple('a key stands twice in one map', line.number, true)
    members[key] = value
  }
  refuseDeeper(lines, indent)
  return members
}

function readEntry(lines: Lines, line: Line, depth: number): [string, Json] {
  const end = keyEnd(line.text)
  if (end === -1) throw new NotSimple('a line is neither a key nor a value', line.number)
  const rest = line.text.slice(end + 1).trim()
  advance(lines)
  const value = rest === '' || rest.startsWith('#') ? readBelow(lines, line.indent, depth + 1) : readValue(lines, line, rest, depth + 1)
  return [keyText(line.text.slice(0, end).trimEnd(), line), value]
}

/** A key of over a thousand characters stands after `?`, its colon on the next line. */
function readLongEntry(lines: Lines, line: Line, depth: number): [string, Json] {
  advance(lines)
  const colon = lines.current
  if (colon === undefined || colon.indent !== line.indent || !/^:(?: |$)/.test(colon.text)) {
    throw new NotSimple('a key has no value', line.number)
  }
  const rest = colon.text.slice(1).trim()
  if (rest === '') advance(lines)
  // What follows the colon stands as if on a line of its own.
  else lines.current = { indent: line.indent + colon.text.length - rest.length, text: rest, number: colon.number }
  return [keyText(line.text.slice(2).trim(), line), readNode(lines, line.indent + 1, depth + 1)]
}

function keyText(text: string, line: Line): string {
  const quoted = readQuoted(text, 0)
  if (quoted !== undefined && quoted.end === text.length) return quoted.value
  if (quoted !== undefined || /^[[{&*!|>@`%"'#]/.test(text)) throw new NotSimple('a key is of an unusual kind', line.number)
  return text
}

/** Where the colon after a key stands; -1 when the line has no key. */
function keyEnd(text: string): number {
  const first = text[0]
  if (first === '"' || first === "'") {
    const quoted = readQuoted(text, 0)
    return quoted !== undefined && /^:(?: |$)/.test(text.slice(quoted.end, quoted.end + 2)) ? quoted.end : -1
  }
  if (first === '{' || first === '[') return -1
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    if (at + 1 === text.length || text.charCodeAt(at + 1) === 0x20) return at
  }
  return -1
}

/** What stands below a key: a deeper block, or a list at the key's own depth. */
function readBelow(lines: Lines, indent: number, depth: number): Json {
  const line = lines.current
  if (line !== undefined && line.indent === indent && (line.text === '-' || line.text.startsWith('- ')))
    return readList(lines, indent, depth)
  return readNode(lines, indent + 1, depth)
}

/** A scalar or flow value on one line, or a block scalar that begins there. */
function readValue(lines: Lines, line: Line, text: string, depth: number): Json {
  const first = text[0] ?? ''
  if (first === '|' || first === '>') return readBlockScalar(lines, line, text)
  if ('&*!@`%'.includes(first)) throw new NotSimple('a value is of an unusual kind', line.number)
  if (lines.current !== undefined && lines.current.indent > line.indent && lines.current.text !== '---') {
    throw new NotSimple('a value goes on over several lines', line.number)
  }
  if (first === '"' || first === "'") {
    const quoted = readQuoted(text, 0)
    if (quoted === undefined || !isCommentOrNothing(text.slice(quoted.end))) throw new NotSimple('a quoted text does not end', line.number)
    return quoted.value
  }
  if (first === '{' || first === '[') {
    const flow = readFlow(text, 0, depth)
    if (flow === undefined || !isCommentOrNothing(text.slice(flow.end)))
      throw new NotSimple('a flow value is of an unusual kind', line.number)
    return flow.value
  }
  const comment = text.indexOf(' #')
  return plainScalar(comment === -1 ? text : text.slice(0, comment).trimEnd())
}

function isCommentOrNothing(rest: string): boolean {
  return rest.trim() === '' || rest.startsWith(' #')
}

/** A block scalar, its lines joined by `\n` (`|`) or spaces (`>`). Only messages are written so. */
function readBlockScalar(lines: Lines, line: Line, header: string): string {
  if (!/^[|>][+-]?$/.test(header)) throw new NotSimple('a block scalar has an unusual header', line.number)
  const parts: string[] = []
  while (lines.current !== undefined && lines.current.indent > line.indent) {
    parts.push(lines.current.text)
    advance(lines)
  }
  return parts.join(header.startsWith('|') ? '\n' : ' ')
}

function refuseDeeper(lines: Lines, indent: number): void {
  const line = lines.current
  if (line !== undefined && line.indent > indent) throw new NotSimple('a line is indented more than its neighbours', line.number)
}

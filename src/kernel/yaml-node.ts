import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Document, Node } from 'yaml'
import { overLimit, textOf } from './bytes.ts'
import { fail } from './errors.ts'
import type { ErrorCode } from './errors.ts'
import type { Json } from './json.ts'
import { LIMITS } from './limits.ts'
import type { LimitName } from './limits.ts'
import { indexLines } from './line-index.ts'
import type { LineIndex, Place } from './line-index.ts'

/** Offsets into the text, in UTF-16 units; `end` is just past the last character of the value. */
export type YamlRange = { readonly start: number; readonly end: number }

/** A YAML value with its place in the text. Aliases are already replaced by what they stand for. */
export type YamlNode = YamlRange &
  (
    | { readonly kind: 'scalar'; readonly value: null | boolean | number | string }
    | { readonly kind: 'list'; readonly items: readonly YamlNode[] }
    | { readonly kind: 'map'; readonly entries: readonly YamlEntry[] }
  )
export type YamlMap = Extract<YamlNode, { kind: 'map' }>

export type YamlEntry = { readonly key: string; readonly keyRange: YamlRange; readonly value: YamlNode }

export type YamlText = { readonly text: string; readonly lines: LineIndex; readonly documents: readonly YamlNode[] }

type Options = { readonly code: ErrorCode; readonly limitName: LimitName }

/**
 * Parses YAML 1.2 (core schema; no merge keys, no custom types) from bytes within caps: size, depth (jsonDepth) and nodes
 * (yamlNodes), where every use of an alias counts all it stands for. Throws `code`, naming file:line:column, for syntax
 * errors, repeated keys, and aliases without an anchor.
 */
export function parseYamlNodes(bytes: Uint8Array, where: string, options: Options): YamlText {
  const limit = LIMITS[options.limitName]
  if (bytes.byteLength > limit) throw overLimit(options.limitName, limit, where)
  const text = textOf(bytes, options.code, where)
  const lines = indexLines(text)
  const documents = composed(text, where, options.code)
  for (const document of documents) {
    // A warning is a tag or directive of a meaning we do not know.
    const error = document.errors[0] ?? document.warnings[0]
    if (error !== undefined)
      throw fail(options.code, `is not YAML: ${plain(error.message)}`, { where: placeText(where, lines, error.pos[0]) })
  }
  const reader = nodeReader(text, where, lines, options.code)
  return { text, lines, documents: documents.map((document) => reader(document.contents)) }
}

function composed(text: string, where: string, code: ErrorCode): readonly Document[] {
  try {
    // uniqueKeys is quadratic in the library; repeated keys are refused below. prettyErrors would quote the text.
    const options = { uniqueKeys: false, logLevel: 'silent', prettyErrors: false, merge: false, schema: 'core' } as const
    return [...parseAllDocuments(text, options)]
  } catch (cause) {
    if (cause instanceof RangeError) throw fail(code, `is nested deeper than jsonDepth (${LIMITS.jsonDepth})`, { where, cause })
    throw fail(code, 'is not YAML', { where, cause })
  }
}

function nodeReader(text: string, where: string, lines: LineIndex, code: ErrorCode): (contents: unknown) => YamlNode {
  const anchors = new Map<string, Node>()
  let nodes = 0
  const refuse = (message: string, offset: number): Error => fail(code, message, { where: placeText(where, lines, offset) })

  const read = (node: unknown, depth: number, fallback: number, inside: ReadonlySet<string>): YamlNode => {
    nodes += 1
    if (nodes > LIMITS.yamlNodes) throw overLimit('yamlNodes', LIMITS.yamlNodes, where)
    if (depth > LIMITS.jsonDepth) throw refuse(`is nested deeper than jsonDepth (${LIMITS.jsonDepth})`, fallback)
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      const at = node.range?.[0] ?? fallback
      if (target === undefined || inside.has(node.source)) throw refuse('has an alias to nothing that stands before it', at)
      return read(target, depth + 1, at, new Set([...inside, node.source]))
    }
    const range = rangeOf(node, fallback)
    if (isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      return { ...range, kind: 'scalar', value: scalarOf(node.value) }
    }
    if (isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      const within = node.anchor === undefined ? inside : new Set([...inside, node.anchor])
      return { ...range, kind: 'list', items: node.items.map((item) => read(item, depth + 1, range.start, within)) }
    }
    if (isMap(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      const within = node.anchor === undefined ? inside : new Set([...inside, node.anchor])
      const seen = new Set<string>()
      const entries = node.items.map((pair): YamlEntry => {
        const key = read(pair.key, depth + 1, range.start, within)
        // A key that is a list or a map goes by its text (`{{ placeholder }}` of a template is one): no schema knows such a name.
        const name = key.kind === 'scalar' ? String(key.value) : text.slice(key.start, key.end)
        if (seen.has(name)) throw refuse(`has the key ${JSON.stringify(name.slice(0, 60))} twice in one map`, key.start)
        seen.add(name)
        return { key: name, keyRange: { start: key.start, end: key.end }, value: read(pair.value, depth + 1, key.end, within) }
      })
      return { ...range, kind: 'map', entries }
    }
    return { ...range, kind: 'scalar', value: null }
  }
  return (contents) => read(contents, 0, 0, new Set())
}

function rangeOf(node: unknown, fallback: number): YamlRange {
  const range = (node as { range?: readonly number[] | null } | null)?.range
  return { start: range?.[0] ?? fallback, end: range?.[1] ?? fallback }
}

function scalarOf(value: unknown): null | boolean | number | string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  // The core schema has no other types; a value of a custom tag is nothing we read.
  return null
}

function plain(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '').slice(0, 160) ?? ''
}

/** `file:line:column` of an offset. */
export function placeText(where: string, lines: LineIndex, offset: number): string {
  const place: Place = lines.placeOf(offset)
  return `${where}:${place.line}:${place.column}`
}

/** The plain data of a node. `__proto__` stays a plain key. */
export function yamlData(node: YamlNode): Json {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(yamlData)
  const members: [string, Json][] = node.entries.map((entry) => [entry.key, yamlData(entry.value)])
  return Object.fromEntries(members)
}

/** The value under a key of a map; undefined when the node is no map or has no such key. */
export function yamlGet(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return yamlEntry(node, key)?.value
}

export function yamlEntry(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined
}

/** The text of a scalar that is a string; undefined for anything else. */
export function yamlString(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

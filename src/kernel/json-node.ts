import { utf8 } from './bytes.ts'
import type { ErrorCode } from './errors.ts'
import { parseJson } from './json.ts'
import type { YamlEntry, YamlNode } from './yaml-node.ts'

/**
 * Parses JSON into values with their places, in the shape YAML has. Caps and syntax are those of `parseJson`, which reads the
 * text first; of a repeated key all entries are kept. Throws `code`.
 */
export function parseJsonNodes(text: string, where: string, code: ErrorCode): YamlNode {
  parseJson(utf8(text), where, { code, limitName: 'lockfileBytes' })
  return placeValue({ text, at: text.startsWith('\ufeff') ? 1 : 0 })
}

type Cursor = { readonly text: string; at: number }

/** Trusts the syntax: the text has been parsed before. Depth is bounded there, so recursion is safe here. */
function placeValue(cursor: Cursor): YamlNode {
  skipSpace(cursor)
  const start = cursor.at
  const unit = cursor.text[start]
  if (unit === '{') {
    const entries = placeItems(cursor, '}', placeEntry)
    return { kind: 'map', entries, start, end: cursor.at }
  }
  if (unit === '[') {
    const items = placeItems(cursor, ']', placeValue)
    return { kind: 'list', items, start, end: cursor.at }
  }
  cursor.at = unit === '"' ? endOfString(cursor.text, start) : endOfWord(cursor.text, start)
  const value = JSON.parse(cursor.text.slice(start, cursor.at)) as null | boolean | number | string
  return { kind: 'scalar', value, start, end: cursor.at }
}

function placeItems<T>(cursor: Cursor, close: string, place: (cursor: Cursor) => T): T[] {
  const items: T[] = []
  for (;;) {
    cursor.at += 1
    skipSpace(cursor)
    if (cursor.text[cursor.at] === close) break
    items.push(place(cursor))
    skipSpace(cursor)
    if (cursor.text[cursor.at] === close || cursor.at >= cursor.text.length) break
  }
  cursor.at += 1
  return items
}

function placeEntry(cursor: Cursor): YamlEntry {
  const start = cursor.at
  const end = endOfString(cursor.text, start)
  const key = JSON.parse(cursor.text.slice(start, end)) as string
  cursor.at = cursor.text.indexOf(':', end) + 1
  return { key, keyRange: { start, end }, value: placeValue(cursor) }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfWord(text: string, start: number): number {
  let at = start
  while (at < text.length && !',]} \t\r\n'.includes(text[at] ?? '')) at += 1
  return at
}

function skipSpace(cursor: Cursor): void {
  while (' \t\r\n'.includes(cursor.text[cursor.at] ?? 'x')) cursor.at += 1
}

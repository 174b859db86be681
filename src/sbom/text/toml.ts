import { overLimit, textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { LimitName } from '../../kernel/limits.ts'
import { readKey, readTomlValue, refuse, skipBlanks, skipLineEnd, skipSpace } from './toml-value.ts'
import type { Cursor, Table } from './toml-value.ts'

/**
 * Parses TOML 1.0 (and what 1.1 adds: lines and a last comma in inline tables). Dates and times stay text, as do numbers that
 * JSON cannot hold. Out: tables without a prototype. Throws `artifact-malformed` at file:line, `limit-exceeded`.
 */
export function parseToml(bytes: Uint8Array, where: string, limitName: LimitName): { readonly [key: string]: Json } {
  if (bytes.byteLength > LIMITS[limitName]) throw overLimit(limitName, LIMITS[limitName], where)
  const text = textOf(bytes, 'artifact-malformed', where)
  const cursor: Cursor = { text, at: text.startsWith('\ufeff') ? 1 : 0, kinds: new Map() }
  const root: Table = Object.create(null) as Table
  cursor.kinds.set(root, 'header')
  try {
    let table = root
    for (skipBlanks(cursor); cursor.at < text.length; skipBlanks(cursor)) {
      if (text[cursor.at] === '[') table = openTable(cursor, root)
      else assign(cursor, table)
      skipLineEnd(cursor)
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const line = text.slice(0, cursor.at).split('\n').length
    throw fail('artifact-malformed', `is not TOML: ${error.message}`, { where: `${where}:${line}` })
  }
  return root
}

/** `[a.b]` or `[[a.b]]`: the table that what follows belongs to. */
function openTable(cursor: Cursor, root: Table): Table {
  const many = cursor.text[cursor.at + 1] === '['
  cursor.at += many ? 2 : 1
  skipSpace(cursor)
  const path = readKey(cursor)
  if (!cursor.text.startsWith(many ? ']]' : ']', cursor.at)) throw refuse('a table name does not end with its bracket')
  cursor.at += many ? 2 : 1
  let table = root
  for (const key of path.slice(0, -1)) table = stepInto(cursor, table, key)
  const last = path.at(-1) ?? ''
  return many ? appendTable(cursor, table, last) : nameTable(cursor, table, last)
}

/** Through a table on the way to the one that is named; of a list of tables its last. */
function stepInto(cursor: Cursor, table: Table, key: string): Table {
  const found = table[key]
  if (found === undefined) return addTable(cursor, table, key, 'implied')
  const next = Array.isArray(found) && cursor.kinds.get(found) === 'tables' ? found.at(-1) : found
  if (!isTable(next) || cursor.kinds.get(next) === 'closed') throw refuse('a table is opened inside of a value')
  return next
}

function nameTable(cursor: Cursor, table: Table, key: string): Table {
  const found = table[key]
  if (found === undefined) return addTable(cursor, table, key, 'header')
  if (!isTable(found) || cursor.kinds.get(found) !== 'implied') throw refuse('a table is named twice')
  cursor.kinds.set(found, 'header')
  return found
}

function appendTable(cursor: Cursor, table: Table, key: string): Table {
  const before = table[key]
  const list = before === undefined ? [] : before
  if (!Array.isArray(list) || (before !== undefined && cursor.kinds.get(list) !== 'tables'))
    throw refuse('a list of tables bears a name that is taken')
  cursor.kinds.set(list, 'tables')
  table[key] = list
  const added: Table = Object.create(null) as Table
  cursor.kinds.set(added, 'header')
  list.push(added)
  return added
}

/** `a.b = value` in a table. */
function assign(cursor: Cursor, table: Table): void {
  const path = readKey(cursor)
  if (cursor.text[cursor.at] !== '=') throw refuse('a key has no value')
  cursor.at += 1
  skipSpace(cursor)
  setPath(cursor, table, path, readTomlValue(cursor, setPath, 0))
}

/** Sets a dotted key. Only tables that dotted keys have made may be gone through. */
function setPath(cursor: Cursor, table: Table, path: readonly string[], value: Json): void {
  let at = table
  for (const key of path.slice(0, -1)) {
    const found = at[key]
    if (found !== undefined && (!isTable(found) || cursor.kinds.get(found) !== 'dotted'))
      throw refuse('a key goes through what is no table of its own')
    at = found === undefined ? addTable(cursor, at, key, 'dotted') : found
  }
  const last = path.at(-1) ?? ''
  if (last in at) throw refuse('a key stands twice')
  at[last] = value
}

function addTable(cursor: Cursor, table: Table, key: string, kind: 'implied' | 'header' | 'dotted'): Table {
  const added: Table = Object.create(null) as Table
  cursor.kinds.set(added, kind)
  table[key] = added
  return added
}

function isTable(value: Json | undefined): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import type { Json } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { readEscape } from './escape.ts'

export type Table = { [key: string]: Json }
/** Where a table came from decides who may add to it: `closed` was written as a value. */
export type TableKind = 'implied' | 'header' | 'dotted' | 'tables' | 'closed'
export type Cursor = { readonly text: string; at: number; readonly kinds: Map<object, TableKind> }

/** Raised within the reader, and turned into an error with its place by `parseToml`. */
export function refuse(why: string): SyntaxError {
  return new SyntaxError(why)
}

const BARE_KEY = /[A-Za-z0-9_-]+/y
const NUMBER_OR_DATE = /[0-9A-Za-z_+.:-]+/y

/** Reads `a."b c".d` and the blanks behind it. */
export function readKey(cursor: Cursor): string[] {
  const path: string[] = []
  for (;;) {
    path.push(readKeyPart(cursor))
    skipSpace(cursor)
    if (cursor.text[cursor.at] !== '.') return path
    if (path.length > LIMITS.jsonDepth) throw refuse(`it is nested deeper than jsonDepth (${LIMITS.jsonDepth})`)
    cursor.at += 1
    skipSpace(cursor)
  }
}

function readKeyPart(cursor: Cursor): string {
  const { text, at } = cursor
  if (text[at] === '"' || text[at] === "'") {
    if (text.startsWith('"""', at) || text.startsWith("'''", at)) throw refuse('a key goes over several lines')
    return readText(cursor)
  }
  BARE_KEY.lastIndex = at
  const found = BARE_KEY.exec(text)
  if (found === null) throw refuse('a key is missing')
  cursor.at += found[0].length
  return found[0]
}

/** Sets a dotted key in a table; passed in, since inline tables hold dotted keys too. */
export type SetPath = (cursor: Cursor, table: Table, path: readonly string[], value: Json) => void

/** Reads a value. */
export function readTomlValue(cursor: Cursor, setPath: SetPath, depth: number): Json {
  if (depth > LIMITS.jsonDepth) throw refuse(`it is nested deeper than jsonDepth (${LIMITS.jsonDepth})`)
  const unit = cursor.text[cursor.at]
  if (unit === '"' || unit === "'") return readText(cursor)
  if (unit === '[') return readList(cursor, setPath, depth)
  if (unit === '{') return readInlineTable(cursor, setPath, depth)
  return readWord(cursor)
}

function readList(cursor: Cursor, setPath: SetPath, depth: number): Json[] {
  const items: Json[] = []
  cursor.at += 1
  for (;;) {
    skipBlanks(cursor)
    if (cursor.text[cursor.at] === ']') break
    items.push(readTomlValue(cursor, setPath, depth + 1))
    skipBlanks(cursor)
    if (cursor.text[cursor.at] === ',') cursor.at += 1
    else if (cursor.text[cursor.at] !== ']') throw refuse('a list does not end')
  }
  cursor.at += 1
  cursor.kinds.set(items, 'closed')
  return items
}

function readInlineTable(cursor: Cursor, setPath: SetPath, depth: number): Table {
  const table: Table = Object.create(null) as Table
  cursor.at += 1
  for (;;) {
    skipBlanks(cursor)
    if (cursor.text[cursor.at] === '}') break
    const path = readKey(cursor)
    if (cursor.text[cursor.at] !== '=') throw refuse('a key has no value')
    cursor.at += 1
    skipSpace(cursor)
    setPath(cursor, table, path, readTomlValue(cursor, setPath, depth + 1))
    skipBlanks(cursor)
    if (cursor.text[cursor.at] === ',') cursor.at += 1
    else if (cursor.text[cursor.at] !== '}') throw refuse('an inline table does not end')
  }
  cursor.at += 1
  closeAll(cursor, table)
  return table
}

/** Nothing can be added to an inline table, nor to what its dotted keys made. */
function closeAll(cursor: Cursor, table: Table): void {
  cursor.kinds.set(table, 'closed')
  for (const value of Object.values(table)) {
    if (typeof value === 'object' && value !== null && cursor.kinds.get(value) === 'dotted') closeAll(cursor, value as Table)
  }
}

const INTEGER = /^[+-]?(?:0|[1-9](?:_?\d)*)$|^0x[0-9a-f](?:_?[0-9a-f])*$|^0o[0-7](?:_?[0-7])*$|^0b[01](?:_?[01])*$/i
const FLOAT = /^[+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:e[+-]?\d(?:_?\d)*)?$/i
const SPECIAL = /^[+-]?(?:inf|nan)$/
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d+)?)?$/
const OFFSET = /(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

function readWord(cursor: Cursor): Json {
  NUMBER_OR_DATE.lastIndex = cursor.at
  let word = NUMBER_OR_DATE.exec(cursor.text)?.[0] ?? ''
  cursor.at += word.length
  if (DATE.test(word) && /^ \d\d:/.test(cursor.text.slice(cursor.at, cursor.at + 4))) {
    NUMBER_OR_DATE.lastIndex = cursor.at + 1
    const time = NUMBER_OR_DATE.exec(cursor.text)?.[0] ?? ''
    cursor.at += time.length + 1
    word = `${word}T${time}`
  }
  if (word === 'true' || word === 'false') return word === 'true'
  if (INTEGER.test(word) && !/^0[XOB]/.test(word)) {
    const value = Number(word.replaceAll('_', ''))
    return Number.isSafeInteger(value) ? value : word
  }
  if (FLOAT.test(word)) {
    const value = Number(word.replaceAll('_', ''))
    return Number.isFinite(value) ? value : word
  }
  if (SPECIAL.test(word) || isDateOrTime(word)) return word
  throw refuse(word === '' ? 'a value is missing' : 'a value is of no known kind')
}

function isDateOrTime(word: string): boolean {
  if (TIME.test(word) || DATE.test(word)) return true
  const [date, time] = [word.slice(0, 10), word.slice(11)]
  if (!DATE.test(date) || !/^[Tt]$/.test(word[10] ?? '')) return false
  return TIME.test(time) || (OFFSET.test(time) && TIME.test(time.replace(OFFSET, '')))
}

/** A text in double quotes (with escapes) or single quotes (without), on one line or between three quotes on several. */
function readText(cursor: Cursor): string {
  const { text, at } = cursor
  const quote = text[at] ?? ''
  const long = text.startsWith(quote.repeat(3), at)
  let from = at + (long ? 3 : 1)
  if (long && text.startsWith('\r\n', from)) from += 2
  else if (long && text[from] === '\n') from += 1
  const parts: string[] = []
  for (let next = from; ; next += 1) {
    const unit = text[next]
    if (unit === undefined) throw refuse('a text does not end')
    if (unit === quote && (!long || text.startsWith(quote.repeat(3), next))) {
      const extra = long ? quotesBeforeEnd(text, next + 3, quote) : 0
      parts.push(text.slice(from, next + extra))
      cursor.at = next + extra + (long ? 3 : 1)
      return parts.join('')
    }
    if (unit === '\\' && quote === '"') {
      const escape = (long ? lineEscape(text, next + 1) : undefined) ?? readEscape(text, next + 1, TOML_ESCAPES)
      if (escape === undefined) throw refuse('a text has an unknown escape')
      parts.push(text.slice(from, next), escape.value)
      from = escape.end
      next = escape.end - 1
    } else if (isControl(text, next) && !(long && isNewline(text, next))) throw refuse('a text has a control character')
  }
}

/** Up to two quotes may stand before the three that end a text. */
function quotesBeforeEnd(text: string, at: number, quote: string): number {
  if (text[at] !== quote) return 0
  return text[at + 1] === quote ? 2 : 1
}

const TOML_ESCAPES = 'btnfre"\\xuU'

/** A backslash at the end of a line takes with it all blanks and lines up to the next character. */
function lineEscape(text: string, at: number): { value: string; end: number } | undefined {
  let end = at
  while (text[end] === ' ' || text[end] === '\t') end += 1
  if (!isNewline(text, end)) return undefined
  while (' \t\n\r'.includes(text[end] ?? 'x')) end += 1
  return { value: '', end }
}

function isNewline(text: string, at: number): boolean {
  return text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n')
}

function isControl(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return (unit < 0x20 && unit !== 0x09) || unit === 0x7f
}

export function skipSpace(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ' || cursor.text[cursor.at] === '\t') cursor.at += 1
}

/** Blanks, line ends and comments. */
export function skipBlanks(cursor: Cursor): void {
  for (;;) {
    skipSpace(cursor)
    if (cursor.text[cursor.at] === '#') skipComment(cursor)
    else if (isNewline(cursor.text, cursor.at)) cursor.at += cursor.text[cursor.at] === '\r' ? 2 : 1
    else return
  }
}

/** What may follow a value or table name on its line. */
export function skipLineEnd(cursor: Cursor): void {
  skipSpace(cursor)
  if (cursor.text[cursor.at] === '#') skipComment(cursor)
  if (cursor.at < cursor.text.length && !isNewline(cursor.text, cursor.at)) throw refuse('something stands behind a value')
}

function skipComment(cursor: Cursor): void {
  while (cursor.at < cursor.text.length && !isNewline(cursor.text, cursor.at)) {
    if (isControl(cursor.text, cursor.at)) throw refuse('a comment has a control character')
    cursor.at += 1
  }
}

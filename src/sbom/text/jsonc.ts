import { textOf, utf8 } from '../../kernel/bytes.ts'
import { parseJson } from '../../kernel/json.ts'
import type { Json } from '../../kernel/json.ts'
import type { LimitName } from '../../kernel/limits.ts'

/**
 * Parses JSON that may have comments, and commas before closing brackets, within the caps of `parseJson`. Throws
 * `artifact-malformed`, `limit-exceeded`.
 */
export function parseJsonc(bytes: Uint8Array, where: string, limitName: LimitName): Json {
  const text = textOf(bytes, 'artifact-malformed', where)
  return parseJson(utf8(withoutLastCommas(withoutComments(text))), where, { code: 'artifact-malformed', limitName })
}

function withoutComments(text: string): string {
  const parts: string[] = []
  let copied = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') at = endOfString(text, at)
    else if (text[at] === '/' && (text[at + 1] === '/' || text[at + 1] === '*')) {
      const close = text[at + 1] === '/' ? '\n' : '*/'
      const end = text.indexOf(close, at + 2)
      parts.push(text.slice(copied, at), ' ')
      copied = end === -1 ? text.length : close === '\n' ? end : end + close.length
      at = copied - 1
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(copied)
}

function withoutLastCommas(text: string): string {
  const parts: string[] = []
  let copied = 0
  /** The comma that nothing but white space stands behind so far. */
  let comma = -1
  for (let at = 0; at < text.length; at += 1) {
    const unit = text[at] ?? ''
    if (unit === '"') at = endOfString(text, at)
    if (unit === ',') comma = at
    else if ((unit === '}' || unit === ']') && comma !== -1) {
      parts.push(text.slice(copied, comma))
      copied = comma + 1
    }
    if (unit !== ',' && !' \t\r\n'.includes(unit)) comma = -1
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(copied)
}

/** Where a string's closing quote stands; the end of the text when it has none. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

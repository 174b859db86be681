import { utf8 } from '../../../kernel/bytes.ts'
import { fail } from '../../../kernel/errors.ts'
import type { Json } from '../../../kernel/json.ts'

/**
 * OLPC canonical JSON, which TUF metadata is signed over (TUF specification, 4.1): keys sorted, no white space, whole numbers only,
 * and in texts nothing escaped but `"` and `\`. Throws `evidence-malformed` for what it cannot hold.
 */
export function tufCanonicalBytes(value: Json): Uint8Array {
  return utf8(write(value))
}

function write(value: Json): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw fail('evidence-malformed', 'holds a number that TUF metadata cannot hold')
    return String(value)
  }
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(write).join(',')}]`
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([key, member]) => `${quote(key)}:${write(member)}`).join(',')}}`
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (one) => `\\${one}`)}"`
}

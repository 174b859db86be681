import { LIMITS } from '../kernel/limits.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The text of a name whose bytes need not be UTF-8, so that two names are the same text only if they are the same bytes:
 * valid UTF-8 is itself; each byte that is not becomes U+FFFD and its two hexadecimal digits, and so does each byte of a
 * U+FFFD that really stood there. The text is always well-formed.
 */
export function nameText(bytes: Buffer, start = 0, end = bytes.byteLength): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\ufffd') ? escapeName(bytes.subarray(start, end)) : text
}

function escapeName(bytes: Uint8Array): string {
  let text = ''
  let at = 0
  while (at < bytes.byteLength) {
    const size = sequenceSize(bytes[at] ?? 0)
    const sequence = bytes.subarray(at, at + size)
    const character = sequence.byteLength === size ? decodeOne(sequence) : undefined
    if (character === undefined || character === '\ufffd') {
      text += `\ufffd${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`
      at += 1
    } else {
      text += character
      at += size
    }
  }
  return text
}

function sequenceSize(first: number): number {
  if (first < 0xc0) return 1
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

function decodeOne(sequence: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(sequence)
  } catch {
    return undefined
  }
}

export type EntryPath = { readonly path: string } | { readonly why: string }

/**
 * The one form a path in an archive has here: relative to the root, parts joined by `/`, without empty and `.` parts and
 * without a slash at either end; the root is `.`. A leading slash is taken off, as every runtime does. Refused, with the
 * reason: an empty path, a `..` part, a NUL, and what is over the caps.
 */
export function normalisePath(name: string): EntryPath {
  if (name === '') return { why: 'has an empty path' }
  if (name.length > LIMITS.tarPathBytes || Buffer.byteLength(name) > LIMITS.tarPathBytes) {
    return { why: `has a path over the cap tarPathBytes (${LIMITS.tarPathBytes})` }
  }
  if (name.includes('\0')) return { why: 'has a NUL in its path' }
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(name)) return { path: name }
  const parts = name.split('/')
  if (parts.includes('..')) return { why: 'has `..` in its path' }
  const kept = parts.filter((part) => part !== '' && part !== '.')
  return { path: kept.length === 0 ? '.' : kept.join('/') }
}

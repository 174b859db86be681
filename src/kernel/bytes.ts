import { fail } from './errors.ts'
import type { ErrorCode } from './errors.ts'
import { LIMITS } from './limits.ts'
import type { LimitName } from './limits.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Text of UTF-8 bytes. Throws `code` when they are not valid UTF-8. */
export function textOf(bytes: Uint8Array, code: ErrorCode = 'evidence-malformed', where?: string): string {
  try {
    return strictUtf8.decode(bytes)
  } catch (cause) {
    throw fail(code, 'is not valid UTF-8', where === undefined ? { cause } : { cause, where })
  }
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

const BASE64_VALUES = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * Bytes of base64, both alphabets, padded or not (DSSE 1.0 asks readers to accept both). Throws `code` on any other character, an
 * impossible length, or left-over bits that are not zero (RFC 4648, section 3.5): one value has one spelling in an alphabet.
 */
export function fromBase64(text: string, code: ErrorCode = 'evidence-malformed', where?: string): Uint8Array {
  const body = text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text
  if (!/^[A-Za-z0-9+/_-]*$/.test(body) || body.length % 4 === 1 || hasLeftOver(body)) {
    throw fail(code, 'is not base64', where === undefined ? {} : { where })
  }
  return new Uint8Array(Buffer.from(body, 'base64'))
}

function hasLeftOver(body: string): boolean {
  const unused = body.length % 4 === 2 ? 0b1111 : body.length % 4 === 3 ? 0b11 : 0
  return unused !== 0 && (BASE64_VALUES.indexOf(body.at(-1)?.replace('-', '+').replace('_', '/') ?? '') & unused) !== 0
}

export function fromHex(text: string, code: ErrorCode = 'evidence-malformed', where?: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw fail(code, 'is not hexadecimal', where === undefined ? {} : { where })
  return new Uint8Array(Buffer.from(text, 'hex'))
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.byteLength
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && Buffer.compare(a, b) === 0
}

/** Reads a stream whole, refusing as soon as it passes `limit` bytes (named in the message). */
export async function readAll(stream: AsyncIterable<Uint8Array>, limit: number, limitName: LimitName, where?: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stream) {
    size += part.byteLength
    if (size > limit) throw overLimit(limitName, limit, where)
    parts.push(part)
  }
  return concatBytes(parts)
}

/** The error for a cap that was passed. */
export function overLimit(name: LimitName, limit: number = LIMITS[name], where?: string): Error {
  // The one cap with a flag; of all others the table says what to do.
  const hint = name === 'lockfileBytes' ? { hint: 'if the lockfile is yours, lift the cap: `tally sbom --max-lockfile MEBIBYTES`' } : {}
  return fail('limit-exceeded', `is over the cap ${name} (${limit})`, { ...(where === undefined ? {} : { where }), ...hint })
}

import { fail } from './errors.ts'
import type { ErrorCode } from './errors.ts'
import { overLimit, textOf, utf8 } from './bytes.ts'
import { LIMITS } from './limits.ts'
import type { LimitName } from './limits.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * Parses JSON from bytes within caps: size first, UTF-8, nesting depth, then syntax. `__proto__` keys stay plain data.
 * Throws `code` with the reason; a shape is not checked here (parse it with a schema next).
 */
export function parseJson(
  bytes: Uint8Array,
  where: string,
  options: { readonly code?: ErrorCode; readonly maxBytes?: number; readonly limitName?: LimitName } = {},
): Json {
  const code = options.code ?? 'evidence-malformed'
  const limitName = options.limitName ?? 'jsonBytes'
  const limit = options.maxBytes ?? LIMITS[limitName]
  if (bytes.byteLength > limit) throw overLimit(limitName, limit, where)
  const text = textOf(bytes, code, where)
  refuseDeep(text, code, where)
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw fail(code, `is not JSON: ${reasonOf(cause)}`, { where })
  }
}

/** What the parser found wrong, without the piece of the text it quotes: the text may be secret. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : ''
  return message.replace(/,? (?:\.\.\.)?"[^]*$/, '').slice(0, 120)
}

function refuseDeep(text: string, code: ErrorCode, where: string): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (inString) {
      if (unit === 0x5c) at += 1
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x7b || unit === 0x5b) {
      depth += 1
      if (depth > LIMITS.jsonDepth) throw fail(code, `is nested deeper than jsonDepth (${LIMITS.jsonDepth})`, { where })
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1
  }
}

/**
 * Canonical JSON text by RFC 8785 (JCS): keys by UTF-16 code units, ECMAScript numbers, no white space. Undefined
 * members are left out. Throws `bug` on what JSON cannot hold (NaN, Infinity, lone surrogates, functions, dates, bytes, maps).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw fail('bug', 'canonical JSON cannot hold NaN or Infinity')
    return JSON.stringify(value)
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw fail('bug', 'canonical JSON cannot hold a lone surrogate')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item) => canonicalJson(item)).join(',')}]`
  if (typeof value === 'object') {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) throw fail('bug', `canonical JSON cannot hold a ${value.constructor.name}`)
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${members.map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`).join(',')}}`
  }
  throw fail('bug', `canonical JSON cannot hold a ${typeof value}`)
}

/** UTF-8 bytes of the canonical JSON. */
export function canonicalBytes(value: unknown): Uint8Array {
  return utf8(canonicalJson(value))
}

import { nameText } from './tar-path.ts'

/** What the extended headers before an entry say of it. */
export type Extension = { readonly path?: string; readonly linkPath?: string; readonly size?: number }

export type ExtensionResult = Extension | { readonly why: string }

/**
 * Reads the records of a pax extended header (POSIX.1-2024 pax, "pax Extended Header"): `length keyword=value\n`, values
 * as bytes. Keywords other than path, linkpath and size say nothing that is used here. Sparse files (GNU.sparse.*) are
 * refused, for their content is not their bytes. An empty value says nothing.
 */
export function parsePax(bytes: Uint8Array, scope: 'entry' | 'global'): ExtensionResult {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: { path?: string; linkPath?: string; size?: number } = {}
  let at = 0
  while (at < body.byteLength) {
    const record = readRecord(body, at)
    if (record === undefined) return { why: 'has a pax header that cannot be read' }
    at = record.end
    const { key, value } = record
    if (key.startsWith('GNU.sparse.')) return { why: 'is a sparse file, which is not read' }
    if (key !== 'path' && key !== 'linkpath' && key !== 'size') continue
    if (scope === 'global') return { why: `has a global pax header that sets ${key} of every entry, which is not read` }
    if (Object.hasOwn(found, key === 'linkpath' ? 'linkPath' : key)) return { why: `has a pax header that sets ${key} twice` }
    if (value.byteLength === 0) continue
    if (key === 'size') {
      const size = decimal(value.toString('latin1'))
      if (size === undefined) return { why: 'has a pax size that is no number from 0 to 2^53' }
      found.size = size
    } else if (value.includes(0)) return { why: 'has a NUL in its path' }
    else if (key === 'path') found.path = nameText(value)
    else found.linkPath = nameText(value)
  }
  return found
}

function readRecord(body: Buffer, start: number): { key: string; value: Buffer; end: number } | undefined {
  const space = body.subarray(start, start + 20).indexOf(0x20)
  const size = space === -1 ? undefined : decimal(body.toString('latin1', start, start + space))
  if (size === undefined) return undefined
  const end = start + size
  if (end > body.byteLength || size < space + 4 || body[end - 1] !== 0x0a) return undefined
  const text = body.subarray(start + space + 1, end - 1)
  const equals = text.indexOf(0x3d)
  if (equals < 1) return undefined
  return { key: text.toString('utf8', 0, equals), value: text.subarray(equals + 1), end }
}

function decimal(text: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** The name in the content of a GNU long-name entry ('L', 'K'): up to its NUL, after which only NULs may come. */
export function parseLongName(bytes: Uint8Array): string | undefined {
  const nul = bytes.indexOf(0)
  const end = nul === -1 ? bytes.byteLength : nul
  for (let at = end; at < bytes.byteLength; at += 1) if (bytes[at] !== 0) return undefined
  return end === 0 ? undefined : nameText(Buffer.from(bytes.buffer, bytes.byteOffset, end))
}

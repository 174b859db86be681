import { concatBytes } from '../kernel/bytes.ts'

/** One element of DER (X.690): its tag, its content, its bytes as a whole, and where the next one starts. */
export type DerElement = { readonly tag: number; readonly content: Uint8Array; readonly raw: Uint8Array; readonly end: number }

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** The tag of a context-specific element: `[n]`, primitive or constructed. */
export const contextTag = (n: number, constructed = true): number => (constructed ? 0xa0 : 0x80) | n

/** Reads the element at an offset: definite, minimal lengths only. Undefined when there is no whole element. */
export function readDer(bytes: Uint8Array, at = 0): DerElement | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  // Tags of several bytes occur in nothing that is read here.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  let length = first
  let start = at + 2
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4) return undefined
    length = 0
    for (let n = 0; n < count; n += 1) length = length * 256 + (bytes[start + n] ?? Number.NaN)
    start += count
    if (!(length >= (count === 1 ? 0x80 : 256 ** (count - 1)))) return undefined
  }
  const end = start + length
  return end <= bytes.byteLength ? { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end), end } : undefined
}

/** The elements that fill some content exactly; undefined when they do not. */
export function readDerList(content: Uint8Array): readonly DerElement[] | undefined {
  const elements: DerElement[] = []
  for (let at = 0; at < content.byteLength;) {
    const element = readDer(content, at)
    if (element === undefined) return undefined
    elements.push(element)
    at = element.end
  }
  return elements
}

export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(parts)
  return concatBytes([Uint8Array.of(tag, ...lengthBytes(content.byteLength)), content])
}

/** A whole number of zero or more. */
export function writeDerInteger(value: number): Uint8Array {
  const bytes = base256(value)
  return writeDer(DER.integer, Uint8Array.from((bytes[0] ?? 0) >= 0x80 ? [0, ...bytes] : bytes))
}

/** An object identifier written in dots. */
export function writeDerOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return writeDer(DER.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const bytes = base256(length)
  return [0x80 | bytes.length, ...bytes]
}

function base256(value: number): readonly number[] {
  const bytes = [value % 256]
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return bytes
}

function base128(value: number): readonly number[] {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128))
  return bytes
}

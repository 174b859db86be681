import { textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { DER, readDer, readDerList } from '../der.ts'
import type { DerElement } from '../der.ts'

/** A reason to refuse DER, as a thrown `evidence-malformed`: `what` is the thing that is not what it should be. */
export function malformed(what: string): Error {
  return fail('evidence-malformed', `holds ${what} that cannot be read`)
}

/** A reason to refuse what can be read, as a thrown `evidence-malformed`. */
export function unusable(what: string): Error {
  return fail('evidence-malformed', `holds ${what}`)
}

/** The one element that fills some bytes exactly, of a tag. */
export function readWhole(bytes: Uint8Array, tag: number, what: string): DerElement {
  const element = readDer(bytes)
  if (element === undefined || element.tag !== tag || element.end !== bytes.byteLength) throw malformed(what)
  return element
}

/** What a constructed element of a tag holds. */
export function membersOf(element: DerElement | undefined, tag: number, what: string): readonly DerElement[] {
  const members = element?.tag === tag ? readDerList(element.content) : undefined
  if (members === undefined) throw malformed(what)
  return members
}

/** An element that must be there and have this tag. */
export function expectTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag !== tag) throw malformed(what)
  return element
}

/** An object identifier in dots (X.690, 8.19). */
export function readOid(element: DerElement | undefined, what: string): string {
  const { content } = expectTag(element, DER.oid, what)
  if (content.byteLength === 0 || content.byteLength > 64 || ((content.at(-1) ?? 0) & 0x80) !== 0) throw malformed(what)
  const numbers: number[] = []
  let value = 0
  let fresh = true
  for (const byte of content) {
    if (fresh && byte === 0x80) throw malformed(what)
    value = value * 128 + (byte & 0x7f)
    fresh = (byte & 0x80) === 0
    if (!fresh) continue
    if (!Number.isSafeInteger(value)) throw malformed(what)
    numbers.push(value)
    value = 0
  }
  const [head = 0, ...rest] = numbers
  const first = Math.min(2, Math.floor(head / 40))
  return [first, head - first * 40, ...rest].join('.')
}

/** A whole number from zero up that fits exactly. */
export function readCount(element: DerElement | undefined, what: string): number {
  const { content } = expectTag(element, DER.integer, what)
  const [first, second] = content
  if (first === undefined || first >= 0x80 || content.byteLength > 7) throw malformed(what)
  if (first === 0 && second !== undefined && second < 0x80) throw malformed(what)
  return content.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** DER knows one spelling of each truth value. */
export function readBoolean(element: DerElement | undefined, what: string): boolean {
  const { content } = expectTag(element, DER.boolean, what)
  if (content.byteLength !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw malformed(what)
  return content[0] === 0xff
}

/** The bytes of a bit string without unused bits. */
export function readBits(element: DerElement | undefined, what: string): Uint8Array {
  const { content } = expectTag(element, DER.bits, what)
  if (content[0] !== 0) throw malformed(what)
  return content.subarray(1)
}

/** Which of the first 16 bits of a bit string are set, the first as bit 0 (X.680, named bits). */
export function readNamedBits(element: DerElement | undefined, what: string): ReadonlySet<number> {
  const { content } = expectTag(element, DER.bits, what)
  if (content.byteLength === 0 || content.byteLength > 3) throw malformed(what)
  const set = new Set<number>()
  for (let bit = 0; bit < (content.byteLength - 1) * 8; bit += 1) {
    if (((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) set.add(bit)
  }
  return set
}

/** A text of UTF-8 with nothing in it that a terminal or a comparison could be fooled by. */
export function readText(bytes: Uint8Array, what: string): string {
  const text = textOf(bytes)
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) throw malformed(what)
  return text
}

/** Milliseconds since 1970 of a UTCTime or GeneralizedTime in the form of RFC 5280 (4.1.2.5), with the fraction RFC 3161 allows. */
export function readTime(element: DerElement | undefined, what: string): number {
  if (element?.tag !== DER.utcTime && element?.tag !== DER.generalizedTime) throw malformed(what)
  const text = readText(element.content, what)
  const form = element.tag === DER.utcTime ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})(\.\d{1,9})?Z$/
  const [, year = '', rest = '', fraction = ''] = form.exec(text) ?? []
  if (year === '' || fraction.endsWith('0')) throw malformed(what)
  const fullYear = year.length === 2 ? (Number(year) >= 50 ? `19${year}` : `20${year}`) : year
  const [month, day, hour, minute, second] = rest.match(/../g) ?? []
  const iso = `${fullYear}-${month}-${day}T${hour}:${minute}:${second}`
  const time = Date.parse(`${iso}Z`)
  // Date.parse lets 31 February pass as 3 March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== iso) throw malformed(what)
  return time + Math.floor(Number(`0${fraction}`) * 1000)
}

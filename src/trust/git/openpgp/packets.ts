import { fromBase64 } from '../../../kernel/bytes.ts'
import { fail } from '../../../kernel/errors.ts'

/** One packet of OpenPGP (RFC 9580, 4): its type and its body. */
export type Packet = { readonly type: number; readonly body: Uint8Array }

export const PACKET = { signature: 2, publicKey: 6, userId: 13, publicSubkey: 14, userAttribute: 17 } as const

const MOST_PACKETS = 10_000

/**
 * Takes an armored text apart (RFC 9580, 6). In: text with exactly the blocks of one label. Out: the bytes of each. The checksum at the end
 * is no security and not looked at. Throws `code`.
 */
export function readArmor(text: string, label: string, where: string, code: 'evidence-malformed' | 'key-invalid'): readonly Uint8Array[] {
  const blocks: Uint8Array[] = []
  const lines = text.split(/\r?\n/)
  let body: string[] | undefined
  let isPastHeaders = false
  for (const line of lines) {
    if (line.trimEnd() === `-----BEGIN ${label}-----`) {
      if (body !== undefined) throw fail(code, 'begins before it ends', { where })
      body = []
      isPastHeaders = false
    } else if (line.trimEnd() === `-----END ${label}-----`) {
      if (body === undefined) throw fail(code, 'ends before it begins', { where })
      blocks.push(fromBase64(body.join(''), code, where))
      body = undefined
    } else if (body === undefined) {
      if (code === 'evidence-malformed' && line.trim() !== '') throw fail(code, 'has more than a signature', { where })
    } else if (!isPastHeaders && line.trim() === '') isPastHeaders = true
    else if (!isPastHeaders && /^[A-Za-z]{1,40}: /.test(line)) continue
    else if (!/^=[A-Za-z0-9+/]{4}$/.test(line.trimEnd())) {
      isPastHeaders = true
      body.push(line.trim())
    }
  }
  if (body !== undefined || blocks.length === 0) throw fail(code, `is not a whole ${label.toLowerCase()}`, { where })
  return blocks
}

/** The packets that fill some bytes exactly. Lengths in parts, which only streams have, are refused. Throws `code`. */
export function readPackets(bytes: Uint8Array, where: string, code: 'evidence-malformed' | 'key-invalid'): readonly Packet[] {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.byteLength;) {
    const packet = packetAt(bytes, at)
    if (packet === undefined || packets.length >= MOST_PACKETS) throw fail(code, 'is not made of whole OpenPGP packets', { where })
    packets.push({ type: packet.type, body: bytes.subarray(packet.start, packet.end) })
    at = packet.end
  }
  return packets
}

function packetAt(bytes: Uint8Array, at: number): { readonly type: number; readonly start: number; readonly end: number } | undefined {
  const tag = bytes[at] ?? 0
  if ((tag & 0x80) === 0) return undefined
  const isNew = (tag & 0x40) !== 0
  const type = isNew ? tag & 0x3f : (tag >> 2) & 0x0f
  const length = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, tag & 3)
  if (length === undefined) return undefined
  const end = length.next + length.value
  return end <= bytes.byteLength ? { type, start: length.next, end } : undefined
}

type Length = { readonly value: number; readonly next: number }

/** A length of one, two or five bytes (RFC 9580, 4.2.1), which subpackets have too. */
export function newLength(bytes: Uint8Array, at: number, twoByteEnd = 223): Length | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 192) return { value: first, next: at + 1 }
  if (first <= twoByteEnd) {
    const second = bytes[at + 1]
    return second === undefined ? undefined : { value: ((first - 192) << 8) + second + 192, next: at + 2 }
  }
  return first === 255 ? fixedLength(bytes, at + 1, 4) : undefined
}

function oldLength(bytes: Uint8Array, at: number, kind: number): Length | undefined {
  return kind === 3 ? undefined : fixedLength(bytes, at, 1 << kind)
}

function fixedLength(bytes: Uint8Array, at: number, size: number): Length | undefined {
  if (at + size > bytes.byteLength) return undefined
  return { value: Buffer.from(bytes.subarray(at, at + size)).readUIntBE(0, size), next: at + size }
}

/** Reads fields one after another; undefined values mean there was not enough. */
export function readFields(body: Uint8Array): {
  readonly byte: () => number | undefined
  readonly take: (count: number) => Uint8Array | undefined
  /** A multiprecision integer (RFC 9580, 3.2): its bits, then its bytes. */
  readonly integer: () => Uint8Array | undefined
  readonly rest: () => Uint8Array
} {
  let at = 0
  const take = (count: number): Uint8Array | undefined => {
    if (at + count > body.byteLength) return undefined
    at += count
    return body.subarray(at - count, at)
  }
  return {
    byte: () => take(1)?.[0],
    take,
    integer: () => {
      const bits = take(2)
      return bits === undefined ? undefined : take(Math.ceil(Buffer.from(bits).readUInt16BE() / 8))
    },
    rest: () => body.subarray(at),
  }
}

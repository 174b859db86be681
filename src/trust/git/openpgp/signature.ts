import { createHash, verify } from 'node:crypto'
import { concatBytes, toHex } from '../../../kernel/bytes.ts'
import { DER, writeDer } from '../../der.ts'
import type { PgpKey } from './key.ts'
import { newLength, readFields } from './packets.ts'

/** A signature of version 4 (RFC 9580, 5.2.3), taken apart. Times in seconds since 1970. */
export type PgpSignature = {
  readonly type: number
  readonly algorithm: number
  readonly hash: 'sha256' | 'sha384' | 'sha512'
  /** The signature's own bytes that are signed. */
  readonly hashed: Uint8Array
  /** What it says of itself, signed: by number; those that may be there several times have the last. */
  readonly said: ReadonlyMap<number, Uint8Array>
  /** Key id or fingerprint of who claims to have made it, upper case hexadecimal; a hint, signed or not. */
  readonly issuer: string | undefined
  /** A signature within the signature, which proves itself wherever it stands. */
  readonly embedded: Uint8Array | undefined
  readonly created: number
  readonly integers: readonly Uint8Array[]
  /** Ed25519 of its own number has its 64 bytes bare. */
  readonly bare: Uint8Array
}

export const TYPE = {
  binary: 0x00,
  certifications: [0x10, 0x11, 0x12, 0x13],
  direct: 0x1f,
  subkey: 0x18,
  primary: 0x19,
  revokeKey: 0x20,
  revokeSubkey: 0x28,
  revokeUser: 0x30,
} as const
export const SAYS = {
  created: 2,
  expires: 3,
  keyExpires: 9,
  issuer: 16,
  flags: 27,
  embedded: 32,
  fingerprint: 33,
  primaryUser: 25,
} as const
/** Subpackets that are understood, or that say nothing that would forbid (preferences, features, notations that are not critical). */
const UNDERSTOOD: ReadonlySet<number> = new Set([2, 3, 9, 11, 16, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 34, 35])
const HASHES: Readonly<Record<number, PgpSignature['hash']>> = { 8: 'sha256', 9: 'sha384', 10: 'sha512' }

/** Reads the body of a signature packet; undefined for other versions, weak or unknown hashes, and critical parts that are not understood. */
export function readPgpSignature(body: Uint8Array): PgpSignature | undefined {
  const fields = readFields(body)
  const head = fields.take(4)
  const signedLength = fields.take(2)
  if (head?.[0] !== 4 || signedLength === undefined) return undefined
  const length = Buffer.from(signedLength).readUInt16BE()
  const signedParts = fields.take(length)
  const otherLength = fields.take(2)
  const otherParts = fields.take(otherLength === undefined ? 0 : Buffer.from(otherLength).readUInt16BE())
  if (signedParts === undefined || otherLength === undefined || otherParts === undefined || fields.take(2) === undefined) return undefined
  const hash = HASHES[head[3] ?? 0]
  const said = readSubpackets(signedParts)
  const other = readSubpackets(otherParts)
  const created = numberOf(said?.get(SAYS.created))
  if (hash === undefined || said === undefined || other === undefined || created === undefined) return undefined
  const bare = fields.rest()
  const integers = head[2] === 27 ? [] : integersOf(bare)
  if (integers === undefined) return undefined
  return {
    type: head[1] ?? 0,
    algorithm: head[2] ?? 0,
    hash,
    hashed: body.subarray(0, 6 + length),
    said,
    issuer: issuerOf(said) ?? issuerOf(other),
    embedded: said.get(SAYS.embedded) ?? other.get(SAYS.embedded),
    created,
    integers,
    bare,
  }
}

/** Whether a key made a signature over some bytes. */
export function matchesPgp(signature: PgpSignature, content: Uint8Array, { kind, key }: PgpKey): boolean {
  const trailer = Buffer.concat([Buffer.of(4, 0xff), Buffer.alloc(4)])
  trailer.writeUInt32BE(signature.hashed.byteLength, 2)
  const signed = concatBytes([content, signature.hashed, trailer])
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = signature.integers
  try {
    if (kind === 'rsa') {
      const size = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
      return isAlgorithm(signature, 1, 3) && verify(signature.hash, signed, key, padded(first, size))
    }
    if (kind === 'ecdsa') {
      const der = writeDer(DER.sequence, unsigned(first), unsigned(second))
      return isAlgorithm(signature, 19) && verify(signature.hash, signed, key, der)
    }
    // Ed25519 signs the digest here, as if it were the message.
    const digest = createHash(signature.hash).update(signed).digest()
    const pair = signature.algorithm === 27 ? signature.bare : concatBytes([padded(first, 32), padded(second, 32)])
    return isAlgorithm(signature, 22, 27) && verify(null, digest, key, pair)
  } catch {
    // What OpenSSL cannot take for a signature is none.
    return false
  }
}

/** A big-endian number of up to four bytes. */
export function numberOf(bytes: Uint8Array | undefined): number | undefined {
  return bytes === undefined || bytes.byteLength !== 4 ? undefined : Buffer.from(bytes).readUInt32BE()
}

function isAlgorithm({ algorithm }: PgpSignature, ...allowed: readonly number[]): boolean {
  return allowed.includes(algorithm)
}

function readSubpackets(area: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>()
  for (let at = 0; at < area.byteLength;) {
    const length = newLength(area, at, 254)
    const type = length === undefined ? undefined : area[length.next]
    if (length === undefined || type === undefined || length.value === 0) return undefined
    at = length.next + length.value
    if (at > area.byteLength) return undefined
    const number = type & 0x7f
    // A critical notation is one nobody here understands.
    const isCritical = (type & 0x80) !== 0 && (number === 20 || !UNDERSTOOD.has(number))
    if (isCritical) return undefined
    found.set(number, area.subarray(length.next + 1, at))
  }
  return found
}

function issuerOf(parts: ReadonlyMap<number, Uint8Array>): string | undefined {
  const fingerprint = parts.get(SAYS.fingerprint)
  if (fingerprint?.[0] === 4 && fingerprint.byteLength === 21) return toHex(fingerprint.subarray(1)).toUpperCase()
  const id = parts.get(SAYS.issuer)
  return id?.byteLength === 8 ? toHex(id).toUpperCase() : undefined
}

function integersOf(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const fields = readFields(bytes)
  const integers: Uint8Array[] = []
  while (fields.rest().byteLength > 0) {
    const integer = fields.integer()
    if (integer === undefined || integers.length > 2) return undefined
    integers.push(integer)
  }
  return integers
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteLength >= size ? bytes : concatBytes([new Uint8Array(size - bytes.byteLength), bytes])
}

function unsigned(bytes: Uint8Array): Uint8Array {
  return writeDer(DER.integer, (bytes[0] ?? 0) >= 0x80 ? concatBytes([Uint8Array.of(0), bytes]) : bytes)
}

import { createHash, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { concatBytes, toHex } from '../../../kernel/bytes.ts'
import { readFields } from './packets.ts'

/** A public key of version 4 (RFC 9580, 5.5.2). Times in seconds since 1970. */
export type PgpKey = {
  readonly fingerprint: string
  readonly created: number
  readonly kind: 'rsa' | 'ecdsa' | 'eddsa'
  readonly key: KeyObject
  /** What signatures over the key itself hash of it. */
  readonly hashed: Uint8Array
}

const CURVES: Readonly<Record<string, string>> = {
  '2a8648ce3d030107': 'P-256',
  '2b81040022': 'P-384',
  '2b81040023': 'P-521',
}
const ED25519 = '2b06010401da470f01'

/** Reads the body of a key packet; undefined for versions and algorithms that are not supported, and for what is no key. */
export function readPgpKey(body: Uint8Array): PgpKey | undefined {
  const fields = readFields(body)
  const version = fields.byte()
  const created = fields.take(4)
  const algorithm = fields.byte()
  if (version !== 4 || created === undefined || body.byteLength > 0xffff) return undefined
  const read = keyOf(algorithm ?? 0, fields)
  if (read === undefined) return undefined
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.byteLength)
  const hashed = concatBytes([Uint8Array.of(0x99), length, body])
  const fingerprint = toHex(new Uint8Array(createHash('sha1').update(hashed).digest())).toUpperCase()
  return { fingerprint, created: Buffer.from(created).readUInt32BE(), hashed, ...read }
}

type Fields = ReturnType<typeof readFields>

function keyOf(algorithm: number, fields: Fields): Pick<PgpKey, 'kind' | 'key'> | undefined {
  try {
    if (algorithm === 1 || algorithm === 3) return rsaOf(fields)
    if (algorithm === 19) return ecdsaOf(fields)
    if (algorithm === 22) return eddsaOf(fields)
    return algorithm === 27 ? { kind: 'eddsa', key: ed25519(fields.take(32)) } : undefined
  } catch {
    // OpenSSL does not take it for a key.
    return undefined
  }
}

function rsaOf(fields: Fields): Pick<PgpKey, 'kind' | 'key'> | undefined {
  const [modulus, exponent] = [fields.integer(), fields.integer()]
  const bits = (modulus?.byteLength ?? 0) * 8
  if (modulus === undefined || exponent === undefined || bits < 2048 || bits > 8192 || exponent.byteLength > 4) return undefined
  return { kind: 'rsa', key: createPublicKey({ key: { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) }, format: 'jwk' }) }
}

function ecdsaOf(fields: Fields): Pick<PgpKey, 'kind' | 'key'> | undefined {
  const name = toHex(fields.take(fields.byte() ?? 0) ?? new Uint8Array(0))
  const point = fields.integer()
  const crv = Object.hasOwn(CURVES, name) ? CURVES[name] : undefined
  if (crv === undefined || point?.[0] !== 4) return undefined
  const half = (point.byteLength - 1) / 2
  const jwk = { kty: 'EC', crv, x: base64url(point.subarray(1, 1 + half)), y: base64url(point.subarray(1 + half)) }
  return { kind: 'ecdsa', key: createPublicKey({ key: jwk, format: 'jwk' }) }
}

/** Ed25519 as GnuPG wrote it before it had a number of its own: the point behind 0x40. */
function eddsaOf(fields: Fields): Pick<PgpKey, 'kind' | 'key'> | undefined {
  const name = toHex(fields.take(fields.byte() ?? 0) ?? new Uint8Array(0))
  const point = fields.integer()
  return name === ED25519 && point?.[0] === 0x40 ? { kind: 'eddsa', key: ed25519(point.subarray(1)) } : undefined
}

function ed25519(point: Uint8Array | undefined): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: base64url(point ?? new Uint8Array(0)) }, format: 'jwk' })
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

import { createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { eddsa } from '@noble/curves/abstract/edwards.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { concatBytes, fromBase64, utf8 } from '../kernel/bytes.ts'

// What node:crypto lacks. This file costs tens of milliseconds to load, so it is imported where a digest must be verified, and only then.

const CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const

/** Whether an ECDSA signature in DER is over a digest (FIPS 186-5, 6.4.2; a longer digest is cut to the order of the curve). Throws for what cannot be one. */
export function verifyEcdsaDigest(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { crv, x, y } = key.export({ format: 'jwk' })
  const curve = crv !== undefined && Object.hasOwn(CURVES, crv) ? CURVES[crv as keyof typeof CURVES] : undefined
  if (curve === undefined || typeof x !== 'string' || typeof y !== 'string') return false
  const point = concatBytes([Uint8Array.of(4), fromBase64(x), fromBase64(y)])
  return curve.verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' })
}

/** dom2(1, "") of RFC 8032, 2: what keeps a signature of Ed25519ph from being one of Ed25519. */
const PREFIX = concatBytes([utf8('SigEd25519 no Ed25519 collisions'), Uint8Array.of(1, 0)])

const sha512 = (message: Uint8Array): Uint8Array => new Uint8Array(createHash('sha512').update(message).digest())

/** Ed25519ph whose message is the digest already, so that it can be made of a stream. */
const ed25519Digest = eddsa(ed25519.Point, sha512, {
  domain: (data: Uint8Array) => concatBytes([PREFIX, data]),
  prehash: (digest: Uint8Array) => digest.slice(),
  zip215: false,
})

/** Whether an Ed25519ph signature (RFC 8032, 5.1, without context) is over the SHA-512 digest of a message. Throws for what cannot be one. */
export function verifyEd25519ph(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { x } = key.export({ format: 'jwk' })
  return typeof x === 'string' && digest.byteLength === 64 && ed25519Digest.verify(signature, digest, fromBase64(x))
}

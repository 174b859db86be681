import { constants, createHash, createVerify, publicDecrypt, verify } from 'node:crypto'
import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto'
import { concatBytes, equalBytes } from '../kernel/bytes.ts'
import { DER, writeDer, writeDerOid } from './der.ts'
import { verifyPss } from './rsa-pss.ts'

export type HashName = 'sha256' | 'sha384' | 'sha512'

/** The kinds of key that sign and verify. RSA keys have 2048 to 8192 bits. */
export const KEY_ALGORITHMS = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'rsa', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number]

/** How a signature is made with a key. `pure` schemes sign the message itself, which must then be held in memory whole. */
export type Scheme =
  | { readonly kind: 'ecdsa' | 'rsa-pkcs1' | 'rsa-pss'; readonly hash: HashName }
  | { readonly kind: 'ed25519ph'; readonly hash: 'sha512' }
  | { readonly kind: 'pure' }

const ecdsa = (hash: HashName): Scheme => ({ kind: 'ecdsa', hash })

/**
 * The schemes a bare key is tried with: those of Sigstore's registry of algorithms. cosign writes P-384 with SHA-384 and P-521 with
 * SHA-512, and accepts by key SHA-256 only, which is what we write; it signs attestations with Ed25519 keys as Ed25519ph.
 */
export const SCHEMES: Readonly<Record<KeyAlgorithm, readonly Scheme[]>> = {
  'ecdsa-p256': [ecdsa('sha256')],
  'ecdsa-p384': [ecdsa('sha384'), ecdsa('sha256')],
  'ecdsa-p521': [ecdsa('sha512'), ecdsa('sha256')],
  ed25519: [{ kind: 'pure' }, { kind: 'ed25519ph', hash: 'sha512' }],
  rsa: [
    { kind: 'rsa-pkcs1', hash: 'sha256' },
    { kind: 'rsa-pss', hash: 'sha256' },
  ],
  'ml-dsa-44': [{ kind: 'pure' }],
  'ml-dsa-65': [{ kind: 'pure' }],
  'ml-dsa-87': [{ kind: 'pure' }],
}

/** The one way a key of ours signs: by a hash of the message, RSA as PKCS#1 v1.5, or (undefined) over the message itself. */
export function schemeOf(algorithm: KeyAlgorithm, hash: HashName | undefined): Exclude<Scheme, { kind: 'ed25519ph' }> {
  if (hash === undefined) return { kind: 'pure' }
  return { kind: algorithm === 'rsa' ? 'rsa-pkcs1' : 'ecdsa', hash }
}

/** Whether bytes held in memory are signed. Not for Ed25519ph, which Node does not have. Never throws: what is no signature does not match. */
export function verifyBytes(
  scheme: Exclude<Scheme, { kind: 'ed25519ph' }>,
  key: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    if (scheme.kind === 'pure') return verify(null, bytes, key, signature)
    return isWhole(scheme, key, signature) && verify(scheme.hash, bytes, keyFor(scheme, key), signature)
  } catch {
    // OpenSSL throws for some signatures that are no such thing (an RSA signature longer than the modulus).
    return false
  }
}

/** The same for every scheme. */
export async function verifyScheme(scheme: Scheme, key: KeyObject, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (scheme.kind !== 'ed25519ph') return verifyBytes(scheme, key, bytes, signature)
  return await verifyDigest(scheme, key, createHash('sha512').update(bytes).digest(), signature)
}

/** A verification over a stream: the message is fed in pieces and not kept. */
export type Running = { readonly update: (bytes: Uint8Array) => void; readonly matches: (signature: Uint8Array) => Promise<boolean> }

export function startVerify(scheme: Exclude<Scheme, { kind: 'pure' }>, key: KeyObject): Running {
  if (scheme.kind === 'ed25519ph') {
    const hash = createHash('sha512')
    return { update: (bytes) => void hash.update(bytes), matches: (signature) => verifyDigest(scheme, key, hash.digest(), signature) }
  }
  const verifier = createVerify(scheme.hash)
  return {
    update: (bytes) => void verifier.update(bytes),
    matches: (signature) =>
      Promise.resolve(attempt(() => isWhole(scheme, key, signature) && verifier.verify(keyFor(scheme, key), signature))),
  }
}

/**
 * Whether a digest is signed, when the message is not at hand. Node verifies messages only: ECDSA and Ed25519ph come from
 * @noble/curves, loaded here and nowhere else; RSA is the public operation and the padding of RFC 8017.
 */
export async function verifyDigest(
  scheme: Exclude<Scheme, { kind: 'pure' }>,
  key: KeyObject,
  digest: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!isWhole(scheme, key, signature)) return false
  if (scheme.kind === 'rsa-pkcs1') return attempt(() => equalBytes(publicDecrypt(key, signature), digestInfo(scheme.hash, digest)))
  if (scheme.kind === 'rsa-pss') return attempt(() => verifyPss(key, scheme.hash, digest, signature))
  const { verifyEcdsaDigest, verifyEd25519ph } = await import('./prehash.ts')
  return attempt(() => (scheme.kind === 'ecdsa' ? verifyEcdsaDigest(key, digest, signature) : verifyEd25519ph(key, digest, signature)))
}

/** An RSA signature is as long as its modulus (RFC 8017, 8.1.2 and 8.2.2). OpenSSL also takes one without its leading zeros, a second spelling of the same. */
function isWhole(scheme: Scheme, key: KeyObject, signature: Uint8Array): boolean {
  if (scheme.kind !== 'rsa-pkcs1' && scheme.kind !== 'rsa-pss') return true
  return signature.byteLength === Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
}

/** How Node is told the padding. A key alone is what it takes in fastest. */
function keyFor(scheme: Scheme, key: KeyObject): KeyObject | VerifyKeyObjectInput {
  if (scheme.kind === 'rsa-pkcs1') return { key, padding: constants.RSA_PKCS1_PADDING }
  if (scheme.kind === 'rsa-pss') return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
  return key
}

const HASH_OID: Readonly<Record<HashName, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

/** DigestInfo of EMSA-PKCS1-v1_5 (RFC 8017, 9.2). */
function digestInfo(hash: HashName, digest: Uint8Array): Uint8Array {
  const algorithm = writeDer(DER.sequence, concatBytes([writeDerOid(HASH_OID[hash]), writeDer(DER.null)]))
  return writeDer(DER.sequence, algorithm, writeDer(DER.octets, digest))
}

function attempt(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    // As in verifyBytes: what cannot be a signature does not match.
    return false
  }
}

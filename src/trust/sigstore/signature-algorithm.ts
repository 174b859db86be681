import { constants, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { DER, contextTag } from '../der.ts'
import type { DerElement } from '../der.ts'
import type { HashName } from '../schemes.ts'
import { membersOf, readCount, readOid } from './asn1.ts'

/** How a certificate or a timestamp is signed. `unknown` verifies nothing. */
export type SignatureAlgorithm =
  | { readonly kind: 'ecdsa' | 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly kind: 'pure' }
  /** A bare key type, as CMS writes it: the hash is said elsewhere. */
  | { readonly kind: 'key'; readonly of: 'rsa' | 'ec' }
  | { readonly kind: 'unknown'; readonly oid: string }

const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.10045.4.3.2': { kind: 'ecdsa', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { kind: 'ecdsa', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { kind: 'ecdsa', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { kind: 'rsa-pkcs1', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { kind: 'rsa-pkcs1', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { kind: 'rsa-pkcs1', hash: 'sha512' },
  '1.2.840.113549.1.1.1': { kind: 'key', of: 'rsa' },
  '1.2.840.10045.2.1': { kind: 'key', of: 'ec' },
  '1.3.101.112': { kind: 'pure' },
  '2.16.840.1.101.3.4.3.17': { kind: 'pure' },
  '2.16.840.1.101.3.4.3.18': { kind: 'pure' },
  '2.16.840.1.101.3.4.3.19': { kind: 'pure' },
}
const RSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'

const HASHES: Readonly<Record<string, HashName>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** The hash an AlgorithmIdentifier names; undefined for those that are broken or unknown. */
export function readHash(element: DerElement | undefined, what: string): HashName | undefined {
  const oid = readOid(membersOf(element, DER.sequence, what)[0], what)
  return Object.hasOwn(HASHES, oid) ? HASHES[oid] : undefined
}

/** Reads an AlgorithmIdentifier of a signature (RFC 5280, 4.1.1.2; RSA-PSS by RFC 4055, 3.1). SHA-1 and MD5 are `unknown`. */
export function readSignatureAlgorithm(element: DerElement | undefined): SignatureAlgorithm {
  const [id, parameters] = membersOf(element, DER.sequence, 'a signature algorithm')
  const oid = readOid(id, 'a signature algorithm')
  if (oid === RSA_PSS) return readPss(parameters) ?? { kind: 'unknown', oid }
  return (Object.hasOwn(ALGORITHMS, oid) ? ALGORITHMS[oid] : undefined) ?? { kind: 'unknown', oid }
}

function readPss(parameters: DerElement | undefined): SignatureAlgorithm | undefined {
  const what = 'parameters of RSA-PSS'
  const fields = membersOf(parameters, DER.sequence, what)
  const field = (n: number): DerElement | undefined => {
    const found = fields.find((one) => one.tag === contextTag(n))
    return found === undefined ? undefined : membersOf(found, contextTag(n), what)[0]
  }
  const [hashField, mgfField, saltField] = [field(0), field(1), field(2)]
  // The defaults are SHA-1.
  if (hashField === undefined || mgfField === undefined || field(3) !== undefined) return undefined
  const hash = readHash(hashField, what)
  const [mgf, mgfHash] = membersOf(mgfField, DER.sequence, what)
  if (hash === undefined || readOid(mgf, what) !== MGF1 || readHash(mgfHash, what) !== hash) return undefined
  return { kind: 'rsa-pss', hash, saltLength: saltField === undefined ? 20 : readCount(saltField, what) }
}

/** The same algorithm with the hash CMS says beside it (RFC 5652, 5.3: digestAlgorithm). */
export function withHash(algorithm: SignatureAlgorithm, hash: HashName): SignatureAlgorithm {
  if (algorithm.kind !== 'key') return algorithm
  return { kind: algorithm.of === 'rsa' ? 'rsa-pkcs1' : 'ecdsa', hash }
}

const KEY_TYPES: Readonly<Record<SignatureAlgorithm['kind'], readonly string[]>> = {
  ecdsa: ['ec'],
  'rsa-pkcs1': ['rsa'],
  'rsa-pss': ['rsa'],
  pure: ['ed25519', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'],
  key: [],
  unknown: [],
}

/** Whether a key made a signature by an algorithm. A key of another type made none. */
export function isSignedBy(algorithm: SignatureAlgorithm, key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (!KEY_TYPES[algorithm.kind].includes(key.asymmetricKeyType ?? '')) return false
  try {
    if (algorithm.kind === 'ecdsa' || algorithm.kind === 'rsa-pkcs1') return verify(algorithm.hash, bytes, key, signature)
    if (algorithm.kind === 'rsa-pss') {
      const { hash, saltLength } = algorithm
      return verify(hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
    }
    return algorithm.kind === 'pure' && verify(null, bytes, key, signature)
  } catch {
    // OpenSSL throws for some that are no signatures at all.
    return false
  }
}

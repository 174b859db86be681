import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { equalBytes, fromHex, toBase64 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { encryptPkcs8, isEncryptedPkcs8 } from './pkcs8.ts'
import { SCHEMES, verifyBytes, verifyScheme } from './schemes.ts'
import type { KeyAlgorithm, Scheme } from './schemes.ts'
import { signWithKey } from './sign-with.ts'
import type { Signer } from './signer.ts'

/** A public key that verifies. `verify` never throws: what is no signature does not match. */
export type PublicKey = {
  /** sha256 of the SubjectPublicKeyInfo (DER, uncompressed point), hexadecimal. One key has one id however its file spells it. */
  readonly keyId: string
  readonly algorithm: KeyAlgorithm
  readonly pem: string
  readonly key: KeyObject
  /** The ways it may have signed. `verify` knows all but Ed25519ph, `verifyWith` all. */
  readonly schemes: readonly Scheme[]
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean
}

const CURVES: Readonly<Record<string, KeyAlgorithm>> = { prime256v1: 'ecdsa-p256', secp384r1: 'ecdsa-p384', secp521r1: 'ecdsa-p521' }
const OTHERS: ReadonlySet<string> = new Set<KeyAlgorithm>(['ed25519', 'rsa', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'])

/** Bits of a new RSA key: as strong as P-256 (NIST SP 800-57, part 1, table 2). */
const RSA_BITS = 3072

/** Makes a new private key. */
export function generateKey(kind: KeyAlgorithm = 'ecdsa-p256'): KeyObject {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey
  const curve = Object.keys(CURVES).find((name) => CURVES[name] === kind)
  if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve }).privateKey
  // One call for all: the types of Node list each kind by itself.
  return generateKeyPairSync(kind as 'ed25519').privateKey
}

/** A private key as PKCS#8 PEM: encrypted (scrypt, AES-256-CBC) with a passphrase, plain with undefined. Throws `passphrase-missing` for an empty one. */
export function exportPrivateKey(key: KeyObject, passphrase: string | undefined): string {
  const der = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  if (passphrase === undefined) return pemOf('PRIVATE KEY', der)
  if (passphrase === '') throw fail('passphrase-missing', 'an empty passphrase protects nothing')
  return pemOf('ENCRYPTED PRIVATE KEY', encryptPkcs8(der, passphrase, randomBytes(16), randomBytes(16)))
}

/**
 * A signer of a private key: PKCS#8 PEM, plain or encrypted, PKCS#1 or SEC1 PEM. In: text, passphrase if there is one, and where the
 * text is from. Throws `passphrase-missing`, `passphrase-wrong`, or `key-invalid` saying what the text is instead.
 */
export function loadSigner(pem: string, passphrase?: string, where?: string): Signer {
  const key = openPrivateKey(pem, passphrase, at(where))
  const { keyId, algorithm, pem: publicKeyPem } = publicKeyOf(key, where)
  return { keyId, algorithm, publicKeyPem, ...signWithKey(key) }
}

/** A public key of a SubjectPublicKeyInfo PEM. Throws `key-invalid` saying what the text is instead. */
export function loadPublicKey(pem: string, where?: string): PublicKey {
  const block = onlyBlock(pem, at(where))
  if (block.label !== 'PUBLIC KEY' && block.label !== 'RSA PUBLIC KEY')
    throw fail('key-invalid', `is ${describeBlock(block.label)}, where a public key belongs`, at(where))
  try {
    const isSpki = block.label === 'PUBLIC KEY'
    return publicKeyOf(createPublicKey(pem), where, undefined, isSpki ? block.der : undefined)
  } catch (cause) {
    throw asKeyError(cause, 'is not a public key that can be read', where)
  }
}

/** The public half of a key. `schemes`, where something says how it signs; else all it may sign with. `read`: the SubjectPublicKeyInfo it was read from, which spares writing it where it is in its one form. Throws `key-invalid` for kinds that are not supported, by name. */
export function publicKeyOf(key: KeyObject, where?: string, schemes?: readonly Scheme[], read?: Uint8Array): PublicKey {
  const known = read === undefined ? undefined : pointAlgorithmOf(read)
  const algorithm = known ?? algorithmOf(key, at(where))
  const canonical = known === undefined ? canonicalHalf(key) : key
  const spki = read === undefined || known === undefined ? canonical.export({ type: 'spki', format: 'der' }) : read
  const ways = schemes ?? SCHEMES[algorithm]
  return {
    keyId: hash('sha256', spki, 'hex'),
    algorithm,
    get pem() {
      return String(canonical.export({ type: 'spki', format: 'pem' }))
    },
    key: canonical,
    schemes: ways,
    verify: (bytes, signature) => ways.some((way) => way.kind !== 'ed25519ph' && verifyBytes(way, canonical, bytes, signature)),
  }
}

/** What verifying needs of a public key. */
export type VerifyingKey = Pick<PublicKey, 'keyId' | 'algorithm' | 'key' | 'schemes'>

/** A key as a certificate spells it, which has one spelling only. Throws `key-invalid` for kinds that are not supported. */
export function verifyingKeyOf(key: KeyObject, spki: Uint8Array): VerifyingKey {
  const algorithm = pointAlgorithmOf(spki) ?? algorithmOf(key, {})
  return { keyId: hash('sha256', spki, 'hex'), algorithm, key, schemes: SCHEMES[algorithm] }
}

/** Whether a key signed some bytes, in any of its ways. */
export async function verifyWith(key: VerifyingKey, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
  for (const scheme of key.schemes) if (await verifyScheme(scheme, key.key, bytes, signature)) return true
  return false
}

/** SubjectPublicKeyInfo of an uncompressed point of a named curve up to the point itself (RFC 5480, 2), and its whole length. */
const POINTS: readonly { readonly algorithm: KeyAlgorithm; readonly head: Uint8Array; readonly size: number }[] = [
  { algorithm: 'ecdsa-p256', head: fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004'), size: 91 },
  { algorithm: 'ecdsa-p384', head: fromHex('3076301006072a8648ce3d020106052b8104002203620004'), size: 120 },
  { algorithm: 'ecdsa-p521', head: fromHex('30819b301006072a8648ce3d020106052b810400230381860004'), size: 158 },
]

/** The algorithm of an ECDSA key that is written in the one form `canonicalHalf` gives; undefined for every other. In: bytes a KeyObject was made of. */
export function pointAlgorithmOf(spki: Uint8Array): KeyAlgorithm | undefined {
  return POINTS.find(({ head, size }) => spki.byteLength === size && equalBytes(spki.subarray(0, head.byteLength), head))?.algorithm
}

/** ECDSA goes through JWK and back, so that a compressed point or explicit parameters do not give one key a second id. */
function canonicalHalf(key: KeyObject): KeyObject {
  const half = key.type === 'private' ? createPublicKey(key) : key
  return half.asymmetricKeyType === 'ec' ? createPublicKey({ key: half.export({ format: 'jwk' }), format: 'jwk' }) : half
}

/** Whether a PEM text is a private key that needs a passphrase. */
export function isEncryptedKey(pem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(pem)
}

/**
 * A private key of a PEM text, for writing it anew: PKCS#8 plain or encrypted, PKCS#1 or SEC1. Throws `passphrase-missing`,
 * `passphrase-wrong`, or `key-invalid` saying what the text is instead.
 */
export function openKey(pem: string, passphrase: string | undefined, where?: string): KeyObject {
  const key = openPrivateKey(pem, passphrase, at(where))
  algorithmOf(key, at(where))
  return key
}

type At = { readonly where?: string }

function at(where: string | undefined): At {
  return where === undefined ? {} : { where }
}

function openPrivateKey(pem: string, passphrase: string | undefined, where: At): KeyObject {
  const { label, der } = onlyBlock(pem, where)
  if (label === 'ENCRYPTED PRIVATE KEY') {
    if (passphrase === undefined) throw fail('passphrase-missing', 'is encrypted, and no passphrase was given', where)
    if (!isEncryptedPkcs8(der)) throw fail('key-invalid', 'is damaged: it is not an encrypted PKCS#8 key', where)
    try {
      return createPrivateKey({ key: pem, format: 'pem', passphrase })
    } catch (cause) {
      throw fail('passphrase-wrong', 'does not open with this passphrase', { ...where, cause })
    }
  }
  if (label !== 'PRIVATE KEY' && label !== 'EC PRIVATE KEY' && label !== 'RSA PRIVATE KEY') {
    throw fail('key-invalid', `is ${describeBlock(label)}, where a private key belongs`, where)
  }
  try {
    return createPrivateKey({ key: pem, format: 'pem' })
  } catch (cause) {
    throw fail('key-invalid', 'is not a private key that can be read', { ...where, cause })
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----/g

/** The one key of a PEM text; EC parameters, which OpenSSL writes before a key, do not count. */
function onlyBlock(pem: string, where: At): { readonly label: string; readonly der: Uint8Array } {
  if (/DEK-Info:/.test(pem)) {
    const hint = 'write it anew with `openssl pkcs8 -topk8 -scrypt -in OLD -out NEW`'
    throw fail('key-invalid', 'is encrypted in the old PEM way, which a passphrase hardly protects', { ...where, hint })
  }
  const blocks = [...pem.matchAll(BLOCK)].filter((block) => block[1] !== 'EC PARAMETERS')
  const [block] = blocks
  if (block === undefined) throw fail('key-invalid', 'is not a key in PEM form', where)
  if (blocks.length > 1) throw fail('key-invalid', `holds ${blocks.length} PEM blocks where one key belongs`, where)
  const [, label = '', body = ''] = block
  return { label, der: new Uint8Array(Buffer.from(body, 'base64')) }
}

function describeBlock(label: string): string {
  if (/^ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY$/.test(label)) return 'a private key in cosign’s own encrypted form'
  if (label.endsWith('PRIVATE KEY')) return 'a private key'
  if (label === 'PUBLIC KEY') return 'a public key'
  return label === 'CERTIFICATE' ? 'a certificate' : `a PEM block named ${label.toLowerCase()}`
}

function algorithmOf(key: KeyObject, where: At): KeyAlgorithm {
  const kind = key.asymmetricKeyType ?? 'secret'
  if (kind === 'rsa') refuseRsa(key, where)
  if (OTHERS.has(kind)) return kind as KeyAlgorithm
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  const algorithm = kind === 'ec' && Object.hasOwn(CURVES, curve) ? CURVES[curve] : undefined
  if (algorithm !== undefined) return algorithm
  const name = kind === 'ec' ? `an ECDSA key on ${curve === '' ? 'a curve of its own' : curve}` : `a key of kind ${kind.toUpperCase()}`
  throw fail('key-invalid', `is ${name}; supported are ${Object.keys(SCHEMES).join(', ')}`, where)
}

/** Short keys are broken; long ones, or with a large exponent, cost whoever verifies. */
function refuseRsa(key: KeyObject, where: At): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < 2048 || modulusLength > 8192) {
    throw fail('key-invalid', `is an RSA key of ${modulusLength} bits; 2048 to 8192 are supported`, where)
  }
  if (publicExponent >= 3n && publicExponent < 2n ** 32n) return
  throw fail('key-invalid', 'is an RSA key whose public exponent is not from 3 to 2^32; nearly all have 65537', where)
}

function asKeyError(cause: unknown, message: string, where: string | undefined): Error {
  if (cause instanceof Error && cause.name === 'TallyError') return cause
  return fail('key-invalid', message, { ...at(where), cause })
}

/** PEM of DER (RFC 7468). */
export function pemOf(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

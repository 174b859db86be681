import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { toBase64 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { encryptPkcs8, isEncryptedPkcs8 } from './pkcs8.ts'
import { signWithKey } from './sign-with.ts'
import type { KeyAlgorithm, Signer } from './signer.ts'

/** A public key that verifies. `verify` never throws: what is no signature does not match. */
export type PublicKey = {
  /** sha256 of the SubjectPublicKeyInfo (DER, uncompressed point), hexadecimal. One key has one id however its file spells it. */
  readonly keyId: string
  readonly algorithm: KeyAlgorithm
  readonly pem: string
  readonly key: KeyObject
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean
}

const CURVES: Readonly<Record<string, KeyAlgorithm>> = { prime256v1: 'ecdsa-p256', secp384r1: 'ecdsa-p384' }

/** Hashes a signature of each kind is accepted with. cosign writes P-384 with SHA-384, and accepts by key SHA-256 only, which is what we write. */
export const SIGNATURE_HASHES = {
  'ecdsa-p256': ['sha256'],
  'ecdsa-p384': ['sha256', 'sha384'],
  ed25519: [null],
} as const satisfies Record<KeyAlgorithm, readonly (string | null)[]>

/** Makes a new private key. */
export function generateKey(kind: KeyAlgorithm = 'ecdsa-p256'): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: kind === 'ecdsa-p256' ? 'prime256v1' : 'secp384r1' }).privateKey
}

/** A private key as PKCS#8 PEM: encrypted (scrypt, AES-256-CBC) with a passphrase, plain with undefined. Throws `passphrase-missing` for an empty one. */
export function exportPrivateKey(key: KeyObject, passphrase: string | undefined): string {
  const der = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  if (passphrase === undefined) return pemOf('PRIVATE KEY', der)
  if (passphrase === '') throw fail('passphrase-missing', 'an empty passphrase protects nothing')
  return pemOf('ENCRYPTED PRIVATE KEY', encryptPkcs8(der, passphrase, randomBytes(16), randomBytes(16)))
}

/**
 * A signer of a private key: PKCS#8 PEM, plain or encrypted, or SEC1 PEM. In: text, passphrase if there is one, and where the
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
  if (block.label !== 'PUBLIC KEY') throw fail('key-invalid', `is ${describeBlock(block.label)}, where a public key belongs`, at(where))
  try {
    return publicKeyOf(createPublicKey(pem), where)
  } catch (cause) {
    throw asKeyError(cause, 'is not a public key that can be read', where)
  }
}

/** The public half of a key. Throws `key-invalid` for kinds that are not supported, by name. */
export function publicKeyOf(key: KeyObject, where?: string): PublicKey {
  const algorithm = algorithmOf(key, at(where))
  // Through JWK and back, so that a compressed point or explicit parameters do not give one key a second id.
  const half = key.type === 'private' ? createPublicKey(key) : key
  const canonical = createPublicKey({ key: half.export({ format: 'jwk' }), format: 'jwk' })
  const spki = canonical.export({ type: 'spki', format: 'der' })
  return {
    keyId: createHash('sha256').update(spki).digest('hex'),
    algorithm,
    pem: String(canonical.export({ type: 'spki', format: 'pem' })),
    key: canonical,
    verify: (bytes, signature) => SIGNATURE_HASHES[algorithm].some((hash) => verify(hash, bytes, canonical, signature)),
  }
}

/** Whether a PEM text is a private key that needs a passphrase. */
export function isEncryptedKey(pem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(pem)
}

/**
 * A private key of a PEM text, for writing it anew: PKCS#8 plain or encrypted, or SEC1. Throws `passphrase-missing`,
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
  if (kind === 'ed25519') return 'ed25519'
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  const algorithm = kind === 'ec' && Object.hasOwn(CURVES, curve) ? CURVES[curve] : undefined
  if (algorithm !== undefined) return algorithm
  const name = kind === 'ec' ? `an ECDSA key on ${curve === '' ? 'a curve of its own' : curve}` : `a key of kind ${kind.toUpperCase()}`
  throw fail('key-invalid', `is ${name}; supported are ECDSA P-256, ECDSA P-384 and Ed25519`, where)
}

function asKeyError(cause: unknown, message: string, where: string | undefined): Error {
  if (cause instanceof Error && cause.name === 'TallyError') return cause
  return fail('key-invalid', message, { ...at(where), cause })
}

function pemOf(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

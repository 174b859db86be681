import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { TallyError } from '../../kernel/errors.ts'
import { once } from '../../kernel/once.ts'
import { pointAlgorithmOf, publicKeyOf } from '../keys.ts'
import type { PublicKey } from '../keys.ts'
import type { KeyAlgorithm, Scheme } from '../schemes.ts'

type Details = { readonly number: number; readonly algorithm: KeyAlgorithm; readonly scheme: Scheme; readonly form?: 'pkcs1' }

const rsa = (number: number, kind: 'rsa-pkcs1' | 'rsa-pss', form?: 'pkcs1'): Details => {
  const details = { number, algorithm: 'rsa', scheme: { kind, hash: 'sha256' } } as const
  return form === undefined ? details : { ...details, form }
}
const pure: Scheme = { kind: 'pure' }

/** How a key signs, as Sigstore names it (sigstore_common.proto, PublicKeyDetails). The stateful hash-based ones are not supported. */
const DETAILS: Readonly<Record<string, Details>> = {
  PKCS1_RSA_PKCS1V5: rsa(1, 'rsa-pkcs1', 'pkcs1'),
  PKCS1_RSA_PSS: rsa(2, 'rsa-pss', 'pkcs1'),
  PKIX_RSA_PKCS1V5: rsa(3, 'rsa-pkcs1'),
  PKIX_RSA_PSS: rsa(4, 'rsa-pss'),
  PKIX_ECDSA_P256_SHA_256: { number: 5, algorithm: 'ecdsa-p256', scheme: { kind: 'ecdsa', hash: 'sha256' } },
  PKIX_ED25519: { number: 7, algorithm: 'ed25519', scheme: pure },
  PKIX_ED25519_PH: { number: 8, algorithm: 'ed25519', scheme: { kind: 'ed25519ph', hash: 'sha512' } },
  PKIX_RSA_PKCS1V15_2048_SHA256: rsa(9, 'rsa-pkcs1'),
  PKIX_RSA_PKCS1V15_3072_SHA256: rsa(10, 'rsa-pkcs1'),
  PKIX_RSA_PKCS1V15_4096_SHA256: rsa(11, 'rsa-pkcs1'),
  PKIX_ECDSA_P384_SHA_384: { number: 12, algorithm: 'ecdsa-p384', scheme: { kind: 'ecdsa', hash: 'sha384' } },
  PKIX_ECDSA_P521_SHA_512: { number: 13, algorithm: 'ecdsa-p521', scheme: { kind: 'ecdsa', hash: 'sha512' } },
  PKIX_RSA_PSS_2048_SHA256: rsa(16, 'rsa-pss'),
  PKIX_RSA_PSS_3072_SHA256: rsa(17, 'rsa-pss'),
  PKIX_RSA_PSS_4096_SHA256: rsa(18, 'rsa-pss'),
  PKIX_ECDSA_P384_SHA_256: { number: 19, algorithm: 'ecdsa-p384', scheme: { kind: 'ecdsa', hash: 'sha256' } },
  PKIX_ECDSA_P521_SHA_256: { number: 20, algorithm: 'ecdsa-p521', scheme: { kind: 'ecdsa', hash: 'sha256' } },
  ML_DSA_65: { number: 21, algorithm: 'ml-dsa-65', scheme: pure },
  ML_DSA_87: { number: 22, algorithm: 'ml-dsa-87', scheme: pure },
  ML_DSA_44: { number: 23, algorithm: 'ml-dsa-44', scheme: pure },
}

/** The details by name or, as protobuf JSON may also write them, by number. Undefined for those that are not supported. */
function detailsOf(name: string | number): Details | undefined {
  if (typeof name === 'string' && Object.hasOwn(DETAILS, name)) return DETAILS[name]
  return Object.values(DETAILS).find((one) => one.number === name)
}

/**
 * A key of a trusted root, with the one way it signs. Undefined for a kind that is not supported or a key that is not of its kind. A
 * root has many keys and most bundles need two: one whose bytes say what it is, is made when it is first asked; a point that is
 * not on its curve verifies nothing.
 */
export function keyByDetails(rawBytes: Uint8Array, name: string | number): Pick<PublicKey, 'verify'> | undefined {
  const details = detailsOf(name)
  if (details === undefined) return undefined
  if (pointAlgorithmOf(rawBytes) !== details.algorithm) return readByDetails(rawBytes, details)
  const read = once(() => readByDetails(rawBytes, details))
  return { verify: (bytes, signature) => read()?.verify(bytes, signature) === true }
}

function readByDetails(rawBytes: Uint8Array, details: Details): PublicKey | undefined {
  const key = readKey(rawBytes, details.form)
  if (key === undefined) return undefined
  try {
    const found = publicKeyOf(key, undefined, [details.scheme], rawBytes)
    return found.algorithm === details.algorithm ? found : undefined
  } catch (error) {
    if (error instanceof TallyError && error.code === 'key-invalid') return undefined
    throw error
  }
}

function readKey(rawBytes: Uint8Array, form: 'pkcs1' | undefined): KeyObject | undefined {
  // Some writers say PKCS#1 and write SubjectPublicKeyInfo.
  for (const type of form === undefined ? (['spki'] as const) : (['pkcs1', 'spki'] as const)) {
    try {
      return createPublicKey({ key: Buffer.from(rawBytes), format: 'der', type })
    } catch {
      continue
    }
  }
  return undefined
}

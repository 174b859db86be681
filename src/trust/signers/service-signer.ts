import { fail } from '../../kernel/errors.ts'
import { loadPublicKey } from '../keys.ts'
import { signWhole, signWithDigest } from '../sign-with.ts'
import { KEY_ALGORITHMS } from '../signer.ts'
import type { KeyAlgorithm, Signer } from '../signer.ts'
import { DER, writeDer } from '../der.ts'

/** How a service signs: it is given a digest, or (Ed25519) the message itself. Out: DER for ECDSA. */
export type ServiceSigning = {
  readonly digest: (digest: Uint8Array, hash: 'sha256' | 'sha384') => Promise<Uint8Array>
  /** Undefined where the service's Ed25519 keys cannot sign messages of any size. */
  readonly message?: (bytes: Uint8Array) => Promise<Uint8Array>
}

/**
 * A signer of a key that lives in a service. In: its public key, where it is, the hash its ECDSA keys of each curve are used with, and
 * how it signs. Throws `key-invalid` for kinds of key that do not sign here.
 */
export function serviceSigner(
  publicKeyPem: string,
  where: string,
  signing: ServiceSigning,
  hashes: Readonly<Partial<Record<KeyAlgorithm, 'sha256' | 'sha384'>>> = { 'ecdsa-p256': 'sha256', 'ecdsa-p384': 'sha384' },
): Signer {
  const { keyId, algorithm: found, pem } = loadPublicKey(publicKeyPem, where)
  const algorithm = KEY_ALGORITHMS.find((one) => one === found)
  const base = { keyId, publicKeyPem: pem }
  const hash = algorithm === undefined ? undefined : hashes[algorithm]
  if (algorithm !== undefined && hash !== undefined) {
    return { ...base, algorithm, ...signWithDigest(hash, (digest) => signing.digest(digest, hash)) }
  }
  if (algorithm === 'ed25519' && signing.message !== undefined) return { ...base, algorithm, ...signWhole(signing.message) }
  throw fail('key-invalid', `is a key of kind ${found}, which this service does not sign statements with here`, {
    where,
    hint: 'use an ECDSA key on P-256',
  })
}

/** An ECDSA signature as the two numbers side by side (IEEE P1363), in DER. Throws `service-error` when it is none. */
export function derOfPair(pair: Uint8Array, where: string): Uint8Array {
  if (pair.byteLength === 0 || pair.byteLength % 2 !== 0 || pair.byteLength > 132) {
    throw fail('service-error', 'gave a signature that is none', { where })
  }
  const half = pair.byteLength / 2
  return writeDer(DER.sequence, unsigned(pair.subarray(0, half)), unsigned(pair.subarray(half)))
}

function unsigned(bytes: Uint8Array): Uint8Array {
  let from = 0
  while (from < bytes.byteLength - 1 && bytes[from] === 0) from += 1
  const rest = bytes.subarray(from)
  return writeDer(DER.integer, Uint8Array.from((rest[0] ?? 0) >= 0x80 ? [0, ...rest] : rest))
}

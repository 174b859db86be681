import { fail } from '../../kernel/errors.ts'
import { loadPublicKey } from '../keys.ts'
import type { PublicKey } from '../keys.ts'
import type { HashName, KeyAlgorithm } from '../schemes.ts'
import { signWhole, signWithDigest } from '../sign-with.ts'
import type { Signing } from '../sign-with.ts'
import type { Signer } from '../signer.ts'
import { DER, writeDer } from '../der.ts'

/** How a service signs with the keys of one kind. Out of it: DER for ECDSA, PKCS#1 v1.5 for RSA. */
export type ServiceSigning = (key: PublicKey) => Signing

/** The service is given a digest, and never the message. */
export function byDigest(hash: HashName, sign: (digest: Uint8Array, hash: HashName) => Promise<Uint8Array>): ServiceSigning {
  return () => signWithDigest(hash, (digest) => sign(digest, hash))
}

/** The service wants the message itself. */
export function byMessage(sign: (bytes: Uint8Array) => Promise<Uint8Array>): ServiceSigning {
  return () => signWhole(sign)
}

/**
 * A signer of a key that lives in a service. In: its public key, where it is, the service by its name, and how it signs with the kinds of
 * key it has. Throws `key-invalid` for every other kind.
 */
export function serviceSigner(
  publicKeyPem: string,
  where: string,
  service: string,
  signing: Readonly<Partial<Record<KeyAlgorithm, ServiceSigning>>>,
): Signer {
  const key = loadPublicKey(publicKeyPem, where)
  const { keyId, algorithm, pem } = key
  const how = signing[algorithm]
  if (how === undefined) {
    throw fail('key-invalid', `is a key of kind ${algorithm}, which does not sign here in ${service}`, {
      where,
      hint: `use a key of one of these kinds: ${Object.keys(signing).join(', ')}`,
    })
  }
  return { keyId, algorithm, publicKeyPem: pem, ...how(key) }
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

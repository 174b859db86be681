import { createHash, createVerify } from 'node:crypto'
import { concatBytes, equalBytes } from '../kernel/bytes.ts'
import { finishDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import { SIGNATURE_HASHES } from './keys.ts'
import type { Authority } from './trust-policy.ts'

/** A hash algorithm as a bundle names it (sigstore_common.proto, HashAlgorithm, by name or number). */
const BUNDLE_HASHES: Readonly<Record<string, string>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
  '1': 'sha256',
  '2': 'sha384',
  '3': 'sha512',
}

export type MessageCheck =
  | { readonly ok: true; readonly digest: Digest; readonly holders: readonly Authority[] }
  | { readonly ok: false; readonly why: string }

/**
 * Verifies a signature over the artifact's own bytes, in one pass over them. In: the bytes, the signature, the digest the bundle
 * claims, who may have signed. Out: the sha256 of what was read and whose key fits. Ed25519 needs the bytes whole, so it is tried up
 * to LIMITS.fileReadBytes only.
 */
export async function verifyMessage(
  content: AsyncIterable<Uint8Array>,
  signature: Uint8Array,
  claimed: { readonly algorithm: string; readonly value: Uint8Array } | undefined,
  authorities: readonly Authority[],
): Promise<MessageCheck> {
  const claimedHash = claimed === undefined ? undefined : BUNDLE_HASHES[claimed.algorithm]
  if (claimed !== undefined && claimedHash === undefined) return { ok: false, why: 'claims a digest of an algorithm that is not known' }
  const sha256 = createHash('sha256')
  const other = claimedHash === undefined ? undefined : createHash(claimedHash)
  const checks = authorities.flatMap((authority) =>
    SIGNATURE_HASHES[authority.key.algorithm].flatMap((hash) => (hash === null ? [] : [{ authority, verifier: createVerify(hash) }])),
  )
  const whole = authorities.filter((one) => one.key.algorithm === 'ed25519')
  const kept: Uint8Array[] = []
  let size = 0
  for await (const part of content) {
    size += part.byteLength
    sha256.update(part)
    other?.update(part)
    for (const { verifier } of checks) verifier.update(part)
    if (whole.length === 0) continue
    if (size > LIMITS.fileReadBytes) kept.length = 0
    else kept.push(part)
  }
  if (claimed !== undefined && other !== undefined && !equalBytes(other.digest(), claimed.value)) {
    return { ok: false, why: 'names the digest of other bytes than those of the artifact' }
  }
  const holders = checks
    .filter(({ authority, verifier }) => verifier.verify(authority.key.key, signature))
    .map(({ authority }) => authority)
  if (size <= LIMITS.fileReadBytes) {
    const bytes = concatBytes(kept)
    holders.push(...whole.filter((authority) => authority.key.verify(bytes, signature)))
  }
  return { ok: true, digest: finishDigest(sha256), holders }
}

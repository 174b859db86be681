import type { Artifact } from '../artifact/artifact.ts'
import { contentAt } from '../artifact/content.ts'
import { otherDigestsOf } from '../artifact/other-digests.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import type { UnverifiedEvidence } from '../evidence/evidence.ts'
import type { Unreadable } from '../evidence/collect.ts'
import type { DigestSet } from '../kernel/digest.ts'
import type { Trust } from '../trust/authority.ts'
import type { Receipt, Rejection } from '../trust/receipt.ts'
import { verifyEvidence } from '../trust/verify.ts'
import type { VerifyOptions } from '../trust/verify.ts'

/** What was found about an artifact, and who really said it. */
export type Proof = {
  readonly receipts: readonly Receipt[]
  readonly rejections: readonly Rejection[]
  /** Evidence that is there and could not be read. */
  readonly unreadable: readonly Unreadable[]
  /** Every place looked in, in order, in words. */
  readonly looked: readonly string[]
  /** Digests of the artifact's file beside sha256, where evidence made it necessary to compute them. */
  readonly others?: DigestSet
}

/**
 * Verifies evidence found anywhere. The same bytes by the same signer, found in two places, count once; two signers of the same
 * bytes (cosign 2 keeps the signature beside the payload) count each.
 */
export async function verifyAll(
  found: readonly UnverifiedEvidence[],
  artifact: Artifact,
  trust: Trust,
  options: VerifyOptions = {},
): Promise<Pick<Proof, 'receipts' | 'rejections' | 'others'>> {
  const others = options.content === undefined ? undefined : otherDigestsOf(artifact, options.content)
  const receipts = new Map<string, Receipt>()
  const rejections = new Map<string, Rejection>()
  for (const evidence of found) {
    const result = await verifyEvidence(evidence, artifact, trust, { ...options, ...(others === undefined ? {} : { others }) })
    if (!result.ok) {
      rejections.set(evidence.digest, result.rejection)
      continue
    }
    const key = receiptKey(result.receipt)
    if (receipts.get(key)?.log === undefined) receipts.set(key, result.receipt)
  }
  for (const { envelope } of receipts.values()) rejections.delete(envelope)
  const known = others?.known()
  return {
    receipts: [...receipts.values()].toSorted(byKey),
    rejections: [...rejections.values()],
    ...(known === undefined ? {} : { others: known }),
  }
}

/** Finds and verifies all evidence attached to an artifact at one place. */
export async function proveAt(source: ImageSource, artifact: Artifact, trust: Trust): Promise<Proof> {
  const { findEvidence } = await import('../evidence/find.ts')
  const { found, unreadable, looked } = await findEvidence(source, artifact.digest)
  const content = contentAt(source, artifact)
  return { ...(await verifyAll(found, artifact, trust, content === undefined ? {} : { content })), unreadable, looked }
}

/** What makes two receipts the same: the stored bytes and who signed them. */
export function receiptKey(receipt: Receipt): string {
  return `${receipt.envelope} ${receipt.signer.keyId}`
}

function byKey(a: Receipt, b: Receipt): number {
  const [left, right] = [receiptKey(a), receiptKey(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

import type { Artifact } from '../artifact/artifact.ts'
import { contentAt } from '../artifact/content.ts'
import { otherDigestsOf, withOthers } from '../artifact/other-digests.ts'
import type { DigestSet } from '../kernel/digest.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import type { UnverifiedEvidence } from '../evidence/evidence.ts'
import type { Unreadable } from '../evidence/collect.ts'
import { findEvidence } from '../evidence/find.ts'
import type { Verdict } from '../evidence/verdict.ts'
import { evaluate } from '../policy/evaluate.ts'
import type { Question } from '../policy/evaluate.ts'
import type { Policy } from '../policy/document.ts'
import type { Receipt, Rejection } from '../trust/receipt.ts'
import type { Trust } from '../trust/trust-policy.ts'
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

export type Judgement = Proof & { readonly verdict: Verdict }

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
  const { found, unreadable, looked } = await findEvidence(source, artifact.digest)
  const content = contentAt(source, artifact)
  return { ...(await verifyAll(found, artifact, trust, content === undefined ? {} : { content })), unreadable, looked }
}

/** What the policy must be told beside the receipts. */
export type JudgeContext = { readonly now: Date; readonly headCommit?: string; readonly resourceUri?: string; readonly reference?: string }

/** One verdict for every gate: the policy over the receipts of one place. */
export async function judgeAt(
  source: ImageSource,
  artifact: Artifact,
  trust: Trust,
  policy: Policy,
  context: JudgeContext,
): Promise<Judgement> {
  const proof = await proveAt(source, artifact, trust)
  return { ...proof, verdict: judgeProof(proof, artifact, policy, context) }
}

/**
 * The policy over receipts that are already verified. A no that rests on evidence which is there and could not be read is
 * not known to be a no: it is `unknown`, which allows nothing either.
 */
export function judgeProof(
  proof: Pick<Proof, 'receipts' | 'unreadable' | 'others'>,
  artifact: Artifact,
  policy: Policy,
  context: JudgeContext,
): Verdict {
  const verdict = evaluate(policy, questionOf(proof, artifact, context))
  return verdict.decision === 'deny' && proof.unreadable.length > 0 ? { ...verdict, decision: 'unknown' } : verdict
}

/** What a policy is asked about a proof. */
export function questionOf(proof: Pick<Proof, 'receipts' | 'others'>, artifact: Artifact, context: JudgeContext): Question {
  return { artifact: withOthers(artifact, proof.others), receipts: proof.receipts, ...context }
}

/** What makes two receipts the same: the stored bytes and who signed them. */
export function receiptKey(receipt: Receipt): string {
  return `${receipt.envelope} ${receipt.signer.keyId}`
}

function byKey(a: Receipt, b: Receipt): number {
  const [left, right] = [receiptKey(a), receiptKey(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

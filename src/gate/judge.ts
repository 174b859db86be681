import type { Artifact } from '../artifact/artifact.ts'
import { withOthers } from '../artifact/other-digests.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import type { Verdict } from '../evidence/verdict.ts'
import { evaluate } from '../policy/evaluate.ts'
import type { Question } from '../policy/evaluate.ts'
import type { Policy } from '../policy/document.ts'
import type { Trust } from '../trust/authority.ts'
import { proveAt } from './prove.ts'
import type { Proof } from './prove.ts'

export type Judgement = Proof & { readonly verdict: Verdict }

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

import { guessReference } from '../artifact/guess-reference.ts'
import type { Artifact } from '../artifact/artifact.ts'
import type { Found } from '../evidence/collect.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { Verdict } from '../evidence/verdict.ts'
import type { EarlierVerdict } from '../gate/earlier-verdicts.ts'
import { verifyAll } from '../gate/prove.ts'
import type { JudgeContext } from '../gate/judge.ts'
import type { Proof } from '../gate/prove.ts'
import type { SummaryAsk } from '../policy/accept-summary.ts'
import type { Policy } from '../policy/document.ts'
import type { Trust } from '../trust/authority.ts'
import type { VerifyMemory } from '../trust/verify.ts'
import { gather } from './gather.ts'
import type { Workspace } from './workspace.ts'

/** What is asked of every artifact of one run. */
export type VerifyRequest = {
  readonly trust: Trust
  /** Evidence somebody named, read once for all artifacts. */
  readonly given: Found
  /** Another place to look for evidence. */
  readonly from?: string
  readonly dataDirectory: boolean
  readonly policy?: Policy
  /** Somebody else's judgement that is taken in place of one's own, where it holds. */
  readonly summary?: SummaryAsk
  readonly context: JudgeContext
  /** Leaves of a proof what the question is about. */
  readonly only?: (proof: Proof) => Proof
  readonly memory: VerifyMemory
}

/** One artifact, what was proven about it, and what was said to that. */
export type Verification = {
  readonly artifact: Artifact
  readonly proof: Proof
  /** Undefined when neither a policy nor a summary was asked for. */
  readonly verdict: Verdict | undefined
  /** Whether the verdict is somebody else's, taken by the checks of a verification summary. */
  readonly taken: boolean
  readonly earlier: readonly EarlierVerdict[]
}

/**
 * Verifies one artifact: resolved to a digest once, its evidence found, verified, judged. In: the reference as a person
 * wrote it. Throws what its place throws; a no is a returned value.
 */
export async function verifyArtifact(workspace: Workspace, text: string, request: VerifyRequest): Promise<Verification> {
  const { deps } = workspace
  const reference = await guessReference(deps, text)
  const gathered = await gather(workspace, {
    reference,
    bundles: [],
    given: request.given,
    ...(request.from === undefined ? {} : { from: request.from }),
    dataDirectory: request.dataDirectory,
  })
  const { artifact, found, unreadable, looked, source, content } = gathered
  // A manifest's digest vouches for its parts only when they are read: a shipped file wherever it is, an image where that costs no transfer.
  if (source !== undefined && artifact.kind === 'manifest' && (reference.scheme !== 'registry' || artifact.file !== undefined))
    await (await import('../artifact/read-through.ts')).readThrough(source, artifact.digest, deps.signal)
  const options = { memory: request.memory, ...(content === undefined ? {} : { content }) }
  const whole: Proof = { ...(await verifyAll(found, artifact, request.trust, options)), unreadable, looked }
  const proof = request.only?.(whole) ?? whole
  return { artifact, proof, ...(await judge(artifact, proof, request, text)), earlier: await earlierOf(proof, request.policy) }
}

// Policies and what they read are most of the program; who asks for no verdict need not load them.
async function judge(
  artifact: Artifact,
  proof: Proof,
  request: VerifyRequest,
  text: string,
): Promise<Pick<Verification, 'verdict' | 'taken'>> {
  const { policy, summary } = request
  if (policy === undefined && summary === undefined) return { verdict: undefined, taken: false }
  const { judgeProof, questionOf } = await import('../gate/judge.ts')
  const context = { ...request.context, reference: text }
  if (summary !== undefined) {
    const { acceptSummary } = await import('../policy/accept-summary.ts')
    const answer = acceptSummary(summary, policy, questionOf(proof, artifact, context))
    if (answer.stands || policy === undefined) return { verdict: answer.verdict, taken: answer.stands }
  }
  return { verdict: policy === undefined ? undefined : judgeProof(proof, artifact, policy, context), taken: false }
}

async function earlierOf({ receipts }: Proof, policy: Policy | undefined): Promise<readonly EarlierVerdict[]> {
  if (!receipts.some((receipt) => receipt.statement.predicateType === PREDICATE.vsa)) return []
  const { earlierVerdicts } = await import('../gate/earlier-verdicts.ts')
  return earlierVerdicts(receipts, policy)
}

import type { Artifact } from '../artifact/artifact.ts'
import { copyImage } from '../artifact/copy.ts'
import { lookupTag } from '../artifact/wrap.ts'
import type { ImageSource, ImageTarget } from '../artifact/image-source.ts'
import { fail } from '../kernel/errors.ts'
import { countOf } from '../kernel/text.ts'
import type { Policy } from '../policy/document.ts'
import type { Trust } from '../trust/authority.ts'
import { judgeAt } from './judge.ts'
import { receiptKey } from './prove.ts'
import type { Judgement, JudgeContext } from './judge.ts'

export type Promotion = {
  readonly source: ImageSource
  readonly target: ImageTarget
  readonly artifact: Artifact
  readonly trust: Trust
  /** Without a policy nothing is promoted: the caller must name one. */
  readonly policy: Policy
  readonly context: JudgeContext
  /** A tag that must never move, e.g. `1.2.0-0123456789ab`. */
  readonly releaseTag?: string
  /** Called after an allow, before anything is copied: signs, logs and attaches the verdict at the source. */
  readonly acknowledge: (judgement: Judgement) => Promise<void>
  /** Called between two steps with the name of the one that is done; tests kill here. */
  readonly boundary?: (step: string) => Promise<void>
  readonly signal: AbortSignal
}

export type PromotionResult =
  | { readonly promoted: false; readonly judgement: Judgement }
  | { readonly promoted: true; readonly judgement: Judgement; readonly copied: number; readonly skipped: number; readonly moved: boolean }

/** The tag that says what an environment holds now. It moves last, and only here. */
export const CURRENT_TAG = 'current'

/**
 * Promotes an artifact: judged at the source by its digest; on allow the verdict is acknowledged there, everything is
 * copied, read again at the target and judged again by what is there; the release tag is set (never moved), `current`
 * moves last. Any step may be cut short and repeated. A deny is a returned value; `tag-would-move` and faults are thrown.
 */
export async function promote(request: Promotion): Promise<PromotionResult> {
  const { source, target, artifact, trust, policy, context } = request
  const step = request.boundary ?? (async () => {})
  if (artifact.kind !== 'manifest') throw fail('bug', 'only a manifest can be promoted')
  const judgement = await judgeAt(source, artifact, trust, policy, context)
  await step('judged')
  if (judgement.verdict.decision !== 'allow') return { promoted: false, judgement }
  if (request.releaseTag !== undefined) await refuseMove(target, request.releaseTag, artifact)
  await request.acknowledge(judgement)
  await step('acknowledged')

  const { copied, skipped } = await copyImage(source, target, artifact.digest, { signal: request.signal })
  await step('copied')
  const there = await judgeAt(target, artifact, trust, policy, context)
  const missing = judgement.receipts.filter((receipt) => !there.receipts.some((other) => receiptKey(other) === receiptKey(receipt)))
  if (there.verdict.decision !== 'allow' || missing.length > 0) {
    throw fail('digest-mismatch', `what arrived does not prove what was sent (${countOf(missing.length, 'piece')} of evidence missing)`, {
      where: target.name,
    })
  }
  await step('compared')

  await setLookup(target, artifact)
  if (request.releaseTag !== undefined) await setRelease(target, request.releaseTag, artifact)
  await step('tagged')
  const moved = await moveCurrent(target, artifact)
  await step('moved')
  return { promoted: true, judgement, copied, skipped, moved }
}

/** Sets a tag that never moves. Setting it again to the same bits does nothing. */
export async function setRelease(target: ImageTarget, tag: string, artifact: Pick<Artifact, 'digest'>): Promise<void> {
  const there = await refuseMove(target, tag, artifact)
  if (!there) await target.putTag(tag, artifact.digest)
}

/** Lets a wrapped file be found by its own digest. One that is found already stays as it is. */
async function setLookup(target: ImageTarget, artifact: Artifact): Promise<void> {
  if (artifact.kind !== 'manifest' || artifact.file === undefined) return
  const tag = lookupTag(artifact.file.digest)
  if ((await target.resolveTag(tag)) === undefined) await target.putTag(tag, artifact.digest)
}

/** Points `current` at the artifact. Out: whether it pointed elsewhere before. */
export async function moveCurrent(target: ImageTarget, artifact: Pick<Artifact, 'digest'>): Promise<boolean> {
  const before = await target.resolveTag(CURRENT_TAG)
  if (before?.digest === artifact.digest) return false
  await target.putTag(CURRENT_TAG, artifact.digest)
  return true
}

async function refuseMove(target: ImageTarget, tag: string, artifact: Pick<Artifact, 'digest'>): Promise<boolean> {
  const there = await target.resolveTag(tag)
  if (there === undefined) return false
  if (there.digest === artifact.digest) return true
  throw fail('tag-would-move', `already names ${there.digest}, and this is ${artifact.digest}`, { where: `${target.name}:${tag}` })
}

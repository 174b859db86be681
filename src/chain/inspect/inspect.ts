import { guessReference } from '../../artifact/guess-reference.ts'
import type { Artifact } from '../../artifact/artifact.ts'
import type { ImageSource } from '../../artifact/image-source.ts'
import { openSource } from '../../artifact/open.ts'
import { formatReference } from '../../artifact/reference.ts'
import type { Reference } from '../../artifact/reference.ts'
import { resolveArtifact } from '../../artifact/resolve.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import { judgeProof } from '../../gate/judge.ts'
import { verifyAll } from '../../gate/prove.ts'
import type { Proof } from '../../gate/prove.ts'
import { asTallyError } from '../../kernel/errors.ts'
import type { TallyError } from '../../kernel/errors.ts'
import { baselinePolicy } from '../../policy/baseline.ts'
import type { Trust } from '../../trust/authority.ts'
import { gather } from '../gather.ts'
import type { Gathered } from '../gather.ts'
import type { Workspace } from '../workspace.ts'
import { readImageFacts } from './image-facts.ts'
import type { ImageFacts } from './image-facts.ts'
import { readPieces } from './pieces.ts'
import type { Piece } from './pieces.ts'

/** Everything a first look says about an artifact. What could not be found out is a problem, not an end. */
export type Inspection = {
  /** As it was asked for, and what was looked at, by digest where there is one. */
  readonly reference: string
  readonly pinned: string
  readonly artifact: Artifact
  readonly image: ImageFacts | undefined
  readonly pieces: readonly Piece[]
  /** All tags of its repository; undefined where there is none to ask. */
  readonly tags: readonly string[] | undefined
  /** Names of those who are trusted here; empty: everything is a claim. */
  readonly trusted: readonly string[]
  readonly baseline: Verdict
  readonly looked: readonly string[]
  readonly problems: readonly { readonly where: string; readonly error: TallyError }[]
}

/**
 * Looks at an artifact without a policy and without any key: resolves it, finds what is attached, verifies what somebody trusted here
 * signed, and asks the baseline policy. Writes nothing. A repository without a tag is looked at by its `latest`, else its
 * `current`, else its last tag by name. Throws only where the artifact itself cannot be found.
 */
export async function inspectArtifact(workspace: Workspace, text: string, trust: Trust): Promise<Inspection> {
  const { deps } = workspace
  const { reference, tags } = await withTag(workspace, await guessReference(deps, text))
  const problems: { where: string; error: TallyError }[] = []
  const gathered = await gatherWhatCan(workspace, reference, problems)
  const { artifact, found, source, looked, content } = gathered
  problems.push(...gathered.unreadable)
  const attempt = async <T>(where: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      const known = asTallyError(error, where)
      if (known.code === 'bug') throw known
      problems.push({ where, error: known })
      return undefined
    }
  }
  const image =
    source === undefined || artifact.kind !== 'manifest' || artifact.file !== undefined
      ? undefined
      : await attempt(source.name, () => readImageFacts(source, artifact.digest))
  const proof: Proof = {
    ...(await verifyAll(found, artifact, trust, content === undefined ? {} : { content })),
    unreadable: gathered.unreadable,
    looked,
  }
  const trusted = trust.authorities.map((authority) => authority.name)
  return {
    reference: text,
    pinned: pinnedReference(reference, artifact),
    artifact,
    image,
    pieces: readPieces(found, proof, artifact),
    tags: tags ?? (source === undefined ? undefined : await attempt(source.name, () => tagsOf(source))),
    trusted,
    baseline: judgeProof(proof, artifact, baselinePolicy(trusted), { now: deps.now(), reference: text }),
    looked,
    problems,
  }
}

/** Everything found; where looking for evidence fails, the artifact alone. Throws where there is no artifact. */
async function gatherWhatCan(
  workspace: Workspace,
  reference: Reference,
  problems: { where: string; error: TallyError }[],
): Promise<Gathered> {
  try {
    return await gather(workspace, { reference, bundles: [], dataDirectory: true })
  } catch (error) {
    const { artifact, source } = await resolveArtifact(workspace.deps, reference, workspace.registryOptions)
    const where = source?.name ?? formatReference(reference)
    const known = asTallyError(error, where)
    if (known.code === 'bug') throw known
    problems.push({ where, error: known })
    return { artifact, source, found: [], unreadable: [], looked: [] }
  }
}

/** A repository named alone: what its tags offer. */
async function withTag(
  workspace: Workspace,
  reference: Reference,
): Promise<{ readonly reference: Reference; readonly tags?: readonly string[] }> {
  if (reference.scheme !== 'registry' || reference.tag !== undefined || reference.digest !== undefined) return { reference }
  const source = await openSource(workspace.deps, reference, workspace.registryOptions)
  if ((await source.resolveTag('latest')) !== undefined) return { reference }
  const tags = await tagsOf(source)
  const tag = tags.includes('current') ? 'current' : tags.at(-1)
  return tag === undefined ? { reference, tags } : { reference: { ...reference, tag }, tags }
}

/** The tags people gave: those that stand for a digest are the fallback of old registries, and cosign's. */
async function tagsOf(source: ImageSource): Promise<readonly string[]> {
  return (await source.tags()).filter((tag) => !/^sha256-[0-9a-f]{64}(?:\.[a-z]{1,16})?$/.test(tag))
}

function pinnedReference(reference: Reference, artifact: Artifact): string {
  if (artifact.kind !== 'manifest' || reference.scheme === 'file' || reference.scheme === 'docker-archive')
    return formatReference(reference)
  return formatReference({ ...reference, digest: artifact.digest })
}

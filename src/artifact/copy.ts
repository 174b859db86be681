import type { Descriptor } from './artifact.ts'
import { mergeAttachedTag } from './attached-tags.ts'
import type { ImageSource, ImageTarget, ManifestBytes } from './image-source.ts'
import { readManifest } from './manifest.ts'
import { overLimit } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'

export type CopyResult = {
  /** Blobs and manifests that were written, and that were there already. */
  readonly copied: number
  readonly skipped: number
  /** Manifests that are attached: referrers of the artifact, of its children and of referrers, and cosign's tags. */
  readonly referrers: number
}

/** Where cosign 2 keeps what it attaches to a digest: `sha256-<hex>` and one of these. */
const COSIGN_SUFFIXES = ['.sig', '.att', '.sbom'] as const
const BLOBS_AT_ONCE = 3

type Copy = {
  readonly source: ImageSource
  readonly target: ImageTarget
  readonly signal: AbortSignal
  readonly seen: Set<Digest>
  readonly seenBlobs: Set<Digest>
  /** What must be found at the target in the end: each digest, and what is attached to it. */
  readonly attached: Map<Digest, Set<Digest>>
  copied: number
  skipped: number
  referrers: number
}

/**
 * Copies an image by digest with everything attached to it: blobs, then children, then the manifest, then its referrers
 * and theirs, then cosign's tags of the digest. What is there is not sent again, so a copy that was cut short goes on
 * where it stood. At the end every manifest and every list of referrers is read again at the target and compared.
 * No other tag is touched. Throws `not-found`, `digest-mismatch`, `limit-exceeded`, `interrupted`, `tag-would-move` (cosign's
 * tag holds other signatures there), and what source and target throw.
 */
export async function copyImage(
  source: ImageSource,
  target: ImageTarget,
  digest: Digest,
  options: { readonly signal: AbortSignal },
): Promise<CopyResult> {
  const copy: Copy = {
    source,
    target,
    signal: options.signal,
    seen: new Set(),
    seenBlobs: new Set(),
    attached: new Map(),
    copied: 0,
    skipped: 0,
    referrers: 0,
  }
  try {
    const manifest = await source.manifest(digest)
    if (manifest === undefined) throw fail('not-found', 'has no such manifest', { where: `${source.name}@${digest}` })
    await copyManifest(copy, manifest, { depth: 0, isReferrer: false })
    await compare(copy)
  } catch (error) {
    throw asTallyError(error, `${source.name}@${digest}`)
  }
  return { copied: copy.copied, skipped: copy.skipped, referrers: copy.referrers }
}

type Place = { readonly depth: number; readonly isReferrer: boolean }

async function copyManifest(copy: Copy, manifest: ManifestBytes, place: Place): Promise<void> {
  copy.signal.throwIfAborted()
  const { digest, mediaType } = manifest.descriptor
  if (copy.seen.has(digest)) return
  copy.seen.add(digest)
  if (copy.seen.size > LIMITS.manifestsPerCopy) throw overLimit('manifestsPerCopy', LIMITS.manifestsPerCopy, copy.source.name)
  const where = `${copy.source.name}@${digest}`
  const content = readManifest(manifest.bytes, where, mediaType)
  if (content.kind === 'manifest') await copyBlobs(copy, [content.config, ...content.layers])
  else {
    if (place.depth >= LIMITS.indexDepth) throw overLimit('indexDepth', LIMITS.indexDepth, where)
    for (const child of content.manifests) await copyManifest(copy, await fetchListed(copy, child), { ...place, depth: place.depth + 1 })
  }
  await putManifest(copy, manifest, content.subject !== undefined)
  await copyReferrers(copy, digest, place)
  if (!place.isReferrer) for (const suffix of COSIGN_SUFFIXES) await copyTag(copy, `sha256-${hexOf(digest)}${suffix}`)
}

/** The manifest a list speaks of; it must be there, and be of the media type the list says. */
async function fetchListed({ source }: Copy, listed: Pick<Descriptor, 'digest' | 'mediaType'>): Promise<ManifestBytes> {
  const where = `${source.name}@${listed.digest}`
  const manifest = await source.manifest(listed.digest)
  if (manifest === undefined) throw fail('not-found', 'has no such manifest', { where })
  readManifest(manifest.bytes, where, listed.mediaType)
  return manifest
}

async function putManifest(copy: Copy, manifest: ManifestBytes, hasSubject: boolean): Promise<void> {
  const isThere = (await copy.target.manifest(manifest.descriptor.digest)) !== undefined
  // Written in any case where it has a subject: that also lists it, which a copy cut short may not have come to.
  if (!isThere || hasSubject) await copy.target.putManifest(manifest)
  if (isThere) copy.skipped += 1
  else copy.copied += 1
}

async function copyReferrers(copy: Copy, digest: Digest, place: Place): Promise<void> {
  const listed = await copy.source.referrers(digest)
  if (listed.length > 0 && place.isReferrer && place.depth >= LIMITS.referrersDepth) {
    throw overLimit('referrersDepth', LIMITS.referrersDepth, `${copy.source.name}@${digest}`)
  }
  for (const referrer of listed) {
    const manifest = await fetchListed(copy, referrer)
    // A list of referrers is a claim of its registry; only what names the subject itself is attached to it.
    if (readManifest(manifest.bytes, referrer.digest, referrer.mediaType).subject?.digest !== digest) continue
    const held = copy.attached.get(digest) ?? new Set()
    copy.attached.set(digest, held.add(referrer.digest))
    if (!copy.seen.has(referrer.digest)) copy.referrers += 1
    await copyManifest(copy, manifest, { depth: place.isReferrer ? place.depth + 1 : 1, isReferrer: true })
  }
}

async function copyTag(copy: Copy, tag: string): Promise<void> {
  const held = await copy.source.resolveTag(tag)
  if (held === undefined) return
  if (!copy.seen.has(held.digest)) copy.referrers += 1
  await copyManifest(copy, await fetchListed(copy, held), { depth: 1, isReferrer: true })
  await mergeAttachedTag(copy.target, tag, held.digest)
}

async function copyBlobs(copy: Copy, blobs: readonly Descriptor[]): Promise<void> {
  const unique: Descriptor[] = []
  for (const blob of blobs) {
    if (!copy.seenBlobs.has(blob.digest)) unique.push(blob)
    copy.seenBlobs.add(blob.digest)
  }
  const workers = Array.from({ length: Math.min(BLOBS_AT_ONCE, unique.length) }, async () => {
    for (let blob = unique.shift(); blob !== undefined; blob = unique.shift()) await copyBlob(copy, blob)
  })
  // All are waited for, so that no transfer goes on behind a failure.
  const failed = (await Promise.allSettled(workers)).find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function copyBlob(copy: Copy, blob: Descriptor): Promise<void> {
  copy.signal.throwIfAborted()
  const { source, target } = copy
  if (await target.hasBlob(blob.digest)) {
    copy.skipped += 1
    return
  }
  const isSameHost = source.origin !== undefined && source.origin.host === target.origin?.host
  await target.putBlob(blob, () => source.blob(blob), isSameHost ? source.origin.repository : undefined)
  copy.copied += 1
}

/** Reads everything again where it now is. A target hands out only bytes of the digest, so being handed out is being equal. */
async function compare(copy: Copy): Promise<void> {
  for (const digest of copy.seen) {
    copy.signal.throwIfAborted()
    if ((await copy.target.manifest(digest)) === undefined) {
      throw fail('registry-error', 'took a manifest and does not have it', { where: `${copy.target.name}@${digest}` })
    }
  }
  for (const [subject, wanted] of copy.attached) {
    const found = new Set((await copy.target.referrers(subject)).map((referrer) => referrer.digest))
    const missing = [...wanted].find((digest) => !found.has(digest))
    if (missing !== undefined) {
      throw fail('registry-error', `took the referrer ${missing} and does not list it`, { where: `${copy.target.name}@${subject}` })
    }
  }
}

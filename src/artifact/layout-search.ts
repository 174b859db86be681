import type { Descriptor } from './artifact.ts'
import { findTag, subjectHint, tagOf } from './layout-index.ts'
import type { LayoutIndex } from './layout-index.ts'
import { isManifestType } from './manifest.ts'
import { overLimit } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'

/** What a search needs of one manifest; small, so that it may be kept. */
export type Glance = {
  readonly descriptor: Descriptor
  readonly subject: Digest | undefined
  readonly children: readonly Descriptor[]
}
type LookAt = (listed: Descriptor) => Promise<Glance | undefined>

/** Tags that carry what is attached to a digest, by the referrers fallback and by cosign; they name no artifact of their own, as our `.file` does. */
const ATTACHED_TAG = /^sha256-[0-9a-f]{64}(?:\.(?!file$)|$)/

/**
 * The referrers of a digest in a layout: listed manifests whose subject it is, and what a fallback index lists (a layout
 * copied from a registry without the referrers API). A hint only spares opening a manifest; the manifest itself decides.
 */
export async function findReferrers(index: LayoutIndex, digest: Digest, lookAt: LookAt, where: string): Promise<readonly Descriptor[]> {
  const found = new Map<Digest, Descriptor>()
  const consider = async (listed: Descriptor): Promise<void> => {
    const hint = subjectHint(listed)
    if (found.has(listed.digest) || !isManifestType(listed.mediaType) || (hint !== undefined && hint !== digest)) return
    const glance = await lookAt(listed)
    if (glance?.subject !== digest) return
    if (found.size >= LIMITS.referrersPerDigest) throw overLimit('referrersPerDigest', LIMITS.referrersPerDigest, where)
    found.set(listed.digest, glance.descriptor)
  }
  for (const { descriptor } of index.entries) await consider(descriptor)
  const fallback = findTag(index, `sha256-${hexOf(digest)}`, where)
  for (const child of fallback === undefined ? [] : ((await lookAt(fallback))?.children ?? [])) await consider(child)
  return [...found.values()]
}

/** What a layout can mean when it is named without tag and digest: listed manifests that are nobody's referrer and nobody's child. */
export async function findRoots(index: LayoutIndex, lookAt: LookAt): Promise<readonly Descriptor[]> {
  const roots = new Map<Digest, Descriptor>()
  const children = new Set<Digest>()
  for (const { descriptor } of index.entries) {
    if (subjectHint(descriptor) !== undefined || ATTACHED_TAG.test(tagOf(descriptor) ?? '') || !isManifestType(descriptor.mediaType))
      continue
    const glance = await lookAt(descriptor)
    for (const child of glance?.children ?? []) children.add(child.digest)
    if (glance !== undefined && glance.subject === undefined) roots.set(descriptor.digest, glance.descriptor)
  }
  return [...roots.values()].filter((root) => !children.has(root.digest))
}

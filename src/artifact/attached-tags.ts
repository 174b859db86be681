import type { ImageTarget } from './image-source.ts'
import { readManifest } from './manifest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { canonicalJson } from '../kernel/json.ts'

/**
 * Points one of cosign's tags (`sha256-<hex>.sig` and its like) at a manifest that is there. Its layers are the
 * signatures, so the tag moves only to a manifest that has all of those it has now; one that has more stays. Throws
 * `tag-would-move` when each side has what the other has not: a new manifest nobody signed with cosign is not made up here.
 */
export async function mergeAttachedTag(target: ImageTarget, tag: string, digest: Digest): Promise<void> {
  const before = await target.resolveTag(tag)
  if (before?.digest === digest) return
  if (before !== undefined) {
    const [held, offered] = [await partsOf(target, before.digest), await partsOf(target, digest)]
    if (isWithin(offered, held)) return
    if (!isWithin(held, offered)) {
      throw fail('tag-would-move', 'holds signatures that the source does not have', {
        where: `${target.name}:${tag}`,
        hint: 'sign again at the source, or remove the tag at the target',
      })
    }
  }
  await target.putTag(tag, digest)
}

async function partsOf(target: ImageTarget, digest: Digest): Promise<ReadonlySet<string>> {
  const manifest = await target.manifest(digest)
  if (manifest === undefined) throw fail('not-found', 'has no such manifest', { where: `${target.name}@${digest}` })
  const content = readManifest(manifest.bytes, target.name, manifest.descriptor.mediaType)
  const parts = content.kind === 'manifest' ? content.layers : content.manifests
  // A signature is its annotations: two of them over the same payload share a layer's digest.
  return new Set(parts.map((part) => canonicalJson([part.digest, part.annotations ?? {}])))
}

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((item) => whole.has(item))
}

import type { ImageSource } from './image-source.ts'
import { readManifest } from './manifest.ts'
import { overLimit } from '../kernel/bytes.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'

/**
 * Reads every byte an image consists of, so that one that lies is found: configs and layers of a manifest, and of each manifest of an
 * index that is there (an index may list platforms nobody copied). Out: bytes read. Throws `digest-mismatch` at the first blob that
 * is not what its digest says, `not-found`, `limit-exceeded` (indexDepth), and what the source throws.
 */
export async function readThrough(source: ImageSource, digest: Digest, signal: AbortSignal, depth = 0): Promise<number> {
  const where = `${source.name}@${digest}`
  if (depth > LIMITS.indexDepth) throw overLimit('indexDepth', LIMITS.indexDepth, where)
  const manifest = await source.manifest(digest)
  if (manifest === undefined) return 0
  const content = readManifest(manifest.bytes, where, manifest.descriptor.mediaType)
  let size = manifest.bytes.byteLength
  if (content.kind === 'index') {
    for (const child of content.manifests) size += await readThrough(source, child.digest, signal, depth + 1)
    return size
  }
  for (const blob of [content.config, ...content.layers]) {
    for await (const part of source.blob(blob)) {
      signal.throwIfAborted()
      size += part.byteLength
    }
  }
  return size
}

import { readAll } from '../../src/kernel/bytes.ts'
import { digestOf, parseDigest } from '../../src/kernel/digest.ts'
import type { Digest } from '../../src/kernel/digest.ts'
import { fail } from '../../src/kernel/errors.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { MEDIA } from '../../src/artifact/artifact.ts'
import type { Descriptor } from '../../src/artifact/artifact.ts'
import type { ImageTarget, ManifestBytes } from '../../src/artifact/image-source.ts'

/** An image target in memory that behaves as a registry with the referrers API does; `writes` counts what was written. */
export type MemoryImage = ImageTarget & {
  readonly writes: () => number
  /** Stores any manifest given as data and gives back its descriptor. */
  readonly storeManifest: (manifest: object) => Promise<Descriptor>
  readonly storeBlob: (bytes: Uint8Array) => Promise<Pick<Descriptor, 'digest' | 'size'>>
  /** Takes a blob away, to see what a reader does without it. */
  readonly dropBlob: (digest: Digest) => void
}

type ManifestShape = {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config?: { readonly mediaType?: string }
  readonly annotations?: Readonly<Record<string, string>>
  readonly subject?: { readonly digest: string }
}

export function memoryImage(name = 'memory/image'): MemoryImage {
  const blobs = new Map<Digest, Uint8Array>()
  const manifests = new Map<Digest, ManifestBytes>()
  const tags = new Map<string, Digest>()
  const bySubject = new Map<Digest, Descriptor[]>()
  let writes = 0

  const putManifest = async (manifest: ManifestBytes): Promise<void> => {
    const digest = digestOf(manifest.bytes)
    if (manifest.descriptor.digest !== digest) throw fail('digest-mismatch', 'a manifest is not what its descriptor says', { where: name })
    if (manifests.has(digest)) return
    writes += 1
    const shape = JSON.parse(new TextDecoder().decode(manifest.bytes)) as ManifestShape
    manifests.set(digest, manifest)
    if (shape.subject === undefined) return
    const subject = parseDigest(shape.subject.digest)
    bySubject.set(subject, [
      ...(bySubject.get(subject) ?? []),
      {
        mediaType: shape.mediaType ?? MEDIA.ociManifest,
        digest,
        size: manifest.bytes.byteLength,
        artifactType: shape.artifactType ?? shape.config?.mediaType ?? '',
        ...(shape.annotations === undefined ? {} : { annotations: shape.annotations }),
      },
    ])
  }
  const putBlob = async (descriptor: Pick<Descriptor, 'digest' | 'size'>, bytes: () => AsyncIterable<Uint8Array>): Promise<void> => {
    if (blobs.has(descriptor.digest)) return
    const read = await readAll(bytes(), LIMITS.blobBytes, 'blobBytes', name)
    if (digestOf(read) !== descriptor.digest || read.byteLength !== descriptor.size) {
      throw fail('digest-mismatch', 'a blob is not what its descriptor says', { where: name })
    }
    writes += 1
    blobs.set(descriptor.digest, read)
  }
  return {
    name,
    resolveTag: async (tag) => {
      const digest = tags.get(tag)
      return digest === undefined ? undefined : manifests.get(digest)?.descriptor
    },
    manifest: async (digest) => manifests.get(digest),
    blob: async function* (descriptor) {
      const bytes = blobs.get(descriptor.digest)
      if (bytes === undefined) throw fail('not-found', 'a blob is not there', { where: `${name}@${descriptor.digest}` })
      yield bytes
    },
    referrers: async (digest) => bySubject.get(digest) ?? [],
    tags: async () => [...tags.keys()].toSorted(),
    hasBlob: async (digest) => blobs.has(digest),
    putBlob,
    putManifest,
    putTag: async (tag, digest) => {
      tags.set(tag, digest)
    },
    writes: () => writes,
    storeManifest: async (manifest) => {
      const bytes = new TextEncoder().encode(JSON.stringify(manifest))
      const descriptor = { mediaType: MEDIA.ociManifest, digest: digestOf(bytes), size: bytes.byteLength }
      await putManifest({ descriptor, bytes })
      return descriptor
    },
    storeBlob: async (bytes) => {
      const descriptor = { digest: digestOf(bytes), size: bytes.byteLength }
      await putBlob(descriptor, async function* () {
        yield bytes
      })
      return descriptor
    },
    dropBlob: (digest) => {
      blobs.delete(digest)
    },
  }
}

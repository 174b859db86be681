import type { Descriptor } from './artifact.ts'
import type { ImageSource, ManifestBytes } from './image-source.ts'
import { readAll } from '../kernel/bytes.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'

/** Places that are opened once and remember what they gave, for the many questions of one run. */
export type SourcePool = {
  readonly take: (place: string, open: () => Promise<ImageSource>) => Promise<ImageSource>
}

/**
 * Makes a pool. A tag is resolved once in a run, a list of referrers is fetched once, manifests and small blobs are kept up
 * to LIMITS.poolBytes over all places and read again past it. What failed is asked again.
 */
export function openSourcePool(): SourcePool {
  const places = new Map<string, Promise<ImageSource>>()
  const room = { left: LIMITS.poolBytes }
  return { take: (place, open) => remember(places, place, async () => rememberingSource(await open(), room)) }
}

type Room = { left: number }

function rememberingSource(source: ImageSource, room: Room): ImageSource {
  const tags = new Map<string, Promise<Descriptor | undefined>>()
  const lists = new Map<Digest, Promise<readonly Descriptor[]>>()
  const manifests = new Map<Digest, Promise<ManifestBytes | undefined>>()
  const blobs = new Map<string, Promise<Uint8Array>>()
  return {
    ...source,
    resolveTag: (tag) => remember(tags, tag, () => source.resolveTag(tag)),
    referrers: (digest) => remember(lists, digest, () => source.referrers(digest)),
    manifest: (digest) => {
      if (room.left <= 0) return manifests.get(digest) ?? source.manifest(digest)
      return remember(manifests, digest, async () => {
        const manifest = await source.manifest(digest)
        room.left -= manifest?.bytes.byteLength ?? 0
        return manifest
      })
    },
    blob: (descriptor) => readBlob(source, blobs, descriptor, room),
  }
}

async function* readBlob(
  source: ImageSource,
  blobs: Map<string, Promise<Uint8Array>>,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
  room: Room,
): AsyncGenerator<Uint8Array> {
  const key = `${descriptor.digest} ${descriptor.size}`
  if (!blobs.has(key) && (descriptor.size > LIMITS.poolBlobBytes || descriptor.size > room.left)) {
    yield* source.blob(descriptor)
    return
  }
  yield await remember(blobs, key, async () => {
    room.left -= descriptor.size
    return await readAll(source.blob(descriptor), LIMITS.poolBlobBytes, 'poolBlobBytes', source.name)
  })
}

/** The one promise for a key; one that fails is forgotten. */
async function remember<K, T>(known: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const there = known.get(key)
  if (there !== undefined) return await there
  const made = make()
  known.set(key, made)
  try {
    return await made
  } catch (error) {
    if (known.get(key) === made) known.delete(key)
    throw error
  }
}

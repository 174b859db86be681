import { join, resolve } from 'node:path'
import type { Descriptor } from './artifact.ts'
import type { ImageTarget, ManifestBytes } from './image-source.ts'
import {
  findBlobFile,
  hasBlobFile,
  isLayout,
  makeLayout,
  readBlobFile,
  readIndex,
  readManifestFile,
  writeBlobFile,
  writeIndex,
} from './layout-files.ts'
import type { LayoutFiles } from './layout-files.ts'
import { findTag, tagsOf, withManifest, withTag } from './layout-index.ts'
import type { LayoutIndex } from './layout-index.ts'
import { findReferrers, findRoots } from './layout-search.ts'
import type { Glance } from './layout-search.ts'
import { manifestBytesOf, readManifest, referrerDescriptor } from './manifest.ts'
import { makeQueue } from './queue.ts'
import { isTag } from './reference.ts'
import { overLimit } from '../kernel/bytes.ts'
import type { Digest } from '../kernel/digest.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'

/** Runs `fn` while this process alone holds the lock of that path. The store has one that dies with its process. */
export type Lock = <T>(path: string, fn: () => Promise<T>) => Promise<T>

/** Most bytes of manifests whose glance is kept; past it they are read again. */
const GLANCE_BYTES = 64 * 1024 * 1024

type ChangeIndex = (next: (index: LayoutIndex) => LayoutIndex) => Promise<void>

/**
 * Opens an OCI image layout folder (image-spec 1.1, image-layout.md), to read and to write. With `create` one is made
 * where there is nothing or an empty folder. Several processes may write at once when they share a `lock`; without one,
 * only through this one object. With `snapshot` its index is read once, for a run that only reads. Throws `not-found`, or `reference-invalid` for a folder of something else.
 */
export async function openOciLayout(
  deps: LayoutFiles['deps'],
  folder: string,
  options: { readonly create?: boolean; readonly lock?: Lock; readonly snapshot?: boolean } = {},
): Promise<ImageTarget> {
  const files: LayoutFiles = { deps, path: resolve(folder) }
  const lock = options.lock ?? ((_path, fn) => fn())
  const queue = makeQueue()
  const alone = <T>(fn: () => Promise<T>): Promise<T> => queue(() => lock(join(files.path, '.lock'), fn))
  await atEdge(files.path, async () => {
    if (await isLayout(files)) return
    if (options.create !== true) throw fail('not-found', 'is no OCI layout: it has no file oci-layout', { where: files.path })
    await deps.fs.mkdir(files.path, { recursive: true })
    await alone(() => makeLayout(files))
  })
  const index = options.snapshot === true ? readOnce(() => readIndex(files)) : () => readIndex(files)
  return makeTarget(files, `oci:${folder}`, index, (next) =>
    alone(async () => {
      const before = await readIndex(files)
      const after = next(before)
      if (after.entries.length > LIMITS.layoutEntries) throw overLimit('layoutEntries', LIMITS.layoutEntries, files.path)
      if (after !== before) await writeIndex(files, after)
    }),
  )
}

function makeTarget(files: LayoutFiles, name: string, index: () => Promise<LayoutIndex>, changeIndex: ChangeIndex): ImageTarget {
  const { path } = files
  const read = async (digest: Digest, promised?: string): Promise<ManifestBytes | undefined> => {
    const bytes = await readManifestFile(files, digest)
    return bytes === undefined ? undefined : manifestBytesOf(bytes, `${name}@${digest}`, promised)
  }
  const mustRead = async (digest: Digest, promised?: string): Promise<ManifestBytes> => {
    const found = await read(digest, promised)
    if (found === undefined) throw fail('not-found', `has no manifest ${digest}`, { where: path })
    return found
  }
  const lookAt = makeGlancer(read)
  const list = async (manifest: ManifestBytes, then: (index: LayoutIndex) => LayoutIndex): Promise<void> => {
    const content = readManifest(manifest.bytes, manifest.descriptor.digest, manifest.descriptor.mediaType)
    const { annotations: _annotations, ...descriptor } = referrerDescriptor(manifest, content)
    await changeIndex((index) => then(withManifest(index, descriptor, content.subject?.digest)))
  }
  return {
    name,
    resolveTag: (tag) =>
      atEdge(path, async () => {
        const listed = findTag(await index(), tag, join(path, 'index.json'))
        return listed === undefined ? undefined : (await mustRead(listed.digest, listed.mediaType)).descriptor
      }),
    manifest: (digest) => atEdge(path, () => read(digest)),
    blob: (descriptor) => readBlobFile(files, descriptor),
    blobFile: (descriptor) => findBlobFile(files, descriptor),
    referrers: (digest) => atEdge(path, async () => await findReferrers(await index(), digest, lookAt, name)),
    tags: () => atEdge(path, async () => tagsOf(await index())),
    roots: () => atEdge(path, async () => await findRoots(await index(), lookAt)),
    hasBlob: (digest) => atEdge(path, () => hasBlobFile(files, digest)),
    putBlob: (descriptor, bytes) => atEdge(path, () => writeBlobFile(files, descriptor, bytes)),
    putManifest: (manifest) =>
      atEdge(path, async () => {
        await writeBlobFile(files, manifest.descriptor, () => once(manifest.bytes))
        await list(manifest, (index) => index)
      }),
    putTag: (tag, digest) =>
      atEdge(path, async () => {
        if (!isTag(tag)) throw fail('reference-invalid', 'is not a tag', { where: tag.slice(0, 150) })
        await list(await mustRead(digest), (index) => withTag(index, tag, digest))
      }),
  }
}

/** Looks at each manifest once: what a digest names never changes. */
export function makeGlancer(
  read: (digest: Digest, promised?: string) => Promise<ManifestBytes | undefined>,
): (listed: Descriptor) => Promise<Glance | undefined> {
  const seen = new Map<Digest, Glance>()
  let room = GLANCE_BYTES
  return async (listed) => {
    const known = seen.get(listed.digest)
    if (known !== undefined) return known
    const manifest = await read(listed.digest, listed.mediaType)
    if (manifest === undefined) return undefined
    const content = readManifest(manifest.bytes, listed.digest, listed.mediaType)
    const glance: Glance = {
      descriptor: referrerDescriptor(manifest, content),
      subject: content.subject?.digest,
      children: content.kind === 'index' ? content.manifests : [],
    }
    room -= manifest.bytes.byteLength
    if (room >= 0) seen.set(listed.digest, glance)
    return glance
  }
}

function readOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= read())
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function atEdge<T>(where: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn()
  } catch (error) {
    throw asTallyError(error, where)
  }
}

import { overLimit } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { digestOf, hexOf, verifyingStream } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { openArchiveFile } from './archive-file.ts'
import type { ArchiveFile } from './archive-file.ts'
import type { Descriptor } from './artifact.ts'
import type { ImageSource, ManifestBytes } from './image-source.ts'
import { findTag, parseLayoutIndex, tagsOf } from './layout-index.ts'
import { findReferrers, findRoots } from './layout-search.ts'
import { manifestBytesOf } from './manifest.ts'
import { makeGlancer } from './oci-layout.ts'

/**
 * Opens an OCI archive: an OCI image layout (image-spec 1.1, image-layout.md) in a tar, plain or compressed as a whole
 * (see `openArchiveFile` for what that costs). Everything handed out was checked against its digest. Throws `not-found`,
 * `artifact-malformed` when it is no such archive, `limit-exceeded`.
 */
export async function openOciArchive(deps: Pick<Deps, 'fs' | 'signal'>, path: string): Promise<ImageSource> {
  const archive = await openArchiveFile(deps, path)
  if (archive.find('oci-layout') === undefined)
    throw fail('artifact-malformed', 'is no OCI archive: it has no file oci-layout', { where: path })
  const name = `oci-archive:${path}`
  const indexWhere = `${path}: index.json`
  const index = parseLayoutIndex(await archive.read('index.json', 'jsonBytes'), indexWhere)
  const read = (digest: Digest, promised?: string): Promise<ManifestBytes | undefined> =>
    readManifestMember(archive, name, digest, promised)
  const lookAt = makeGlancer(read)
  return {
    name,
    resolveTag: async (tag) => {
      const listed = findTag(index, tag, indexWhere)
      if (listed === undefined) return undefined
      const found = await read(listed.digest, listed.mediaType)
      if (found === undefined)
        throw fail('artifact-malformed', `lists the tag ${tag} for ${listed.digest}, which is not in it`, { where: path })
      return found.descriptor
    },
    manifest: (digest) => read(digest),
    blob: (descriptor) => readBlobMember(archive, descriptor),
    referrers: (digest) => findReferrers(index, digest, lookAt, name),
    tags: () => Promise.resolve(tagsOf(index)),
    roots: () => findRoots(index, lookAt),
  }
}

async function readManifestMember(
  archive: ArchiveFile,
  name: string,
  digest: Digest,
  promised?: string,
): Promise<ManifestBytes | undefined> {
  const path = blobPath(digest)
  if (archive.find(path) === undefined) return undefined
  const bytes = await archive.read(path, 'manifestBytes')
  const found = digestOf(bytes)
  if (found !== digest) throw fail('digest-mismatch', `is ${found} where ${digest} was promised`, { where: `${archive.path}: ${path}` })
  return manifestBytesOf(bytes, `${name}@${digest}`, promised)
}

async function* readBlobMember(archive: ArchiveFile, descriptor: Pick<Descriptor, 'digest' | 'size'>): AsyncGenerator<Uint8Array> {
  const path = blobPath(descriptor.digest)
  const where = `${archive.path}: ${path}`
  const member = archive.find(path)
  if (member === undefined) throw fail('not-found', 'has no such blob', { where })
  if (member.size > LIMITS.blobBytes) throw overLimit('blobBytes', LIMITS.blobBytes, where)
  if (member.size !== descriptor.size) {
    throw fail('digest-mismatch', `has ${member.size} bytes where ${descriptor.size} were promised`, { where })
  }
  yield* verifyingStream(archive.stream(member), descriptor, where)
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}

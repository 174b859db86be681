import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Deps } from '../kernel/deps.ts'
import { digestOf, finishDigest, hexOf, verifyingStream } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'
import { openArchiveFile } from './archive-file.ts'
import type { ArchiveFile, Member } from './archive-file.ts'
import { MEDIA } from './artifact.ts'
import type { Descriptor } from './artifact.ts'
import { sniffCompression } from './decompress.ts'
import { parseDiffIds } from './image.ts'
import type { ImageSource, ManifestBytes } from './image-source.ts'

/** A manifest that nobody wrote: made of config and layers so that `walkLayers` can read them. Its digest identifies nothing. */
export type SyntheticManifest = ManifestBytes & { readonly synthetic: true }

/** One image of a docker archive. What identifies it is the digest of its config, which docker calls the image id. */
export type DockerImage = {
  readonly configDigest: Digest
  readonly repoTags: readonly string[]
  /** Bottom first. The digest of a layer that is a plain tar is its diff id. */
  readonly layers: readonly Descriptor[]
  /** What to give to `walkLayers`, and to nothing else. */
  readonly walkDigest: Digest
}

/** A docker archive has no manifests and no tags that name one: `resolveTag` and `tags` find nothing; see `findDockerImage`. */
export type DockerArchive = Omit<ImageSource, 'manifest'> & {
  readonly images: readonly DockerImage[]
  readonly manifest: (digest: Digest) => Promise<SyntheticManifest | undefined>
}

const listSchema = z
  .array(
    z.object({
      Config: z.string().min(1).max(LIMITS.tarPathBytes),
      RepoTags: z.array(z.string().max(1024)).nullish(),
      Layers: z.array(z.string().min(1).max(LIMITS.tarPathBytes)).max(LIMITS.layersPerImage).nullish(),
    }),
  )
  .min(1)
  .max(LIMITS.indexEntries)
type Listed = z.infer<typeof listSchema>[number]

const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json'
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar'

/**
 * Opens what `docker save` writes (moby image spec v1.2, "Combined Image JSON + Filesystem Changeset Format"):
 * manifest.json, a config and layers by name, each a plain or compressed tar, a name sometimes being a symlink to
 * another's layer. The archive may be compressed as a whole. Throws `not-found`, `artifact-malformed`, `digest-mismatch`
 * when a config is not the one its name says, `limit-exceeded`.
 */
export async function openDockerArchive(deps: Pick<Deps, 'fs' | 'signal'>, path: string): Promise<DockerArchive> {
  const archive = await openArchiveFile(deps, path)
  if (archive.find('manifest.json') === undefined) {
    throw fail('artifact-malformed', 'is no docker archive: it has no manifest.json', { where: path })
  }
  const blobs = new Map<Digest, Member>()
  const digests = new Map<number, Digest>()
  const manifests = new Map<Digest, SyntheticManifest>()
  const images: DockerImage[] = []
  for (const listed of await readList(archive)) {
    const config = await addConfig(archive, listed, blobs)
    const layers: Descriptor[] = []
    for (const [at, name] of (listed.Layers ?? []).entries()) {
      const diffId = config.diffIds[at]
      if (diffId !== undefined) layers.push(await addLayer(archive, name, diffId, blobs, digests))
    }
    const manifest = synthesize(config.descriptor, layers)
    manifests.set(manifest.descriptor.digest, manifest)
    images.push({ configDigest: config.descriptor.digest, repoTags: listed.RepoTags ?? [], layers, walkDigest: manifest.descriptor.digest })
  }
  return {
    name: `docker-archive:${path}`,
    images,
    resolveTag: () => Promise.resolve(undefined),
    manifest: (digest) => Promise.resolve(manifests.get(digest)),
    blob: (descriptor) => readBlob(archive, blobs.get(descriptor.digest), descriptor),
    referrers: () => Promise.resolve([]),
    tags: () => Promise.resolve([]),
  }
}

/** The one image of an archive, or the one with that tag (`name:tag`, or the part after the colon). Throws `not-found`, or `reference-invalid` when several would do. */
export function findDockerImage(archive: Pick<DockerArchive, 'images' | 'name'>, tag?: string): DockerImage {
  const found =
    tag === undefined
      ? archive.images
      : archive.images.filter(({ repoTags }) => repoTags.some((one) => one === tag || one.endsWith(`:${tag}`)))
  const [image] = found
  const tags = shorten(safeText(archive.images.flatMap(({ repoTags }) => repoTags).join(', ')), 300)
  if (image === undefined)
    throw fail('not-found', `has no image tagged ${shorten(safeText(tag ?? ''), 150)}`, { where: archive.name, hint: `it has: ${tags}` })
  if (new Set(found.map(({ configDigest }) => configDigest)).size > 1) {
    throw fail('reference-invalid', `holds ${found.length} images that could be meant`, {
      where: archive.name,
      hint: `name one by its tag: ${tags}`,
    })
  }
  return image
}

/** The config digest of the image an archive is about: the one that is named, or the only one. Undefined for several and none named: the archive is the file it is. */
export function meantConfig(archive: Pick<DockerArchive, 'images' | 'name'>, tag: string | undefined): Digest | undefined {
  if (tag === undefined && new Set(archive.images.map(({ configDigest }) => configDigest)).size !== 1) return undefined
  return findDockerImage(archive, tag).configDigest
}

async function readList(archive: ArchiveFile): Promise<readonly Listed[]> {
  const where = `${archive.path}: manifest.json`
  const json = parseJson(await archive.read('manifest.json', 'manifestBytes'), where, {
    code: 'artifact-malformed',
    limitName: 'manifestBytes',
  })
  const parsed = listSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw fail('artifact-malformed', `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'has another shape'}`, { where })
}

async function addConfig(
  archive: ArchiveFile,
  listed: Listed,
  blobs: Map<Digest, Member>,
): Promise<{ readonly descriptor: Descriptor; readonly diffIds: readonly Digest[] }> {
  const where = `${archive.path}: ${shorten(safeText(listed.Config), 200)}`
  const bytes = await archive.read(listed.Config, 'manifestBytes')
  const digest = digestOf(bytes)
  const promised = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(listed.Config)?.[1]
  if (promised !== undefined && promised !== hexOf(digest))
    throw fail('digest-mismatch', `is ${digest} where its name promises another`, { where })
  const member = archive.find(listed.Config)
  if (member !== undefined) blobs.set(digest, member)
  const diffIds = parseDiffIds(bytes, where)
  const count = listed.Layers?.length ?? 0
  if (diffIds.length !== count) throw fail('artifact-malformed', `lists ${diffIds.length} diff ids for ${count} layers`, { where })
  return { descriptor: { mediaType: CONFIG_TYPE, digest, size: bytes.byteLength }, diffIds }
}

/** A plain layer has its diff id as digest, so it need not be read here: whoever reads it finds out if that is a lie. */
async function addLayer(
  archive: ArchiveFile,
  name: string,
  diffId: Digest,
  blobs: Map<Digest, Member>,
  digests: Map<number, Digest>,
): Promise<Descriptor> {
  const member = archive.find(name)
  if (member === undefined) throw fail('artifact-malformed', `has no layer ${shorten(safeText(name), 200)}`, { where: archive.path })
  const compression = sniffCompression(member.start)
  const digest = compression === 'none' ? diffId : (digests.get(member.offset) ?? (await hashMember(archive, member)))
  if (compression !== 'none') digests.set(member.offset, digest)
  const known = blobs.get(digest)
  if (known !== undefined && known.size !== member.size)
    throw fail('artifact-malformed', `has two layers that both claim to be ${digest}`, { where: archive.path })
  blobs.set(digest, known ?? member)
  return { mediaType: compression === 'none' ? LAYER_TYPE : `${LAYER_TYPE}.${compression}`, digest, size: member.size }
}

async function hashMember(archive: ArchiveFile, member: Member): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const piece of archive.stream(member)) hash.update(piece)
  return finishDigest(hash)
}

function synthesize(config: Descriptor, layers: readonly Descriptor[]): SyntheticManifest {
  const bytes = canonicalBytes({ schemaVersion: 2, mediaType: MEDIA.dockerManifest, config, layers })
  return { descriptor: { mediaType: MEDIA.dockerManifest, digest: digestOf(bytes), size: bytes.byteLength }, bytes, synthetic: true }
}

async function* readBlob(
  archive: ArchiveFile,
  member: Member | undefined,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array> {
  if (member === undefined) throw fail('not-found', `has no blob ${descriptor.digest}`, { where: archive.path })
  yield* verifyingStream(archive.stream(member), descriptor, `${archive.path}: ${shorten(safeText(member.path), 200)}`)
}

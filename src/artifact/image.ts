import { z } from 'zod'
import { readAll } from '../kernel/bytes.ts'
import { isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'
import { MEDIA } from './artifact.ts'
import type { Descriptor } from './artifact.ts'
import type { Compression } from './decompress.ts'
import type { ImageSource } from './image-source.ts'
import { readManifest } from './manifest.ts'

/** One layer of an image: packed bytes by `descriptor`, unpacked bytes by `diffId`. `index` counts from 0 at the bottom. */
export type ImageLayer = {
  readonly index: number
  readonly descriptor: Descriptor
  readonly compression: Compression
  readonly diffId: Digest
}

/** A container image of one platform. `layers` from the bottom to the top. */
export type Image = {
  readonly digest: Digest
  readonly config: Descriptor
  readonly configBytes: Uint8Array
  readonly layers: readonly ImageLayer[]
}

const CONFIG_TYPES: ReadonlySet<string> = new Set([MEDIA.ociConfig, 'application/vnd.docker.container.image.v1+json'])

const LAYER_TYPES: ReadonlyMap<string, Compression> = new Map(
  Object.entries({ '': 'none', '+gzip': 'gzip', '+zstd': 'zstd' } as const).flatMap(([suffix, compression]) => [
    [`application/vnd.oci.image.layer.v1.tar${suffix}`, compression],
    [`application/vnd.oci.image.layer.nondistributable.v1.tar${suffix}`, compression],
    [`application/vnd.docker.image.rootfs.diff.tar${suffix.replace('+', '.')}`, compression],
    [`application/vnd.docker.image.rootfs.foreign.diff.tar${suffix.replace('+', '.')}`, compression],
  ]),
)

const configSchema = z.object({
  rootfs: z.object({
    type: z.literal('layers'),
    diff_ids: z
      .array(z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'is not a sha256 digest'))
      .max(LIMITS.layersPerImage),
  }),
})

/**
 * Reads the manifest and config of an image (image-spec 1.1, manifest.md and config.md) and puts layers and diff ids side
 * by side. Throws `not-found`; `reference-invalid` for an index, naming the images in it; `nothing-to-check` for what is no
 * container image; `artifact-malformed` when config and manifest do not go together.
 */
export async function readImage(source: ImageSource, digest: Digest): Promise<Image> {
  const where = `${source.name}@${digest}`
  const manifest = await source.manifest(digest)
  if (manifest === undefined) throw fail('not-found', 'is not there', { where })
  const content = readManifest(manifest.bytes, where, manifest.descriptor.mediaType)
  if (content.kind === 'index') throw severalPlatforms(content.manifests, where)
  const { config, layers } = content
  const notAnImage = CONFIG_TYPES.has(config.mediaType) ? undefined : `its config is ${shown(config.mediaType)}`
  const strange = layers.find((layer) => !LAYER_TYPES.has(layer.mediaType))
  const why = notAnImage ?? (strange === undefined ? undefined : `it has a layer that is ${shown(strange.mediaType)}`)
  if (why !== undefined) throw fail('nothing-to-check', `is no container image: ${why}`, { where })
  const configWhere = `${where}: config`
  const configBytes = await readAll(source.blob(config), LIMITS.manifestBytes, 'manifestBytes', configWhere)
  const diffIds = parseDiffIds(configBytes, configWhere)
  if (diffIds.length !== layers.length) {
    throw fail('artifact-malformed', `lists ${diffIds.length} diff ids for ${layers.length} layers`, { where: configWhere })
  }
  return {
    digest,
    config,
    configBytes,
    layers: layers.flatMap((descriptor, index) => {
      const compression = LAYER_TYPES.get(descriptor.mediaType)
      const diffId = diffIds[index]
      return compression === undefined || diffId === undefined ? [] : [{ index, descriptor, compression, diffId }]
    }),
  }
}

/** The diff ids an image config lists, bottom first. Throws `artifact-malformed`. */
export function parseDiffIds(configBytes: Uint8Array, where: string): readonly Digest[] {
  const parsed = configSchema.safeParse(parseJson(configBytes, where, { code: 'artifact-malformed', limitName: 'manifestBytes' }))
  if (parsed.success) return parsed.data.rootfs.diff_ids
  const issue = parsed.error.issues[0]
  throw fail('artifact-malformed', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'has another shape'}`, { where })
}

function severalPlatforms(manifests: readonly Descriptor[], where: string): Error {
  const named = manifests
    .filter(({ platform }) => platform !== undefined && platform.os !== 'unknown')
    .slice(0, 8)
    .map(
      ({ digest, platform }) =>
        `${digest} (${platform?.os}/${platform?.architecture}${platform?.variant === undefined ? '' : `/${platform.variant}`})`,
    )
  return fail('reference-invalid', 'is an index of several images', {
    where,
    hint: `name one of them by digest: ${safeText(named.join(', '))}`,
  })
}

function shown(mediaType: string): string {
  return shorten(safeText(mediaType), 100)
}

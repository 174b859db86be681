import { z } from 'zod'
import type { Descriptor } from './artifact.ts'
import { MEDIA } from './artifact.ts'
import type { ManifestBytes } from './image-source.ts'
import { overLimit } from '../kernel/bytes.ts'
import { digestOf, isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'

type Common = {
  readonly mediaType: string
  /** What a referrers list calls it: `artifactType`, else the media type of the config. */
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations: Readonly<Record<string, string>>
}

/** What a manifest or index says, once its media type was found to be that of its structure. */
export type ManifestContent =
  | (Common & { readonly kind: 'manifest'; readonly config: Descriptor; readonly layers: readonly Descriptor[] })
  | (Common & { readonly kind: 'index'; readonly manifests: readonly Descriptor[] })

/** The four media types a manifest may have here, most wanted first; the value of an Accept header. */
export const MANIFEST_TYPES: readonly string[] = [MEDIA.ociIndex, MEDIA.dockerIndex, MEDIA.ociManifest, MEDIA.dockerManifest]

export function isManifestType(mediaType: string): boolean {
  return MANIFEST_TYPES.includes(mediaType)
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA.ociIndex || mediaType === MEDIA.dockerIndex
}

const annotationsSchema = z.record(z.string(), z.string())

const descriptorSchema = z
  .object({
    mediaType: z.string().min(1).max(255),
    digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'is not a sha256 digest'),
    size: z.int().min(0).max(LIMITS.blobBytes),
    annotations: annotationsSchema.nullish(),
    artifactType: z.string().max(255).nullish(),
    platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().nullish() }).nullish(),
  })
  .transform(({ mediaType, digest, size, annotations, artifactType, platform }): Descriptor => ({
    mediaType,
    digest,
    size,
    ...(annotations ? { annotations } : {}),
    ...(artifactType ? { artifactType } : {}),
    ...(platform
      ? { platform: { os: platform.os, architecture: platform.architecture, ...(platform.variant ? { variant: platform.variant } : {}) } }
      : {}),
  }))

const commonSchema = {
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().max(255).nullish(),
  subject: descriptorSchema.nullish(),
  annotations: annotationsSchema.nullish(),
}
const manifestSchema = z.object({ ...commonSchema, config: descriptorSchema, layers: z.array(descriptorSchema).nullable() })
const indexSchema = z.object({ ...commonSchema, manifests: z.array(descriptorSchema).nullable() })

/**
 * Reads a manifest or index (image-spec 1.1 manifest.md and image-index.md; Docker's schema 2). In: its bytes, where
 * they came from, and the media type somebody promised (a descriptor's, a Content-Type's). Throws `artifact-malformed`
 * when the media type is not that of the structure, or promised and written type differ: the same bytes read as another
 * kind would mean other layers. Throws `limit-exceeded` past the caps.
 */
export function readManifest(bytes: Uint8Array, where: string, promised?: string): ManifestContent {
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'manifestBytes' })
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw fail('artifact-malformed', 'is not a manifest: not a JSON object', { where })
  }
  refuseLookalikes(json, where, 0)
  const mediaType = mediaTypeOf(json as Readonly<Record<string, unknown>>, where, promised)
  if (isIndexType(mediaType)) {
    const index = parseShape(indexSchema, json, where)
    const manifests = index.manifests ?? []
    if (manifests.length > LIMITS.indexEntries) throw overLimit('indexEntries', LIMITS.indexEntries, where)
    return { kind: 'index', manifests, ...common(mediaType, index, undefined) }
  }
  const manifest = parseShape(manifestSchema, json, where)
  const layers = manifest.layers ?? []
  if (layers.length > LIMITS.layersPerImage) throw overLimit('layersPerImage', LIMITS.layersPerImage, where)
  return { kind: 'manifest', config: manifest.config, layers, ...common(mediaType, manifest, manifest.config.mediaType) }
}

/** The same, handing out what an `ImageSource` does: the bytes with the descriptor that follows from them alone. */
export function manifestBytesOf(bytes: Uint8Array, where: string, promised?: string): ManifestBytes {
  const { mediaType } = readManifest(bytes, where, promised)
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

/** The descriptor a referrers list holds for this manifest (distribution-spec 1.1, "Listing Referrers"). */
export function referrerDescriptor(manifest: ManifestBytes, content: ManifestContent): Descriptor {
  return {
    ...manifest.descriptor,
    ...(content.artifactType === undefined ? {} : { artifactType: content.artifactType }),
    ...(Object.keys(content.annotations).length === 0 ? {} : { annotations: content.annotations }),
  }
}

/** Parses a list of descriptors of an index that is not itself an artifact: a layout's index.json, a referrers answer. */
export function readDescriptors(value: unknown, where: string): readonly Descriptor[] {
  return parseShape(z.array(descriptorSchema), value, where)
}

function mediaTypeOf(json: Readonly<Record<string, unknown>>, where: string, promised: string | undefined): string {
  const isIndex = Object.hasOwn(json, 'manifests')
  const isManifest = Object.hasOwn(json, 'layers') || Object.hasOwn(json, 'config') || Object.hasOwn(json, 'fsLayers')
  if (isIndex && isManifest) throw fail('artifact-malformed', 'has the parts of a manifest and of an index', { where })
  const written = json['mediaType']
  if (written !== undefined && typeof written !== 'string') throw fail('artifact-malformed', 'has a mediaType that is no text', { where })
  if (promised !== undefined && written !== undefined && promised !== written) {
    throw fail('artifact-malformed', `calls itself ${written} where ${promised} was promised`, { where })
  }
  const mediaType = written ?? promised ?? (isIndex ? MEDIA.ociIndex : MEDIA.ociManifest)
  if (!isManifestType(mediaType)) throw fail('artifact-malformed', `is ${mediaType}, which is no image manifest or index`, { where })
  if (isIndexType(mediaType) !== isIndex)
    throw fail('artifact-malformed', `is no ${mediaType}: its parts are those of another kind`, { where })
  return mediaType
}

const KNOWN_KEYS = new Set(
  'schemaVersion mediaType artifactType subject annotations config layers manifests fsLayers digest size platform os architecture'.split(
    ' ',
  ),
)
const LOWER_KEYS = new Map([...KNOWN_KEYS].map((key) => [key.toLowerCase(), key]))

/** Go readers match keys without regard to case, so `Layers` beside `layers` would be other layers to them than to us. */
function refuseLookalikes(value: unknown, where: string, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 3) return
  if (Array.isArray(value)) {
    for (const item of value) refuseLookalikes(item, where, depth + 1)
    return
  }
  for (const [key, member] of Object.entries(value)) {
    const known = LOWER_KEYS.get(key.toLowerCase())
    if (known !== undefined && known !== key) throw fail('artifact-malformed', `has a key that only looks like \`${known}\``, { where })
    if (key !== 'annotations' && key !== 'data') refuseLookalikes(member, where, depth + 1)
  }
}

function common(
  mediaType: string,
  parsed: {
    artifactType?: string | null | undefined
    subject?: Descriptor | null | undefined
    annotations?: Record<string, string> | null | undefined
  },
  configType: string | undefined,
): Common {
  const artifactType = parsed.artifactType ?? configType
  return {
    mediaType,
    annotations: parsed.annotations ?? {},
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(parsed.subject ? { subject: parsed.subject } : {}),
  }
}

function parseShape<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `
  throw fail('artifact-malformed', `${path}${issue?.message ?? 'has another shape'}`, { where })
}

import { z } from 'zod'
import type { Descriptor } from '../../artifact/artifact.ts'
import type { ImageSource } from '../../artifact/image-source.ts'
import { readManifest } from '../../artifact/manifest.ts'
import { readAll } from '../../kernel/bytes.ts'
import type { Digest } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'

/** What an image says of itself. All of it was written by whoever built it. */
export type ImageFacts = {
  /** `linux/amd64`, of an index each. */
  readonly platforms: readonly string[]
  readonly layers: number
  /** Packed bytes of all layers. */
  readonly size: number
  /** RFC 3339. */
  readonly created?: string
  /** As the image runs unless told otherwise; empty is root. */
  readonly user: string
  readonly base?: { readonly name?: string; readonly digest?: string }
  readonly source?: string
  readonly revision?: string
  /** Attestations BuildKit put into the index; nobody signed them. */
  readonly unsignedAttestations: number
}

const configSchema = z.object({
  created: z.string().max(64).nullish(),
  os: z.string().max(64).nullish(),
  architecture: z.string().max(64).nullish(),
  config: z.object({ User: z.string().max(256).nullish(), Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
})

const ANNOTATED = 'org.opencontainers.image.'

/** Reads manifest and config of an image; of an index those of the first platform, linux/amd64 if there is one. Throws `not-found`, `artifact-malformed`. */
export async function readImageFacts(source: ImageSource, digest: Digest, depth = 0): Promise<ImageFacts | undefined> {
  const where = `${source.name}@${digest}`
  const manifest = await source.manifest(digest)
  if (manifest === undefined) throw fail('not-found', 'is not there', { where })
  const content = readManifest(manifest.bytes, where, manifest.descriptor.mediaType)
  if (content.kind === 'index') {
    const images = content.manifests.filter((child) => !isAttestation(child))
    const chosen = images.find((child) => platformOf(child) === 'linux/amd64') ?? images[0]
    if (chosen === undefined || depth >= LIMITS.indexDepth) return undefined
    const facts = await readImageFacts(source, chosen.digest, depth + 1)
    if (facts === undefined) return undefined
    const platforms = images.map(platformOf).filter((platform) => platform !== '')
    return {
      ...facts,
      platforms: platforms.length === 0 ? facts.platforms : platforms,
      unsignedAttestations: content.manifests.length - images.length,
    }
  }
  const { config, layers } = content
  if (!/^application\/vnd\.(?:oci\.image\.config|docker\.container\.image)\.v1\+json$/.test(config.mediaType)) return undefined
  const bytes = await readAll(source.blob(config), LIMITS.manifestBytes, 'manifestBytes', where)
  const parsed = configSchema.safeParse(parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'manifestBytes' }))
  if (!parsed.success) throw fail('artifact-malformed', 'has a config that is none', { where })
  const { created, os, architecture, config: run } = parsed.data
  const said = { ...run?.Labels, ...content.annotations }
  const base = optional({ name: said[`${ANNOTATED}base.name`], digest: said[`${ANNOTATED}base.digest`] })
  return {
    platforms: os && architecture ? [`${os}/${architecture}`] : [],
    layers: layers.length,
    size: layers.reduce((sum, layer) => sum + layer.size, 0),
    user: run?.User ?? '',
    ...optional({ created: created ?? undefined, source: said[`${ANNOTATED}source`], revision: said[`${ANNOTATED}revision`] }),
    ...(Object.keys(base).length === 0 ? {} : { base }),
    unsignedAttestations: 0,
  }
}

function isAttestation(child: Descriptor): boolean {
  return child.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
}

function platformOf({ platform }: Descriptor): string {
  if (platform === undefined || platform.os === 'unknown') return ''
  return `${platform.os}/${platform.architecture}${platform.variant === undefined ? '' : `/${platform.variant}`}`
}

/** Leaves out what is not there. */
function optional<K extends string>(values: Readonly<Record<K, string | undefined>>): { readonly [P in K]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== '')) as {
    readonly [P in K]?: string
  }
}

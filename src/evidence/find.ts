import { z } from 'zod'
import { overLimit } from '../kernel/bytes.ts'
import { hexOf, parseDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readShape } from '../kernel/shape.ts'
import { MEDIA } from '../artifact/artifact.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { BUNDLE_MEDIA_PREFIX } from './bundle.ts'
import { collectEvidence } from './collect.ts'
import type { Collector, Found } from './collect.ts'
import { IN_TOTO } from './dsse.ts'
import type { UnverifiedEvidence } from './evidence.ts'

/** Layer types of cosign 2 (cosign SIGNATURE_SPEC.md, ATTESTATION_SPEC.md). */
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const DSSE_LAYER = 'application/vnd.dsse.envelope.v1+json'

/** artifactTypes of referrers whose layers are evidence; the empty ones are what old registries and writers give instead. */
const READ_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  SIMPLE_SIGNING,
  DSSE_LAYER,
  IN_TOTO,
  MEDIA.empty,
  MEDIA.ociConfig,
  '',
])

/**
 * Everything attached to a digest in one place: referrers with Sigstore bundles (cosign 3, ours), older referrers, and cosign 2's
 * `sha256-….sig` and `.att` tags. Out: the pieces, unverified; what could not be read; and where it looked, in words. Throws when a
 * listing itself fails, and `limit-exceeded` for more than LIMITS.evidencePerArtifact pieces or LIMITS.evidenceBytes bytes.
 */
export async function findEvidence(source: ImageSource, digest: Digest): Promise<Found> {
  const into = collectEvidence()
  const referrers = await source.referrers(digest)
  const readable = referrers.filter((one) => isEvidenceType(one.artifactType ?? ''))
  into.look(`referrers of ${digest} in ${source.name}: ${countText(readable.length, referrers.length)}`)
  for (const referrer of readable) {
    await into.attempt(`${source.name}@${referrer.digest}`, () => readManifest(source, referrer.digest, into))
  }
  for (const suffix of ['sig', 'att'] as const) {
    const tag = `sha256-${hexOf(digest)}.${suffix}`
    const tagged = await source.resolveTag(tag)
    into.look(`tag ${tag} in ${source.name}: ${tagged === undefined ? 'none' : 'there'}`)
    if (tagged !== undefined) await into.attempt(`${source.name}:${tag}`, () => readManifest(source, tagged.digest, into))
  }
  return into.result()
}

function isEvidenceType(artifactType: string): boolean {
  return artifactType.startsWith(BUNDLE_MEDIA_PREFIX) || READ_TYPES.has(artifactType)
}

function countText(readable: number, all: number): string {
  if (all === 0) return 'none'
  return readable === all ? String(all) : `${readable} that may hold evidence, of ${all}`
}

const annotationsSchema = z.record(z.string(), z.string())
const manifestSchema = z.object({
  artifactType: z.string().optional(),
  annotations: annotationsSchema.nullish(),
  layers: z
    .array(
      z.object({
        mediaType: z.string(),
        digest: z.string(),
        size: z.number().int().min(0),
        annotations: annotationsSchema.nullish(),
      }),
    )
    .max(LIMITS.evidencePerArtifact)
    .default([]),
})

async function readManifest(source: ImageSource, digest: Digest, into: Collector): Promise<void> {
  const where = `${source.name}@${digest}`
  const stored = await source.manifest(digest)
  if (stored === undefined) throw fail('not-found', 'is listed, and its manifest is not there', { where })
  const manifest = readShape(manifestSchema, parseJson(stored.bytes, where, { limitName: 'manifestBytes' }), where)
  const isBundle = manifest.layers.some((layer) => layer.mediaType.startsWith(BUNDLE_MEDIA_PREFIX))
  if (isBundle && manifest.layers.length !== 1) {
    throw fail('evidence-malformed', 'carries a bundle among several layers; one is what its form allows', { where })
  }
  for (const layer of manifest.layers) {
    const form = formOf(layer.mediaType)
    if (form === undefined) continue
    if (layer.size > LIMITS.bundleBytes) throw overLimit('bundleBytes', LIMITS.bundleBytes, where)
    const bytes = await into.read(source.blob({ digest: parseDigest(layer.digest, where), size: layer.size }), where)
    into.keep({ form, bytes, where, annotations: { ...manifest.annotations, ...layer.annotations } })
  }
}

function formOf(mediaType: string): UnverifiedEvidence['form'] | undefined {
  if (mediaType.startsWith(BUNDLE_MEDIA_PREFIX)) return 'bundle'
  if (mediaType === SIMPLE_SIGNING) return 'cosign-signature'
  return mediaType === DSSE_LAYER ? 'cosign-attestation' : undefined
}

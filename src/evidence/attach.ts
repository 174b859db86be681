import { z } from 'zod'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { MEDIA } from '../artifact/artifact.ts'
import type { Descriptor } from '../artifact/artifact.ts'
import type { ImageTarget, ManifestBytes } from '../artifact/image-source.ts'
import { parseBundle } from './bundle.ts'
import { ANNOTATION } from './evidence.ts'
import { logProofText } from './log-entry.ts'
import type { LogProof } from './log-proof.ts'

export type AttachOptions = {
  readonly predicateType: string
  /** RFC 3339 time for the manifest. Passed in, so that attaching again gives the same digest. */
  readonly created: string
  readonly logProof?: LogProof
}

const EMPTY_CONFIG = utf8('{}')

/**
 * Attaches a bundle to a subject as an OCI referrer in cosign 3's form: artifactType and layer type are the bundle's, the config is
 * empty. In: the subject's descriptor and the stored bundle bytes. Out: the descriptor of the referrer. If a referrer with the same
 * bundle bytes is there already it is returned, and nothing is written. Throws `evidence-malformed` for bytes that are no bundle.
 */
export async function attachBundle(
  target: ImageTarget,
  subject: Descriptor,
  bundle: Uint8Array,
  options: AttachOptions,
): Promise<Descriptor> {
  const manifest = referrerManifest(subject, bundle, options)
  const layer = digestOf(bundle)
  const present = await attachedAlready(target, subject.digest, layer)
  if (present !== undefined) return present
  await target.putBlob({ digest: layer, size: bundle.byteLength }, () => once(bundle))
  await target.putBlob({ digest: digestOf(EMPTY_CONFIG), size: EMPTY_CONFIG.byteLength }, () => once(EMPTY_CONFIG))
  await target.putManifest(manifest)
  return manifest.descriptor
}

/** The manifest that attaches a bundle: canonical JSON, the same bytes for the same input. */
export function referrerManifest(subject: Descriptor, bundle: Uint8Array, options: AttachOptions): ManifestBytes {
  const content = parseBundle(bundle, 'the bundle to attach').content
  const annotations: Record<string, string> = {
    [ANNOTATION.bundleContent]: content.kind === 'dsse' ? 'dsse-envelope' : 'message-signature',
    [ANNOTATION.created]: options.created,
    ...(content.kind === 'dsse' ? { [ANNOTATION.bundlePredicateType]: options.predicateType } : {}),
    ...(options.logProof === undefined ? {} : { [ANNOTATION.logProof]: logProofText(options.logProof) }),
  }
  const bytes = canonicalBytes({
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType: MEDIA.bundle,
    config: { mediaType: MEDIA.empty, digest: digestOf(EMPTY_CONFIG), size: EMPTY_CONFIG.byteLength },
    layers: [{ mediaType: MEDIA.bundle, digest: digestOf(bundle), size: bundle.byteLength }],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    annotations,
  })
  return {
    descriptor: {
      mediaType: MEDIA.ociManifest,
      digest: digestOf(bytes),
      size: bytes.byteLength,
      artifactType: MEDIA.bundle,
      annotations,
    },
    bytes,
  }
}

const layersSchema = z.object({ layers: z.array(z.object({ digest: z.string() })) })

async function attachedAlready(target: ImageTarget, subject: Digest, layer: Digest): Promise<Descriptor | undefined> {
  for (const referrer of await target.referrers(subject)) {
    if (referrer.artifactType !== MEDIA.bundle) continue
    const manifest = await target.manifest(referrer.digest)
    if (manifest === undefined) continue
    const read = layersSchema.safeParse(parseJson(manifest.bytes, `${target.name} ${referrer.digest}`))
    if (read.success && read.data.layers.length === 1 && read.data.layers[0]?.digest === layer) return referrer
  }
  return undefined
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

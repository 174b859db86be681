import { MEDIA } from '../../src/artifact/artifact.ts'
import type { Descriptor } from '../../src/artifact/artifact.ts'
import type { ImageTarget, ManifestBytes } from '../../src/artifact/image-source.ts'
import { manifestBytesOf } from '../../src/artifact/manifest.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { digestOf } from '../../src/kernel/digest.ts'

/** A made-up manifest with the blobs it needs; small, the same each time, no image anybody could run. */
export type MadeImage = { readonly manifest: ManifestBytes; readonly blobs: readonly Uint8Array[] }

export const EMPTY = utf8('{}')
export const EMPTY_DESCRIPTOR: Descriptor = { mediaType: MEDIA.empty, digest: digestOf(EMPTY), size: 2 }

export function describe(bytes: Uint8Array, mediaType: string = MEDIA.octets): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
}

export function makeManifest(json: Record<string, unknown>, blobs: readonly Uint8Array[] = []): MadeImage {
  return { manifest: manifestBytesOf(utf8(JSON.stringify({ schemaVersion: 2, ...json })), 'made for a test'), blobs }
}

/** An image of one layer that holds this text. */
export function makeImage(text: string, more: Record<string, unknown> = {}): MadeImage {
  const layer = utf8(text)
  const config = utf8(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }))
  return makeManifest(
    {
      mediaType: MEDIA.ociManifest,
      config: describe(config, MEDIA.ociConfig),
      layers: [describe(layer, 'application/vnd.oci.image.layer.v1.tar')],
      ...more,
    },
    [config, layer],
  )
}

/** Something attached to a manifest: one blob with this text. */
export function makeReferrer(subject: ManifestBytes, text: string, artifactType = 'application/vnd.test.note'): MadeImage {
  const note = utf8(text)
  return makeManifest(
    {
      mediaType: MEDIA.ociManifest,
      artifactType,
      config: EMPTY_DESCRIPTOR,
      layers: [describe(note, artifactType)],
      subject: subject.descriptor,
      annotations: { 'org.opencontainers.image.title': text },
    },
    [EMPTY, note],
  )
}

export function makeIndex(children: readonly MadeImage[]): MadeImage {
  return makeManifest({ mediaType: MEDIA.ociIndex, manifests: children.map((child) => child.manifest.descriptor) })
}

export async function* streamOf(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

/** Stores images with their blobs, in order. */
export async function putImages(target: ImageTarget, ...images: readonly MadeImage[]): Promise<void> {
  for (const image of images) {
    for (const blob of image.blobs) await target.putBlob(describe(blob), () => streamOf(blob))
    await target.putManifest(image.manifest)
  }
}

import { gzipSync, zstdCompressSync } from 'node:zlib'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import type { Json } from '../kernel/json.ts'
import { MEDIA } from './artifact.ts'
import type { Descriptor } from './artifact.ts'
import type { Compression } from './decompress.ts'
import { tarBytes } from './tar-write.ts'
import type { TarItem } from './tar-write.ts'

/** What goes into an OCI archive of one image. */
export type ArchivedImage = {
  /** The image config (image-spec 1.1, config.md) without `rootfs`, which is worked out from the layers. */
  readonly config: Readonly<Record<string, Json>> & { readonly os: string; readonly architecture: string }
  /** Unpacked tar archives, bottom first. Packed as said; only `none` gives the same bytes whatever zlib was built in. */
  readonly layers: readonly { readonly tar: Uint8Array; readonly compression?: Compression }[]
  readonly annotations?: Readonly<Record<string, string>>
  /** Written as the image's `org.opencontainers.image.ref.name`. */
  readonly tag?: string
  /** Seconds since 1970 of every entry of the outer archive. */
  readonly mtime: number
}

/** Makes an OCI archive (an OCI image layout in a tar). The bytes depend on nothing but the arguments. Out: them, and the digest of the image manifest. */
export function ociArchiveBytes(image: ArchivedImage): { readonly bytes: Uint8Array; readonly manifest: Digest } {
  const blobs = new Map<Digest, Uint8Array>()
  const add = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.byteLength }
  }
  const layers = image.layers.map(({ tar, compression = 'none' }) =>
    add(pack(tar, compression), `application/vnd.oci.image.layer.v1.tar${compression === 'none' ? '' : `+${compression}`}`),
  )
  const rootfs = { type: 'layers', diff_ids: image.layers.map(({ tar }) => digestOf(tar)) }
  const config = add(canonicalBytes({ ...image.config, rootfs }), MEDIA.ociConfig)
  const annotations = image.annotations === undefined ? {} : { annotations: image.annotations }
  const manifest = add(
    canonicalBytes({ schemaVersion: 2, mediaType: MEDIA.ociManifest, config, layers, ...annotations }),
    MEDIA.ociManifest,
  )
  const { os, architecture } = image.config
  const tagged = image.tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': image.tag } }
  const index = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [{ ...manifest, platform: { os, architecture }, ...tagged }] }
  const items: TarItem[] = [
    { type: 'file', path: 'oci-layout', content: utf8('{"imageLayoutVersion":"1.0.0"}') },
    { type: 'file', path: 'index.json', content: canonicalBytes(index) },
    { type: 'directory', path: 'blobs' },
    { type: 'directory', path: 'blobs/sha256' },
  ]
  for (const [digest, content] of blobs) items.push({ type: 'file', path: `blobs/sha256/${hexOf(digest)}`, content })
  return { bytes: tarBytes(items, { mtime: image.mtime }), manifest: manifest.digest }
}

function pack(tar: Uint8Array, compression: Compression): Uint8Array {
  if (compression === 'gzip') return gzipSync(tar)
  return compression === 'zstd' ? zstdCompressSync(tar) : tar
}

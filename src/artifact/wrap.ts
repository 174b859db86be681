import type { Descriptor } from './artifact.ts'
import { MEDIA } from './artifact.ts'
import type { ManifestBytes } from './image-source.ts'
import { readManifest } from './manifest.ts'
import { equalBytes, utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { canonicalBytes } from '../kernel/json.ts'

export type WrappedFile = { readonly digest: Digest; readonly size: number; readonly name: string }

/** image-spec's annotation for a file name (annotations.md). */
const TITLE = 'org.opencontainers.image.title'
const EMPTY_CONFIG = utf8('{}')

/**
 * The canonical OCI manifest of a shipped file: our artifactType, the empty config (image-spec 1.1, "Guidance for an
 * Empty Descriptor"), the file as the one layer, its name, no dates. The same file and name give the same bytes
 * everywhere. Out: the manifest, the layer and the config to store beside it. Throws `reference-invalid` on a name
 * that is more than a file name.
 */
export function wrapFile(file: WrappedFile): { readonly manifest: ManifestBytes; readonly layer: Descriptor; readonly config: Uint8Array } {
  if (!isFileName(file.name)) throw fail('reference-invalid', 'is not a plain file name', { where: file.name.slice(0, 100) })
  const layer = { mediaType: MEDIA.octets, digest: file.digest, size: file.size, annotations: { [TITLE]: file.name } }
  const bytes = canonicalBytes({
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType: MEDIA.wrappedFile,
    config: { mediaType: MEDIA.empty, digest: digestOf(EMPTY_CONFIG), size: EMPTY_CONFIG.byteLength },
    layers: [layer],
  })
  return {
    manifest: { descriptor: { mediaType: MEDIA.ociManifest, digest: digestOf(bytes), size: bytes.byteLength }, bytes },
    layer,
    config: EMPTY_CONFIG,
  }
}

/**
 * The file a manifest wraps, or undefined when it is anything else. Only the very bytes `wrapFile` makes count, so a
 * manifest cannot carry more than the file it names.
 */
export function wrappedFileOf(manifest: ManifestBytes): WrappedFile | undefined {
  const content = readManifest(manifest.bytes, manifest.descriptor.digest)
  const layer = content.kind === 'manifest' && content.artifactType === MEDIA.wrappedFile ? content.layers[0] : undefined
  const name = layer?.annotations?.[TITLE]
  if (layer === undefined || name === undefined || !isFileName(name)) return undefined
  const file = { digest: layer.digest, size: layer.size, name }
  return equalBytes(wrapFile(file).manifest.bytes, manifest.bytes) ? file : undefined
}

function isFileName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return name !== '.' && name !== '..' && name.isWellFormed() && /^[^/\\\u0000-\u001f\u007f]{1,255}$/u.test(name)
}

/** The tag by which the manifest that wraps a file is found when only the file is at hand. A hint: the manifest is read and compared. */
export function lookupTag(file: Digest): string {
  return `sha256-${hexOf(file)}.file`
}

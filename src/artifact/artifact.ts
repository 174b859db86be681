import { digestSetOf } from '../kernel/digest.ts'
import type { Digest, DigestSet } from '../kernel/digest.ts'

/** What evidence is about: the bytes of a file, or an OCI manifest or index. See docs/architecture.md, "What an artifact is". */
export type Artifact =
  | ({
      readonly kind: 'file'
      /** The config digest of the one image in a docker archive, which has no manifest: the image goes by this too. */
      readonly config?: Digest
    } & FileFacts)
  | {
      readonly kind: 'manifest'
      readonly digest: Digest
      readonly size: number
      readonly mediaType: string
      /** Repository or file name it was asked for by; for people, never for decisions. */
      readonly name: string
      /** When the manifest wraps exactly one file (our own wrapping): that file. A match through the manifest checks it. */
      readonly file?: FileFacts
    }

/** A file by its digest. `others` are digests of the very same bytes (sha512, sha384), computed here, where evidence named no sha256. */
export type FileFacts = { readonly digest: Digest; readonly size: number; readonly name: string; readonly others?: DigestSet }

/** All digests of a file that were computed here. */
export function fileDigestSet(file: Pick<FileFacts, 'digest' | 'others'>): DigestSet {
  return { ...file.others, ...digestSetOf(file.digest) }
}

/** OCI content descriptor (image-spec 1.1, descriptor.md). Only sha256 digests are accepted anywhere. */
export type Descriptor = {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  readonly platform?: Platform
}

export type Platform = { readonly os: string; readonly architecture: string; readonly variant?: string }

export const MEDIA = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  octets: 'application/octet-stream',
  bundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  /** artifactType of the manifest that wraps a shipped file. */
  wrappedFile: 'application/vnd.tallystick.file.v1',
} as const

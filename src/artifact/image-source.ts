import type { Digest } from '../kernel/digest.ts'
import type { Descriptor } from './artifact.ts'

/** Bytes of a manifest whose digest was recomputed and whose mediaType was checked against its content. */
export type ManifestBytes = { readonly descriptor: Descriptor; readonly bytes: Uint8Array }

/**
 * Where images come from: an OCI layout, an OCI or docker archive, a registry repository. Everything handed out was
 * verified against its digest on the way; a blob's stream throws `digest-mismatch` at its end if it lied.
 */
export type ImageSource = {
  /** How a person would name it: `oci:/path`, `registry.example/repo`. No credentials. */
  readonly name: string
  /** Resolves a tag (once; carry the digest from then on). Undefined when there is no such tag. */
  readonly resolveTag: (tag: string) => Promise<Descriptor | undefined>
  /** A manifest or index by digest. Undefined when it is not there. */
  readonly manifest: (digest: Digest) => Promise<ManifestBytes | undefined>
  /** The verified bytes of a blob. Throws `not-found` when it is not there. */
  readonly blob: (descriptor: Pick<Descriptor, 'digest' | 'size'>) => AsyncIterable<Uint8Array>
  /** A file that is this blob, bytes not verified; where there is none, or it is not as long as promised, undefined. */
  readonly blobFile?: (descriptor: Pick<Descriptor, 'digest' | 'size'>) => Promise<string | undefined>
  /** Descriptors of manifests whose subject is `digest` (referrers API, else the fallback tag), `artifactType` filled in. Bounded by LIMITS.referrersPerDigest. */
  readonly referrers: (digest: Digest) => Promise<readonly Descriptor[]>
  /** All tags, sorted. Bounded by LIMITS.indexEntries. */
  readonly tags: () => Promise<readonly string[]>
  /**
   * What a layout or archive lists itself, tagged or not, without referrers: what it can mean when neither tag nor digest
   * was given. A registry has no such list.
   */
  readonly roots?: () => Promise<readonly Descriptor[]>
  /** Set for a registry: blobs can be mounted from one repository of a host into another of the same host. */
  readonly origin?: { readonly host: string; readonly repository: string }
}

/** A place images can be written to. Every call may be repeated: writing what is there already does nothing. */
export type ImageTarget = ImageSource & {
  readonly hasBlob: (digest: Digest) => Promise<boolean>
  /** Stores a blob. `from` is the source repository of the same registry, for a cross-repository mount. */
  readonly putBlob: (
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    bytes: () => AsyncIterable<Uint8Array>,
    from?: string,
  ) => Promise<void>
  /** Stores a manifest by digest. With a `subject` it is then found by `referrers`, on registries without the API too (fallback tag). */
  readonly putManifest: (manifest: ManifestBytes) => Promise<void>
  /** Points a tag at a manifest that is there. Overwrites: whoever must not move a tag resolves it first. */
  readonly putTag: (tag: string, digest: Digest) => Promise<void>
}

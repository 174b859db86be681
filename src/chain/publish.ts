import type { Artifact, Descriptor } from '../artifact/artifact.ts'
import { MEDIA } from '../artifact/artifact.ts'
import { copyImage } from '../artifact/copy.ts'
import type { ImageSource, ImageTarget } from '../artifact/image-source.ts'
import { openOciArchive } from '../artifact/oci-archive.ts'
import { lookupTag, wrapFile } from '../artifact/wrap.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { readFileStream } from '../kernel/read-file.ts'

/** Something to ship: a file to be wrapped, or an image in an archive. */
export type Shippable = {
  readonly artifact: Extract<Artifact, { kind: 'manifest' }>
  readonly subject: Descriptor
  /** The image's own source, for SBOMs; undefined for a file. */
  readonly image?: ImageSource
  /** Writes artifact and manifest to a target. May be repeated. */
  readonly push: (target: ImageTarget, signal: AbortSignal) => Promise<void>
}

/** A file as something to ship, wrapped in its canonical manifest. */
export function shippableFile(
  deps: Pick<Deps, 'fs'>,
  path: string,
  file: { readonly name: string; readonly digest: Digest; readonly size: number },
): Shippable {
  const wrapped = wrapFile(file)
  const { descriptor } = wrapped.manifest
  return {
    artifact: {
      kind: 'manifest',
      digest: descriptor.digest,
      size: descriptor.size,
      mediaType: descriptor.mediaType,
      name: file.name,
      file,
    },
    subject: { ...descriptor, artifactType: MEDIA.wrappedFile },
    push: async (target) => {
      await target.putBlob({ digest: digestOf(wrapped.config), size: wrapped.config.byteLength }, async function* () {
        yield wrapped.config
      })
      await target.putBlob(file, () => readFileStream(deps, path))
      await target.putManifest(wrapped.manifest)
      await target.putTag(lookupTag(file.digest), descriptor.digest)
    },
  }
}

/** The one image of an OCI archive as something to ship. Throws `artifact-malformed` when it holds none or several. */
export async function shippableImage(deps: Deps, path: string, name: string): Promise<Shippable> {
  const image = await openOciArchive(deps, path)
  const tags = await image.tags()
  const roots = new Map<Digest, Descriptor>()
  for (const tag of tags) {
    const descriptor = await image.resolveTag(tag)
    if (descriptor !== undefined) roots.set(descriptor.digest, descriptor)
  }
  const [subject] = roots.values()
  if (subject === undefined || roots.size > 1) {
    throw fail('artifact-malformed', `holds ${roots.size} tagged images where one is shipped`, {
      where: name,
      hint: 'tag exactly one image in the archive',
    })
  }
  return {
    artifact: { kind: 'manifest', digest: subject.digest, size: subject.size, mediaType: subject.mediaType, name },
    subject,
    image,
    push: async (target, signal) => {
      await copyImage(image, target, subject.digest, { signal })
    },
  }
}

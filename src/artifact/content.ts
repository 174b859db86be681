import type { Artifact } from './artifact.ts'
import type { ImageSource } from './image-source.ts'
import type { Reference } from './reference.ts'
import type { Deps } from '../kernel/deps.ts'
import { passFile } from '../kernel/read-file.ts'

/** The bytes of a file, from its beginning each time it is called; a piece is good until the next is asked for. Whoever reads them compares them with the artifact's digest. */
export type Content = () => AsyncIterable<Uint8Array>

/** The bytes of the one file a manifest wraps; undefined for every other artifact. */
export function contentAt(source: ImageSource, artifact: Artifact): Content | undefined {
  if (artifact.kind !== 'manifest' || artifact.file === undefined) return undefined
  const { digest, size } = artifact.file
  return () => source.blob({ digest, size })
}

/** The bytes of an artifact where it was asked for: the file itself, or the file a manifest wraps. Undefined for images. */
export function contentOf(
  deps: Pick<Deps, 'fs'>,
  reference: Reference,
  artifact: Artifact,
  source: ImageSource | undefined,
): Content | undefined {
  if (reference.scheme === 'file' || reference.scheme === 'docker-archive') return () => passFile(deps, reference.path)
  return source === undefined ? undefined : contentAt(source, artifact)
}

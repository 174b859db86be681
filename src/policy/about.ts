import { fileDigestSet } from '../artifact/artifact.ts'
import type { Artifact } from '../artifact/artifact.ts'
import type { Statement } from '../evidence/evidence.ts'
import { digestSetOf, sameDigestSet } from '../kernel/digest.ts'
import type { Digest, DigestSet } from '../kernel/digest.ts'

/** The digests an artifact goes by: its own, for a wrapped file the file's, for a docker archive its image's config. */
export function artifactDigests(artifact: Artifact): readonly Digest[] {
  const other = artifact.kind === 'manifest' ? artifact.file?.digest : artifact.config
  return other === undefined ? [artifact.digest] : [artifact.digest, other]
}

export function artifactDigestSets(artifact: Artifact): readonly DigestSet[] {
  if (artifact.kind === 'file') return [fileDigestSet(artifact), ...(artifact.config === undefined ? [] : [digestSetOf(artifact.config)])]
  return [digestSetOf(artifact.digest), ...(artifact.file === undefined ? [] : [fileDigestSet(artifact.file)])]
}

/** Whether a statement names the artifact as a subject. Trust has checked it; a receipt of something else must not count even so. */
export function isAbout(statement: Statement, artifact: Artifact): boolean {
  return artifactDigestSets(artifact).some((digests) => statement.subject.some((subject) => sameDigestSet(subject.digest, digests)))
}

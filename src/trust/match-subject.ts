import { digestSetOf, sameDigestSet } from '../kernel/digest.ts'
import type { DigestSet } from '../kernel/digest.ts'
import { fileDigestSet } from '../artifact/artifact.ts'
import type { Artifact } from '../artifact/artifact.ts'
import { OTHER_ALGORITHMS } from '../artifact/other-digests.ts'
import type { Statement } from '../evidence/evidence.ts'

export type SubjectMatch = { readonly matched: 'manifest' | 'file' | 'config' } | { readonly why: string }

/**
 * Whether a statement is about an artifact. A subject matches by sha256, or by sha384 or sha512 where those of the file were
 * computed (`others`), and every digest algorithm both sides name must agree; sha1 and git commits alone never match. A statement about a manifest that wraps a file, whose second subject is a file, must
 * name the very file the manifest wraps: the two halves of one statement may not tell two stories. A docker archive has no
 * manifest: it matches as the file it is, or by the config digest of its image, and the answer says which.
 */
export function matchSubject(statement: Pick<Statement, 'subject'>, artifact: Artifact): SubjectMatch {
  const names = (digests: DigestSet): boolean => statement.subject.some((subject) => sameDigestSet(subject.digest, digests))
  const whole = artifact.kind === 'file' ? fileDigestSet(artifact) : digestSetOf(artifact.digest)
  if (artifact.kind === 'file') {
    if (names(whole)) return { matched: 'file' }
    if (artifact.config !== undefined && names(digestSetOf(artifact.config))) return { matched: 'config' }
    return { why: `is about something else, not ${artifact.digest}` }
  }
  const file = artifact.file === undefined ? undefined : fileDigestSet(artifact.file)
  if (names(whole)) {
    const [, second, ...more] = statement.subject
    const isPair = second !== undefined && more.length === 0
    if (file !== undefined && isPair && !names(file)) {
      return { why: `names the manifest ${artifact.digest}, and beside it a file that is not the one this manifest wraps` }
    }
    return { matched: 'manifest' }
  }
  if (file !== undefined && names(file)) return { matched: 'file' }
  return { why: `is about something else, not ${artifact.digest}` }
}

/** Whether a statement could be about a file by a digest that is not computed yet: a subject names sha384 or sha512, and no sha256. */
export function needsOthers(statement: Pick<Statement, 'subject'>): boolean {
  return statement.subject.some(
    ({ digest }) => !Object.hasOwn(digest, 'sha256') && OTHER_ALGORITHMS.some((name) => Object.hasOwn(digest, name)),
  )
}

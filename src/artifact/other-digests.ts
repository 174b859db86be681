import { createHash } from 'node:crypto'
import type { Artifact } from './artifact.ts'
import type { Content } from './content.ts'
import { finishDigest } from '../kernel/digest.ts'
import type { DigestSet } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'

/** Digests beside sha256 that evidence may name a file by. npm writes sha512 alone. */
export const OTHER_ALGORITHMS = ['sha384', 'sha512'] as const

/** What is still to be found out about a file: computed once, and only when somebody asks. */
export type OtherDigests = {
  readonly compute: () => Promise<DigestSet>
  /** What was computed; undefined as long as nobody asked. */
  readonly known: () => DigestSet | undefined
}

/**
 * The other digests of an artifact's file, from its bytes, which must still be the bytes of its sha256. Undefined for an
 * artifact that is no file. `compute` throws `digest-mismatch` when the file has changed meanwhile.
 */
export function otherDigestsOf(artifact: Artifact, content: Content): OtherDigests | undefined {
  const file = artifact.kind === 'file' ? artifact : artifact.file
  if (file === undefined) return undefined
  let known: DigestSet | undefined
  const compute = async (): Promise<DigestSet> => {
    const sha256 = createHash('sha256')
    const others = OTHER_ALGORITHMS.map((name) => ({ name, hash: createHash(name) }))
    for await (const part of content()) {
      sha256.update(part)
      for (const { hash } of others) hash.update(part)
    }
    const found = finishDigest(sha256)
    if (found !== file.digest) throw fail('digest-mismatch', `is ${found} where it was ${file.digest} before`, { where: file.name })
    known = Object.fromEntries(others.map(({ name, hash }) => [name, hash.digest('hex')]))
    return known
  }
  let running: Promise<DigestSet> | undefined
  return { compute: () => (running ??= compute()), known: () => known }
}

/** An artifact whose file is also known by other digests. */
export function withOthers(artifact: Artifact, others: DigestSet | undefined): Artifact {
  if (others === undefined) return artifact
  if (artifact.kind === 'file') return { ...artifact, others }
  return artifact.file === undefined ? artifact : { ...artifact, file: { ...artifact.file, others } }
}

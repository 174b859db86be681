import { createHash, hash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { fail } from './errors.ts'

declare const digestBrand: unique symbol
/** `sha256:<64 lower-case hex>`. The only way the program carries a digest of its own. */
export type Digest = string & { readonly [digestBrand]: true }

const DIGEST = /^sha256:[0-9a-f]{64}$/

/** Reads a digest. Throws `reference-invalid` for any other algorithm, length or case. */
export function parseDigest(text: string, where?: string): Digest {
  if (!DIGEST.test(text)) {
    throw fail('reference-invalid', 'is not a digest of the form sha256:<64 hexadecimal digits>', { where: where ?? text.slice(0, 100) })
  }
  return text as Digest
}

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text)
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}` as Digest
}

/** The 64 hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

/** Finishes a running SHA-256 into a digest. */
export function finishDigest(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}` as Digest
}

/** Passes a stream through unchanged and throws `digest-mismatch` at its end if digest or size are not the promised ones. */
export async function* verifyingStream(
  stream: AsyncIterable<Uint8Array>,
  promised: { readonly digest: Digest; readonly size?: number },
  where: string,
): AsyncGenerator<Uint8Array> {
  const running = createHash('sha256')
  let size = 0
  for await (const part of stream) {
    size += part.byteLength
    if (promised.size !== undefined && size > promised.size) {
      throw fail('digest-mismatch', `has more than the promised ${promised.size} bytes`, { where })
    }
    running.update(part)
    yield part
  }
  if (promised.size !== undefined && size !== promised.size) {
    throw fail('digest-mismatch', `has ${size} bytes where ${promised.size} were promised`, { where })
  }
  const found = finishDigest(running)
  if (found !== promised.digest) throw fail('digest-mismatch', `is ${found} where ${promised.digest} was promised`, { where })
}

/** What others claim, algorithm to hexadecimal value (in-toto DigestSet). Never a proof by itself. */
export type DigestSet = Readonly<Record<string, string>>

const STRONG = new Set(['sha256', 'sha384', 'sha512'])

/**
 * Whether two digest sets name the same bytes: at least one shared algorithm is sha256, sha384 or sha512, and all shared
 * algorithms agree. Weak algorithms alone (sha1, gitCommit, md5) never match.
 */
export function sameDigestSet(a: DigestSet, b: DigestSet): boolean {
  let strong = false
  for (const [algorithm, value] of Object.entries(a)) {
    if (!Object.hasOwn(b, algorithm)) continue
    const other = b[algorithm]
    if (other === undefined || other.toLowerCase() !== value.toLowerCase() || value === '') return false
    if (STRONG.has(algorithm)) strong = true
  }
  return strong
}

/** The digest set of our own digest. */
export function digestSetOf(digest: Digest): DigestSet {
  return { sha256: hexOf(digest) }
}

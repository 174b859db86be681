import { equalBytes } from '../../kernel/bytes.ts'
import { digestOf } from '../../kernel/digest.ts'
import type { Digest } from '../../kernel/digest.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Certificate } from './certificate.ts'
import { describeName } from './names.ts'
import { isSignedBy } from './signature-algorithm.ts'
import { isWithin } from './time-range.ts'
import type { TimeRange } from './time-range.ts'
import { checkIssuerUse, checkLeafUse, checkValidity } from './usage.ts'
import type { Purpose } from './usage.ts'

/** A certificate authority of a trusted root: issuers first, the anchor last. */
export type CertificateAuthority = {
  readonly uri: string
  /** Whom two authorities must not share to count as two. */
  readonly operator: string
  readonly validFor: TimeRange
  readonly certificates: readonly Certificate[]
  /**
   * Which of its certificates issued which certificate, by the digest of all its bytes, as far as it was found out: of the
   * LIMITS.issuedRemembered that were asked for last. Whoever signs many things with one certificate has it verified once.
   */
  readonly issued: Map<Digest, Certificate>
}

/** Leaf first, anchor last. */
export type Path = readonly Certificate[]
export type FoundChain = { readonly path: Path; readonly authority: CertificateAuthority }

/** Most signatures checked in search of one path: whoever brings certificates could lay out endless ways. */
const MOST_CHECKS = 32
const LONGEST_PATH = 8

/**
 * A path from a leaf to the anchor of a trusted authority (RFC 5280, 6.1) in which every certificate, the intermediates too, was valid at
 * every one of the proven times, as was the trust in the authority. In: the leaf, the authorities, certificates that came with the
 * evidence, the times. Out: the path, or why there is none. Never throws on hostile input but for `evidence-malformed`.
 */
export function findChain(
  leaf: Certificate,
  authorities: readonly CertificateAuthority[],
  brought: readonly Certificate[],
  times: readonly number[],
  purpose: Purpose,
): FoundChain | { readonly why: string } {
  const misuse = checkLeafUse(leaf, purpose)
  if (misuse !== undefined) return { why: `the certificate ${misuse}` }
  let reason = `the certificate was issued by ${describeName(leaf.issuer)}, which leads to no trusted authority`
  const budget = { left: MOST_CHECKS }
  for (const authority of authorities) {
    for (const path of pathsTo(authority, leaf, brought, budget)) {
      const why = checkPath(path, authority, times, purpose)
      if (why === undefined) return { path, authority }
      reason = why
    }
  }
  return { why: reason }
}

function* pathsTo(
  authority: CertificateAuthority,
  leaf: Certificate,
  brought: readonly Certificate[],
  budget: { left: number },
): Generator<Path> {
  const [anchor] = authority.certificates.slice(-1)
  if (anchor === undefined) return
  const end: Certificate = anchor
  const pool = [...authority.certificates, ...brought]
  function* extend(path: Path, last: Certificate): Generator<Path> {
    if (isSame(last, end)) {
      yield path
      return
    }
    if (path.length >= LONGEST_PATH) return
    for (const issuer of pool) {
      if (!equalBytes(issuer.subject, last.issuer) || path.some((one) => isSame(one, issuer))) continue
      if (hasIssued(authority, issuer, last, budget)) yield* extend([...path, issuer], issuer)
    }
  }
  // A timestamp authority's own certificate may stand in its chain.
  const start = authority.certificates.find((one) => isSame(one, leaf)) ?? leaf
  yield* extend([start], start)
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a === b || equalBytes(a.raw, b.raw)
}

function hasIssued(authority: CertificateAuthority, issuer: Certificate, issued: Certificate, budget: { left: number }): boolean {
  const isOwn = authority.certificates.includes(issuer)
  const digest = digestOf(issued.raw)
  if (isOwn && authority.issued.get(digest) === issuer) {
    remember(authority.issued, digest, issuer)
    return true
  }
  if (budget.left <= 0) return false
  budget.left -= 1
  if (!isSignedBy(issued.algorithm, issuer.key(), issued.tbs, issued.signature)) return false
  if (isOwn) remember(authority.issued, digest, issuer)
  return true
}

function remember(issued: Map<Digest, Certificate>, digest: Digest, issuer: Certificate): void {
  // A map keeps its order: what was asked for last stands last.
  issued.delete(digest)
  issued.set(digest, issuer)
  const [oldest] = issued.keys()
  if (issued.size > LIMITS.issuedRemembered && oldest !== undefined) issued.delete(oldest)
}

function checkPath(path: Path, authority: CertificateAuthority, times: readonly number[], purpose: Purpose): string | undefined {
  for (const [at, certificate] of path.entries()) {
    const name = at === 0 ? 'the certificate' : `the issuing certificate of ${describeName(certificate.subject)}`
    const problem = (at === 0 ? undefined : checkIssuerUse(certificate, at - 1, purpose)) ?? checkValidity(certificate, times)
    if (problem !== undefined) return `${name} ${problem}`
  }
  if (times.every((time) => isWithin(authority.validFor, time))) return undefined
  return `the authority ${authority.uri} was not trusted at the time of signing`
}

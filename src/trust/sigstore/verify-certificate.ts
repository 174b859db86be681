import { isSelfIssued, parseCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { findChain } from './chain.ts'
import { readFacts } from './fulcio.ts'
import type { CertificateFacts } from './fulcio.ts'
import { readIdentities } from './names.ts'
import { verifyScts } from './sct.ts'
import type { TrustedRoot } from './trusted-root.ts'
import type { Needs } from './witness.ts'

/** A signing certificate taken apart, with what else its sender put beside it. Nothing of it is verified. */
export type Claimed = {
  readonly leaf: Certificate
  readonly brought: readonly Certificate[]
  readonly identities: readonly string[]
  readonly facts: CertificateFacts
}

/** Takes a certificate and the chain beside it apart. Throws `evidence-malformed` or `limit-exceeded`. */
export function readClaimed(chain: readonly [Uint8Array, ...Uint8Array[]]): Claimed {
  const [first, ...rest] = chain
  const leaf = parseCertificate(first)
  return { leaf, brought: rest.map(parseCertificate), identities: readIdentities(leaf), facts: readFacts(leaf) }
}

/**
 * Whether a signing certificate holds: a chain to a trusted authority, valid whole at every proven time, and in enough certificate
 * logs. Out: undefined, or why not. Whether its identity is trusted is the caller's question. Throws `evidence-malformed`.
 */
export function verifyCertificate(
  { leaf, brought }: Claimed,
  root: TrustedRoot,
  times: readonly number[],
  needs: Needs,
): string | undefined {
  if (brought.some(isSelfIssued)) return 'brings a root certificate of its own'
  const at = times.length === 0 && needs.now !== undefined ? [needs.now] : times
  if (at.length === 0) return 'has no proven time: neither a log’s promise nor a timestamp says when it was made'
  const chain = findChain(leaf, root.authorities, brought, at, 'code signing')
  if ('why' in chain) return chain.why
  const [, issuer] = chain.path
  if (issuer === undefined) return 'is signed with a certificate that is itself an authority'
  if (needs.certificateLogs === 0) return undefined
  const logged = verifyScts(leaf, issuer, root.certificateLogs, needs.certificateLogs)
  return 'why' in logged ? logged.why : undefined
}

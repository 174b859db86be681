import { TallyError, fail } from '../kernel/errors.ts'
import type { Matcher } from '../kernel/matcher.ts'
import type { NoteVerifier } from '../ledger/note.ts'
import type { PublicKey } from './keys.ts'
import type { May } from './receipt.ts'
import type { TimeRange } from './sigstore/time-range.ts'
import type { CertificateFacts, FactName } from './sigstore/fulcio.ts'
import type { TrustedRoot } from './sigstore/trusted-root.ts'
import type { Needs } from './sigstore/witness.ts'

/** The Sigstore instance whose word on times and identities counts, read when first needed, and how many witnesses are asked for. */
export type Instance = { readonly root: () => Promise<TrustedRoot>; readonly needs: Needs }

/**
 * The root of an instance. What is wrong with it is the fault of whoever named it, and never of the evidence that was to be verified by
 * it: every such error comes as one that rejects no evidence.
 */
export async function rootOf({ root }: Instance): Promise<TrustedRoot> {
  try {
    return await root()
  } catch (error) {
    const isOfTheFile = error instanceof TallyError && ['evidence-malformed', 'limit-exceeded', 'version-unsupported'].includes(error.code)
    if (!isOfTheFile) throw error
    throw fail('config-invalid', error.message, { ...(error.where === undefined ? {} : { where: error.where }), cause: error })
  }
}

export type KeyAuthority = {
  readonly name: string
  readonly kind: 'key' | 'local'
  readonly key: PublicKey
  readonly may: readonly May[]
  /** When it may have signed; a signature then needs a proven time. */
  readonly validFor?: TimeRange
  /** Whose logs and timestamps count for what it signs. */
  readonly instance?: Instance
}

/** Somebody known by what a certificate authority says of them: subject and issuer, both always. */
export type IdentityAuthority = {
  readonly name: string
  readonly kind: 'identity'
  readonly subject: Matcher
  readonly issuer: Matcher
  /** What else the certificate must say. */
  readonly facts: readonly { readonly name: FactName; readonly is: Matcher }[]
  readonly may: readonly May[]
  readonly instance: Instance
}

/** Somebody who is trusted, by a name, to say certain things. */
export type Authority = KeyAuthority | IdentityAuthority

/** Who is trusted: authorities for statements, and keys whose checkpoints count beside those of authorities that `may: log`. */
export type Trust = { readonly authorities: readonly Authority[]; readonly logKeys: readonly NoteVerifier[] }

export function keyAuthoritiesOf(trust: Pick<Trust, 'authorities'>): readonly KeyAuthority[] {
  return trust.authorities.filter((one) => one.kind !== 'identity')
}

export function identityAuthoritiesOf(trust: Pick<Trust, 'authorities'>): readonly IdentityAuthority[] {
  return trust.authorities.filter((one) => one.kind === 'identity')
}

/** The identity of a certificate that an authority means, if it means one: issuer, every named fact, and one of the certificate's names. */
export function matchIdentity(authority: IdentityAuthority, identities: readonly string[], facts: CertificateFacts): string | undefined {
  if (facts.issuer === undefined || !authority.issuer.matches(facts.issuer)) return undefined
  if (!authority.facts.every(({ name, is }) => is.matches(facts[name] ?? ''))) return undefined
  return identities.find((identity) => authority.subject.matches(identity))
}

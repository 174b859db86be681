import { identityAuthoritiesOf, matchIdentity, rootOf } from './authority.ts'
import type { IdentityAuthority, Instance, Trust } from './authority.ts'
import type { VerifyingKey } from './keys.ts'
import type { Opened } from './open-bundle.ts'
import type { Refusal } from './signed.ts'
import { signingKeyOf } from './sigstore/certificate.ts'
import { readClaimed, verifyCertificate } from './sigstore/verify-certificate.ts'
import type { Claimed } from './sigstore/verify-certificate.ts'
import { verifyWitnesses } from './sigstore/witness.ts'
import type { Witnessed } from './sigstore/witness.ts'

/** A certificate that holds and says an identity somebody trusts. Whether its key made the signature is the next question. */
export type Identified = {
  readonly claimed: Claimed
  readonly key: VerifyingKey
  readonly authorities: readonly { readonly authority: IdentityAuthority; readonly subject: string; readonly witnessed: Witnessed }[]
}

/**
 * Reads the certificate evidence came with, and verifies it for every authority that means its identity: chain, certificate logs,
 * signature logs, timestamps. Out: what holds; why nothing does; or nothing when there is no certificate or nobody is trusted by
 * identity. Throws `evidence-malformed`, `limit-exceeded`, and what reading a trusted root throws.
 */
export async function identify(opened: Opened, trust: Trust): Promise<Identified | Refusal | undefined> {
  const [leaf, ...rest] = opened.certificates
  const trusted = identityAuthoritiesOf(trust)
  if (leaf === undefined || trusted.length === 0) return undefined
  const [signature, ...others] = opened.signatures
  if (signature === undefined || others.length > 0)
    return { code: 'evidence-malformed', why: 'has a certificate and not exactly one signature' }
  const claimed = readClaimed([leaf, ...rest])
  const meant = trusted.flatMap((authority) => {
    const subject = matchIdentity(authority, claimed.identities, claimed.facts)
    return subject === undefined ? [] : { authority, subject }
  })
  if (meant.length === 0) return { code: 'untrusted', why: describeStranger(claimed, trusted) }
  const authorities: Identified['authorities'][number][] = []
  let refusal = ''
  const judged = new Map<Instance, Witnessed | { readonly why: string }>()
  for (const { authority, subject } of meant) {
    const { instance } = authority
    const result = judged.get(instance) ?? (await verifyFor(instance, claimed, opened, signature))
    judged.set(instance, result)
    if ('why' in result) refusal = result.why
    else authorities.push({ authority, subject, witnessed: result })
  }
  if (authorities.length === 0) return { code: 'untrusted', why: `names ${meant[0]?.subject ?? ''} as its signer, and ${refusal}` }
  return { claimed, key: signingKeyOf(claimed.leaf), authorities }
}

async function verifyFor(
  instance: Instance,
  claimed: Claimed,
  opened: Opened,
  signature: Uint8Array,
): Promise<Witnessed | { readonly why: string }> {
  const { needs } = instance
  const root = await rootOf(instance)
  const witnessed = verifyWitnesses(opened.witnesses, signature, root, needs, true)
  if ('why' in witnessed) return witnessed
  const problem = verifyCertificate(claimed, root, witnessed.times, needs)
  return problem === undefined ? witnessed : { why: problem }
}

/** Nothing of the certificate is verified yet: it is what it claims. */
function describeStranger({ identities, facts }: Claimed, trusted: readonly IdentityAuthority[]): string {
  const subject = identities.join(', ') || 'nobody'
  const issuer = facts.issuer ?? 'no issuer'
  const near = trusted.find((one) => identities.some((identity) => one.subject.matches(identity)))
  if (near === undefined) return `names ${subject} (by ${issuer}) as its signer, who is not trusted`
  if (facts.issuer === undefined || !near.issuer.matches(facts.issuer)) {
    return `names ${subject} as its signer, by the issuer ${issuer}; ${near.name} is trusted by ${near.issuer.text} only`
  }
  const fact = near.facts.find(({ name, is }) => !is.matches(facts[name] ?? ''))
  return `names ${subject} as its signer, and its certificate says ${facts[fact?.name ?? 'issuer'] ?? 'nothing'} as ${fact?.name ?? 'issuer'}`
}

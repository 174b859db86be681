import { once } from '../kernel/once.ts'
import type { Artifact } from '../artifact/artifact.ts'
import type { Statement } from '../evidence/evidence.ts'
import { keyAuthoritiesOf } from './authority.ts'
import type { Authority, Trust } from './authority.ts'
import type { Identified } from './identify.ts'
import type { Opened } from './open-bundle.ts'
import type { SignerIdentity } from './receipt.ts'
import { verifySignatures } from './signed.ts'
import type { Refusal, Signed } from './signed.ts'
import type { Witnessed } from './sigstore/witness.ts'
import { about, checkBodies, witnessKey } from './vouched.ts'

/** Somebody trusted whose signature holds, and what others prove about it. */
export type Holder = { readonly authority: Authority; readonly signer: SignerIdentity; readonly witnessed: Witnessed }

// Reading certificates is much code, and most keys sign without one.
const identifying = once(() => import('./identify.ts'))

type Found = { readonly statement: Statement; readonly holders: readonly Holder[] }

/**
 * Finds everybody trusted who signed a piece of evidence, identities before keys are asked about content, so that no file is read for
 * a certificate that does not hold. Out: what was signed and by whom, at least one; or why there is nobody.
 */
export async function findHolders(
  opened: Opened,
  where: string,
  artifact: Artifact,
  trust: Trust,
  content: (() => AsyncIterable<Uint8Array>) | undefined,
): Promise<Found | Refusal> {
  if (trust.authorities.length === 0) return { code: 'untrusted', why: 'is signed, and nobody is trusted' }
  const identified = opened.certificates.length === 0 ? undefined : await (await identifying()).identify(opened, trust)
  const identity = identified !== undefined && 'key' in identified ? identified : undefined
  const keys = keyAuthoritiesOf(trust)
  const candidates = [...keys.map((one) => one.key), ...(identity === undefined ? [] : [identity.key])]
  const refusal = identified !== undefined && 'why' in identified ? identified : undefined
  if (candidates.length === 0) return refusal ?? explainNobody(opened, trust)
  const signed = await verifySignatures(opened, candidates, artifact, content)
  if ('why' in signed) return refusal ?? signed

  const holders: Holder[] = []
  const refusals: Refusal[] = []
  for (const authority of keys) {
    const signature = signed.by.get(authority.key)
    if (signature === undefined) continue
    const witnessed = await witnessKey(authority, opened, signed, signature, where)
    if ('why' in witnessed) refusals.push({ code: 'untrusted', why: witnessed.why })
    else holders.push({ authority, signer: { authority: authority.name, kind: authority.kind, keyId: authority.key.keyId }, witnessed })
  }
  if (identity !== undefined) {
    const result = await holdersOf(identity, opened, signed, where)
    if ('why' in result) refusals.push(result)
    else holders.push(...result)
  }
  if (holders.length > 0) return { statement: signed.statement(), holders }
  return refusals[0] ?? refusal ?? explainNobody(opened, trust)
}

async function holdersOf(identity: Identified, opened: Opened, signed: Signed, where: string): Promise<readonly Holder[] | Refusal> {
  const { claimed, key, authorities } = identity
  const name = authorities[0]?.subject ?? ''
  const signature = signed.by.get(key)
  if (signature === undefined) {
    return {
      code: 'signature-invalid',
      why: `names ${name} as its signer, and the signature does not match its bytes and that certificate`,
    }
  }
  const subject = { ...about(signed), signature, verifier: { kind: 'certificate', der: claimed.leaf.raw } } as const
  const holders: Holder[] = []
  for (const { authority, subject: identitySubject, witnessed } of authorities) {
    const problem = await checkBodies(opened.witnesses, witnessed, subject, where)
    if (problem !== undefined) return { code: 'signature-invalid', why: problem }
    const issuer = claimed.facts.issuer ?? ''
    holders.push({
      authority,
      signer: {
        authority: authority.name,
        kind: 'identity',
        keyId: key.keyId,
        identity: { subject: identitySubject, issuer, facts: claimed.facts },
      },
      witnessed,
    })
  }
  return holders
}

function explainNobody(opened: Opened, trust: Trust): Refusal {
  if (opened.certificates.length > 0) return { code: 'untrusted', why: 'is signed with a certificate, and nobody is trusted by identity' }
  const { claimedKey } = opened
  const claimed = keyAuthoritiesOf(trust).find((one) => one.key.keyId === claimedKey)
  if (claimed !== undefined) {
    return {
      code: 'signature-invalid',
      why: `has a signature that does not match its bytes and the key of ${claimed.name}, which it names`,
    }
  }
  if (claimedKey !== undefined) {
    return { code: 'untrusted', why: `is signed by another key (it names ${claimedKey.slice(0, 16)}…), which is not trusted` }
  }
  return { code: 'untrusted', why: 'is signed by a key that is not trusted, or changed after it was signed' }
}

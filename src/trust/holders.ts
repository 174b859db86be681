import type { Artifact } from '../artifact/artifact.ts'
import type { Statement } from '../evidence/evidence.ts'
import { keyAuthoritiesOf } from './authority.ts'
import type { Authority, Trust } from './authority.ts'
import { identify } from './identify.ts'
import type { Identified } from './identify.ts'
import type { Opened } from './open-evidence.ts'
import type { SignerIdentity } from './receipt.ts'
import { verifySignatures } from './signed.ts'
import type { Signed } from './signed.ts'
import type { Witnessed } from './sigstore/witness.ts'
import { about, checkBodies, witnessKey } from './vouched.ts'

/** Somebody trusted whose signature holds, and what others prove about it. */
export type Holder = { readonly authority: Authority; readonly signer: SignerIdentity; readonly witnessed: Witnessed }

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
): Promise<Found | { readonly why: string }> {
  const identified = await identify(opened, trust)
  const identity = identified !== undefined && 'key' in identified ? identified : undefined
  const keys = keyAuthoritiesOf(trust)
  const candidates = [...keys.map((one) => one.key), ...(identity === undefined ? [] : [identity.key])]
  const refusal = identified !== undefined && 'why' in identified ? identified.why : undefined
  if (candidates.length === 0) return { why: refusal ?? explainNobody(opened, trust) }
  const signed = await verifySignatures(opened, candidates, artifact, content)
  if ('why' in signed) return { why: refusal ?? signed.why }

  const holders: Holder[] = []
  const refusals: string[] = []
  for (const authority of keys) {
    const signature = signed.by.get(authority.key)
    if (signature === undefined) continue
    const witnessed = await witnessKey(authority, opened, signed, signature, where)
    if ('why' in witnessed) refusals.push(witnessed.why)
    else holders.push({ authority, signer: { authority: authority.name, kind: authority.kind, keyId: authority.key.keyId }, witnessed })
  }
  if (identity !== undefined) {
    const result = holdersOf(identity, opened, signed, where)
    if ('why' in result) refusals.push(result.why)
    else holders.push(...result)
  }
  if (holders.length > 0) return { statement: signed.statement(), holders }
  return { why: refusals[0] ?? refusal ?? explainNobody(opened, trust) }
}

function holdersOf(identity: Identified, opened: Opened, signed: Signed, where: string): readonly Holder[] | { readonly why: string } {
  const { claimed, key, authorities } = identity
  const name = authorities[0]?.subject ?? ''
  const signature = signed.by.get(key)
  if (signature === undefined)
    return { why: `names ${name} as its signer, and the signature does not match its bytes and that certificate` }
  const subject = { ...about(signed), signature, verifier: { kind: 'certificate', der: claimed.leaf.raw } } as const
  const holders: Holder[] = []
  for (const { authority, subject: identitySubject, witnessed } of authorities) {
    const problem = checkBodies(opened.witnesses, witnessed, subject, where)
    if (problem !== undefined) return { why: problem }
    const issuer = claimed.facts.issuer ?? ''
    holders.push({
      authority,
      signer: {
        authority: authority.name,
        kind: 'identity',
        keyId: key.keyId,
        identity: { subject: identitySubject, issuer },
        certificate: claimed.facts,
      },
      witnessed,
    })
  }
  return holders
}

function explainNobody(opened: Opened, trust: Trust): string {
  if (opened.certificates.length > 0) return 'is signed with a certificate, and nobody is trusted by identity'
  const { claimedKey } = opened
  const claimed = keyAuthoritiesOf(trust).find((one) => one.key.keyId === claimedKey)
  if (claimed !== undefined) return `has a signature that does not match its bytes and the key of ${claimed.name}, which it names`
  if (claimedKey !== undefined) return `is signed by another key (it names ${claimedKey.slice(0, 16)}…), which is not trusted`
  return 'is signed by a key that is not trusted, or changed after it was signed'
}

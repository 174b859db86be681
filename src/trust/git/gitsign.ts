import { createHash } from 'node:crypto'
import { equalBytes, toBase64, toHex, utf8 } from '../../kernel/bytes.ts'
import { canonicalBytes } from '../../kernel/json.ts'
import type { BundleLogEntry } from '../../evidence/bundle.ts'
import { matchIdentity } from '../authority.ts'
import type { IdentityAuthority } from '../authority.ts'
import { parseCertificate } from '../sigstore/certificate.ts'
import { isSignedBy } from '../sigstore/signature-algorithm.ts'
import { readClaimed, verifyCertificate } from '../sigstore/verify-certificate.ts'
import { verifyWitnesses } from '../sigstore/witness.ts'
import { readLogEntryProto } from './log-entry-proto.ts'
import { readSignedMessage } from './signed-message.ts'
import type { SignedMessage } from './signed-message.ts'

export type GitsignVerdict =
  | { readonly signer: string }
  | { readonly code: 'untrusted' | 'signature-invalid' | 'evidence-malformed'; readonly why: string }

/**
 * Verifies what gitsign puts into a commit, offline: a CMS signature by a certificate of Fulcio's, and beside it the entry of Rekor's log,
 * whose body is worked out anew from this very signature, what it is over and its certificate, so that an entry about anything else does
 * not verify (CVE-2024-51746). The key is that of the certificate, never one a log was asked for (CVE-2023-47122). Throws
 * `evidence-malformed`, `limit-exceeded`, and what reading a trusted root throws.
 */
export async function verifyGitsign(
  payload: Uint8Array,
  text: string,
  identities: readonly IdentityAuthority[],
  where: string,
): Promise<GitsignVerdict> {
  const message = readSignedMessage(text, where)
  const { contentHash, signature } = message
  const leaf = leafOf(message)
  if (leaf === undefined) return { code: 'evidence-malformed', why: 'does not bring the certificate of its signer' }
  const content = createHash(contentHash.hash).update(payload).digest()
  const certificate = parseCertificate(leaf)
  if (!equalBytes(contentHash.digest, content) || !isSignedBy(message.algorithm, certificate.key(), message.signedBytes, signature)) {
    return { code: 'signature-invalid', why: 'has a signature that does not match its bytes and its certificate' }
  }
  if (message.logEntry === undefined) {
    return { code: 'untrusted', why: 'brings no log entry, and nothing is looked up (gitsign writes one with `gitsign.rekorMode offline`)' }
  }
  const brought = message.certificates.filter((one) => !equalBytes(one, leaf))
  const claimed = readClaimed([leaf, ...brought])
  const entry = readLogEntryProto(message.logEntry, bodyOf(message, leaf), where)
  if (entry.kind !== 'hashedrekord' || entry.version !== '0.0.1')
    return { code: 'evidence-malformed', why: 'brings a log entry of another kind than hashedrekord 0.0.1' }
  let why = `names ${claimed.identities.join(', ') || 'nobody'} (by ${claimed.facts.issuer ?? 'no issuer'}) as its signer, who is not trusted`
  for (const identity of identities) {
    const subject = matchIdentity(identity, claimed.identities, claimed.facts)
    if (subject === undefined) continue
    const problem = await problemOf(identity, message, claimed, entry)
    if (problem === undefined) return { signer: `${subject} (by ${claimed.facts.issuer})` }
    why = `names ${subject} as its signer, and ${problem}`
  }
  return { code: 'untrusted', why }
}

async function problemOf(
  { instance }: IdentityAuthority,
  { signature, timestamps }: SignedMessage,
  claimed: ReturnType<typeof readClaimed>,
  entry: BundleLogEntry,
): Promise<string | undefined> {
  const root = await instance.root()
  const witnesses = { logEntries: [entry], entryNeed: 'promise', timestamps } as const
  const witnessed = verifyWitnesses(witnesses, signature, root, instance.needs, true)
  return 'why' in witnessed ? witnessed.why : verifyCertificate(claimed, root, witnessed.times, instance.needs)
}

function leafOf({ certificates, signer }: SignedMessage): Uint8Array | undefined {
  return certificates.find((der) => {
    const { issuer, serial } = parseCertificate(der)
    return equalBytes(issuer, signer.issuer) && equalBytes(serial, signer.serial)
  })
}

/** The body of the log's entry (hashedrekord 0.0.1): the signed attributes by their hash, the signature, the certificate as Go writes PEM. */
function bodyOf({ signedBytes, signature }: SignedMessage, leaf: Uint8Array): Uint8Array {
  const lines = toBase64(leaf).match(/.{1,64}/g) ?? []
  const pem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  const value = toHex(new Uint8Array(createHash('sha256').update(signedBytes).digest()))
  return canonicalBytes({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value } },
      signature: { content: toBase64(signature), publicKey: { content: toBase64(utf8(pem)) } },
    },
  })
}

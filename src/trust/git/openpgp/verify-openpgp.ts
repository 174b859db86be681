import { PACKET, readArmor, readPackets } from './packets.ts'
import type { SigningKey } from './keyring.ts'
import { SAYS, TYPE, matchesPgp, numberOf, readPgpSignature } from './signature.ts'

export type PgpVerdict =
  | { readonly signer: string }
  | { readonly code: 'untrusted' | 'signature-invalid' | 'evidence-malformed'; readonly why: string }

/**
 * Verifies a detached OpenPGP signature, as git asks `gpg` to make, by the keys of a keyring. What is judged at the time of the signature
 * is judged by what the signature says, for nothing else does; a revoked key is revoked for everything it ever signed.
 */
export function verifyOpenPgp(payload: Uint8Array, text: string, keys: readonly SigningKey[], where: string): PgpVerdict {
  const packets = readArmor(text, 'PGP SIGNATURE', where, 'evidence-malformed').flatMap((block) =>
    readPackets(block, where, 'evidence-malformed'),
  )
  const [packet, ...more] = packets
  if (packet?.type !== PACKET.signature || more.length > 0)
    return { code: 'evidence-malformed', why: 'has not exactly one OpenPGP signature' }
  const signature = readPgpSignature(packet.body)
  if (signature === undefined) {
    return {
      code: 'evidence-malformed',
      why: 'has an OpenPGP signature of a version or hash that is not accepted, or with a part that is not understood',
    }
  }
  if (signature.type !== TYPE.binary) return { code: 'signature-invalid', why: 'has an OpenPGP signature that is not one over a document' }
  const { issuer } = signature
  if (issuer === undefined) return { code: 'untrusted', why: 'has an OpenPGP signature that does not say by which key' }
  const named = keys.filter(({ key }) => key.fingerprint.endsWith(issuer))
  if (named.length === 0) return { code: 'untrusted', why: `is signed by the OpenPGP key ${issuer}, which is not among the trusted ones` }
  const signing = named.find(({ key }) => matchesPgp(signature, payload, key))
  if (signing === undefined) return { code: 'signature-invalid', why: 'has a signature that does not match its bytes and the key it names' }
  const who = `the OpenPGP key of ${signing.owner}`
  if (signing.isRevoked) return { code: 'untrusted', why: `is signed by ${who}, which is revoked` }
  if (signature.created < signing.start) return { code: 'untrusted', why: `is signed by ${who} before it was made` }
  if (signature.created >= signing.end) return { code: 'untrusted', why: `is signed by ${who} after it had ended` }
  const lasts = numberOf(signature.said.get(SAYS.expires)) ?? 0
  if (lasts > 0) return { code: 'untrusted', why: `is signed by ${who} for a time only, and no time is proven` }
  return { signer: `${signing.owner} (${signing.fingerprint})` }
}

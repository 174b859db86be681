import { hash as digestOf } from 'node:crypto'
import { equalBytes } from '../../kernel/bytes.ts'
import { DER } from '../der.ts'
import { readWhole } from './asn1.ts'
import { parseCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { findChain } from './chain.ts'
import type { CertificateAuthority } from './chain.ts'
import { isSignedBy } from './signature-algorithm.ts'
import { parseTimestamp } from './timestamp-token.ts'
import type { TimestampToken } from './timestamp-token.ts'
import { EXTENSION } from './usage.ts'

/** A time an authority vouches for. */
export type ProvenTimestamp = { readonly authority: CertificateAuthority; readonly time: number }
/** `unknown`: by an authority nobody named. */
export type TimestampResult = ProvenTimestamp | { readonly why: string; readonly unknown?: boolean }

/**
 * Verifies an RFC 3161 timestamp over the bytes of a signature, or over what holds that signature (`around`). The signer is the one its SignerInfo names, looked for among the
 * certificates of the trusted authorities and those that came with it, of which only a chain to a trusted authority makes a
 * signer. Throws `evidence-malformed` or `limit-exceeded`.
 */
export function verifyTimestamp(
  bytes: Uint8Array,
  signature: Uint8Array,
  authorities: readonly CertificateAuthority[],
  around?: Uint8Array,
): TimestampResult {
  const token = parseTimestamp(bytes)
  const brought = token.certificates.map(parseCertificate)
  const known = authorities.flatMap((authority) => authority.certificates)
  const signer = [...known, ...brought].find((certificate) => isNamed(certificate, token))
  if (signer === undefined) return { why: 'a timestamp is by an authority that is not trusted', unknown: true }
  // RFC 3161, 2.4.1: certificates come along only if they were asked for, and then the signer's is one of them.
  if (brought.length > 0 && !brought.some((certificate) => isNamed(certificate, token)))
    return { why: 'a timestamp brings certificates, and not the one of its signer' }
  const chain = findChain(signer, authorities, brought, [token.time], 'timestamping')
  if ('why' in chain) return { why: `a timestamp does not hold: ${chain.why}`, unknown: !known.includes(signer) }
  const { hash, digest } = token.imprint
  const isOver = (stamped: Uint8Array): boolean => equalBytes(digestOf(hash, stamped, 'buffer'), digest)
  if (!isOver(signature) && (around === undefined || !isOver(around)))
    return { why: 'a timestamp is of something other than this signature' }
  if (!isSignedBy(token.algorithm, signer.key(), token.signedBytes, token.signature)) {
    return { why: `a timestamp of ${chain.authority.uri} does not match its signature` }
  }
  return { authority: chain.authority, time: token.time }
}

/** Whether a certificate is the one the signer names, twice: in SignerInfo, and by its digest in the signed attributes. */
function isNamed(certificate: Certificate, { signer, certificateHash }: TimestampToken): boolean {
  const isReferred =
    signer.kind === 'issuer and serial'
      ? equalBytes(certificate.issuer, signer.issuer) && equalBytes(certificate.serial, signer.serial)
      : hasKeyId(certificate, signer.keyId)
  return isReferred && equalBytes(digestOf(certificateHash.hash, certificate.raw, 'buffer'), certificateHash.digest)
}

function hasKeyId(certificate: Certificate, keyId: Uint8Array): boolean {
  const value = certificate.extensions.get(EXTENSION.subjectKeyId)?.value
  return value !== undefined && equalBytes(readWhole(value, DER.octets, 'a key id').content, keyId)
}

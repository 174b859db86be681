import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { concatBytes, equalBytes, overLimit, toHex } from '../../kernel/bytes.ts'
import { TallyError } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { DER, contextTag, readDer, readDerList, writeDer, writeDerOid } from '../der.ts'
import type { DerElement } from '../der.ts'
import { verifyingKeyOf } from '../keys.ts'
import type { VerifyingKey } from '../keys.ts'
import { expectTag, malformed, membersOf, readBits, readBoolean, readOid, readTime, readWhole, unusable } from './asn1.ts'
import { readSignatureAlgorithm } from './signature-algorithm.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

export type Extension = { readonly critical: boolean; readonly value: Uint8Array }

/** An X.509 v3 certificate (RFC 5280, 4.1) taken apart within caps. Nothing of it is verified. Times in milliseconds since 1970. */
export type Certificate = {
  readonly raw: Uint8Array
  /** The bytes its issuer signed. */
  readonly tbs: Uint8Array
  readonly tbsMembers: readonly DerElement[]
  readonly serial: Uint8Array
  /** DER of the two names; names are compared byte by byte. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  /** The key in it, read when first asked for. Throws `evidence-malformed` for one OpenSSL cannot read. */
  readonly key: () => KeyObject
  readonly extensions: ReadonlyMap<string, Extension>
  readonly algorithm: SignatureAlgorithm
  readonly signature: Uint8Array
}

/** Reads a certificate. Throws `evidence-malformed` or `limit-exceeded`. */
export function parseCertificate(raw: Uint8Array): Certificate {
  if (raw.byteLength > LIMITS.certificateBytes) throw overLimit('certificateBytes', LIMITS.certificateBytes)
  const [tbs, outerAlgorithm, signature, ...none] = membersOf(readWhole(raw, DER.sequence, 'a certificate'), DER.sequence, 'a certificate')
  const members = membersOf(tbs, DER.sequence, 'a certificate')
  // Version 1 and 2 certificates have no extensions, and so nothing that says what they may be used for.
  const version = membersOf(members[0], contextTag(0), 'a certificate version')[0]
  if (tbs === undefined || none.length > 0 || toHex(version?.raw ?? new Uint8Array(0)) !== '020102')
    throw malformed('a certificate of version 3')
  const [, serial, innerAlgorithm, issuer, validity, subject, spki, ...rest] = members
  if (outerAlgorithm === undefined || innerAlgorithm === undefined || toHex(outerAlgorithm.raw) !== toHex(innerAlgorithm.raw)) {
    throw malformed('a certificate with one signature algorithm')
  }
  const [notBefore, notAfter, ...more] = membersOf(validity, DER.sequence, 'a certificate’s validity')
  if (more.length > 0) throw malformed('a certificate’s validity')
  return {
    raw,
    tbs: tbs.raw,
    tbsMembers: members,
    serial: expectTag(serial, DER.integer, 'a serial number').content,
    issuer: expectTag(issuer, DER.sequence, 'an issuer').raw,
    subject: expectTag(subject, DER.sequence, 'a subject').raw,
    notBefore: readTime(notBefore, 'a certificate’s start'),
    notAfter: readTime(notAfter, 'a certificate’s end'),
    spki: expectTag(spki, DER.sequence, 'a public key').raw,
    key: readOnce(expectTag(spki, DER.sequence, 'a public key').raw),
    extensions: readExtensions(rest),
    algorithm: readSignatureAlgorithm(outerAlgorithm),
    signature: readBits(signature, 'a signature of a certificate'),
  }
}

function readExtensions(rest: readonly DerElement[]): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>()
  for (const element of rest) {
    // issuerUniqueID and subjectUniqueID mean nothing here.
    if (element.tag === contextTag(1, false) || element.tag === contextTag(2, false)) continue
    const [list, ...none] = membersOf(element, contextTag(3), 'extensions')
    if (none.length > 0 || extensions.size > 0) throw malformed('extensions')
    const members = membersOf(list, DER.sequence, 'extensions')
    if (members.length > LIMITS.certificateExtensions) throw overLimit('certificateExtensions', LIMITS.certificateExtensions)
    for (const member of members) {
      const parts = membersOf(member, DER.sequence, 'an extension')
      const oid = readOid(parts[0], 'an extension')
      const critical = parts.length === 3 && readBoolean(parts[1], 'an extension')
      if (parts.length < 2 || parts.length > 3 || extensions.has(oid)) throw unusable('an extension, or one of a kind twice')
      extensions.set(oid, { critical, value: expectTag(parts.at(-1), DER.octets, 'an extension').content })
    }
  }
  return extensions
}

/** Reading a key costs about as much as using it, and an issuer's is used for every leaf. */
function readOnce(spki: Uint8Array): () => KeyObject {
  let key: KeyObject | undefined
  return () => {
    try {
      return (key ??= createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }))
    } catch {
      throw malformed('a public key')
    }
  }
}

/** The key a certificate's owner signs with. Throws `evidence-malformed` for kinds that are not supported. */
export function signingKeyOf(certificate: Pick<Certificate, 'spki' | 'key'>): VerifyingKey {
  try {
    return verifyingKeyOf(certificate.key(), certificate.spki)
  } catch (error) {
    if (error instanceof TallyError && error.code === 'key-invalid') throw unusable(`a key that ${error.message}`)
    throw error
  }
}

/** Whether a certificate names itself as its issuer, as roots do. */
export function isSelfIssued(certificate: Pick<Certificate, 'issuer' | 'subject'>): boolean {
  return equalBytes(certificate.issuer, certificate.subject)
}

/**
 * The bytes an issuer signed with one extension left out: what a certificate log was shown before the certificate was made
 * (RFC 6962, 3.2). Everything else stays as it is, byte by byte.
 */
export function tbsWithout(certificate: Certificate, oid: string): Uint8Array {
  const parts = certificate.tbsMembers.flatMap((member) => (member.tag === contextTag(3) ? withoutExtension(member, oid) : [member.raw]))
  return writeDer(DER.sequence, ...parts)
}

function withoutExtension(member: DerElement, oid: string): readonly Uint8Array[] {
  const list = readDer(member.content)
  const named = writeDerOid(oid)
  const kept = (readDerList(list?.content ?? new Uint8Array(0)) ?? []).filter(
    (extension) => !equalBytes(extension.content.subarray(0, named.byteLength), named),
  )
  return kept.length === 0 ? [] : [writeDer(contextTag(3), writeDer(DER.sequence, concatBytes(kept.map((one) => one.raw))))]
}

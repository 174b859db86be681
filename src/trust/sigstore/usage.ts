import { DER } from '../der.ts'
import { malformed, membersOf, readBoolean, readCount, readNamedBits, readOid, readWhole } from './asn1.ts'
import type { Certificate } from './certificate.ts'
import { isoTime } from './time-range.ts'

/** What a chain is to be used for, as the object identifier of the extended key usage says it. */
export type Purpose = 'code signing' | 'timestamping'

const PURPOSE_OID: Readonly<Record<Purpose, string>> = { 'code signing': '1.3.6.1.5.5.7.3.3', timestamping: '1.3.6.1.5.5.7.3.8' }
const ANY_PURPOSE = '2.5.29.37.0'

export const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
  sct: '1.3.6.1.4.1.11129.2.4.2',
} as const

const DIGITAL_SIGNATURE = 0
const KEY_CERT_SIGN = 5

/** Extensions that may be critical, since they are heeded here or in names.ts, sct.ts and fulcio.ts. */
const HEEDED: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.extendedKeyUsage,
  EXTENSION.sct,
])

/** What speaks against a leaf for a purpose, as a clause that follows its name (RFC 5280, 4.2.1; RFC 3161, 2.3). */
export function checkLeafUse(leaf: Certificate, purpose: Purpose): string | undefined {
  const unheeded = findUnheeded(leaf)
  if (unheeded !== undefined) return unheeded
  if (readBasicConstraints(leaf).isAuthority) return 'is one of an authority, which must not sign this itself'
  const uses = readKeyUsage(leaf)
  if (uses !== undefined && !uses.has(DIGITAL_SIGNATURE)) return 'is not for signatures (key usage)'
  const purposes = readPurposes(leaf)
  if (purposes === undefined || !purposes.includes(PURPOSE_OID[purpose])) return `is not for ${purpose} (extended key usage)`
  if (purpose !== 'timestamping') return undefined
  const isAlone = purposes.length === 1 && leaf.extensions.get(EXTENSION.extendedKeyUsage)?.critical === true
  return isAlone ? undefined : 'is not for timestamping alone'
}

/** What speaks against a certificate as issuer of another, with `below` issuing certificates between it and the leaf. */
export function checkIssuerUse(issuer: Certificate, below: number, purpose: Purpose): string | undefined {
  const unheeded = findUnheeded(issuer)
  if (unheeded !== undefined) return unheeded
  const { isAuthority, pathLength } = readBasicConstraints(issuer)
  if (!isAuthority) return 'is not one of an authority (basic constraints)'
  if (pathLength !== undefined && below > pathLength) return `may have ${pathLength} issuers below it and has ${below}`
  const uses = readKeyUsage(issuer)
  if (uses !== undefined && !uses.has(KEY_CERT_SIGN)) return 'may not sign certificates (key usage)'
  const purposes = readPurposes(issuer)
  if (purposes === undefined || purposes.includes(PURPOSE_OID[purpose]) || purposes.includes(ANY_PURPOSE)) return undefined
  return `may not issue for ${purpose} (extended key usage)`
}

/** Whether a certificate was valid at all of some times (RFC 5280, 4.1.2.5: both ends belong to it). */
export function checkValidity(certificate: Certificate, times: readonly number[]): string | undefined {
  const bad = times.find((time) => time < certificate.notBefore || time > certificate.notAfter)
  if (bad === undefined) return undefined
  return `was valid from ${isoTime(certificate.notBefore)} to ${isoTime(certificate.notAfter)}, and not at the proven time ${isoTime(bad)}`
}

function findUnheeded(certificate: Certificate): string | undefined {
  // Name constraints would have to be enforced, critical or not.
  if (certificate.extensions.has(EXTENSION.nameConstraints)) return 'has name constraints, which are not supported'
  for (const [oid, { critical }] of certificate.extensions) {
    if (critical && !HEEDED.has(oid)) return `has the critical extension ${oid}, which is not known`
  }
  return undefined
}

function readBasicConstraints(certificate: Certificate): { readonly isAuthority: boolean; readonly pathLength?: number } {
  const value = certificate.extensions.get(EXTENSION.basicConstraints)?.value
  if (value === undefined) return { isAuthority: false }
  const what = 'basic constraints'
  const members = [...membersOf(readWhole(value, DER.sequence, what), DER.sequence, what)]
  const isAuthority = members[0]?.tag === DER.boolean && readBoolean(members.shift(), what)
  const length = members.shift()
  if (members.length > 0 || (length !== undefined && !isAuthority)) throw malformed(what)
  return length === undefined ? { isAuthority } : { isAuthority, pathLength: readCount(length, what) }
}

function readKeyUsage(certificate: Certificate): ReadonlySet<number> | undefined {
  const value = certificate.extensions.get(EXTENSION.keyUsage)?.value
  return value === undefined ? undefined : readNamedBits(readWhole(value, DER.bits, 'a key usage'), 'a key usage')
}

function readPurposes(certificate: Certificate): readonly string[] | undefined {
  const value = certificate.extensions.get(EXTENSION.extendedKeyUsage)?.value
  if (value === undefined) return undefined
  const what = 'an extended key usage'
  return membersOf(readWhole(value, DER.sequence, what), DER.sequence, what).map((one) => readOid(one, what))
}

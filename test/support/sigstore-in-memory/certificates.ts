import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { concatBytes, utf8 } from '../../../src/kernel/bytes.ts'
import { DER, contextTag, writeDer, writeDerInteger, writeDerOid } from '../../../src/trust/der.ts'

/** A key pair of a fake authority or signer. */
export type Pair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly spki: Uint8Array }

export function newPair(kind: 'p256' | 'p384' | 'ed25519' = 'p256'): Pair {
  const { privateKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: kind === 'p256' ? 'prime256v1' : 'secp384r1' })
  const publicKey = createPublicKey(privateKey)
  return { privateKey, publicKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}

export function signBytes({ privateKey }: Pair, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, privateKey))
}

export type FakeExtension = { readonly oid: string; readonly critical?: boolean; readonly value: Uint8Array }
export type CertificatePlan = {
  readonly subject: string
  readonly issuer: string
  readonly key: Pair
  readonly signer: Pair
  readonly from: string
  readonly to: string
  readonly extensions: readonly FakeExtension[]
  readonly serial?: number
}

const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => writeDer(DER.sequence, ...parts)
export const algorithm = (oid: string): Uint8Array => sequence(writeDerOid(oid))

/** A distinguished name of a common name alone. */
export function nameOf(text: string): Uint8Array {
  return sequence(writeDer(DER.set, sequence(writeDerOid('2.5.4.3'), writeDer(DER.utf8, utf8(text)))))
}

/** `2026-01-02T03:04:05Z` as GeneralizedTime. */
export function timeOf(text: string): Uint8Array {
  return writeDer(DER.generalizedTime, utf8(`${text.replaceAll(/[-:T]|\.000/g, '').replace('Z', '')}Z`))
}

/** The same as UTCTime, in which years before 2050 are written in certificates (RFC 5280, 4.1.2.5). */
function validityOf(text: string): Uint8Array {
  return writeDer(DER.utcTime, utf8(`${text.slice(2).replaceAll(/[-:T]/g, '').replace('Z', '')}Z`))
}

/** The part of a certificate that is signed. */
export function tbsOf({ subject, issuer, key, from, to, extensions, serial = 7 }: CertificatePlan): Uint8Array {
  const listed = extensions.map(({ oid, critical, value }) =>
    sequence(writeDerOid(oid), ...(critical === true ? [writeDer(DER.boolean, Uint8Array.of(0xff))] : []), writeDer(DER.octets, value)),
  )
  return sequence(
    writeDer(contextTag(0), writeDerInteger(2)),
    writeDerInteger(serial),
    algorithm(ECDSA_SHA256),
    nameOf(issuer),
    sequence(validityOf(from), validityOf(to)),
    nameOf(subject),
    key.spki,
    ...(listed.length === 0 ? [] : [writeDer(contextTag(3), sequence(...listed))]),
  )
}

/** A certificate, DER: ECDSA with SHA-256 by its signer. */
export function certificateOf(plan: CertificatePlan): Uint8Array {
  const tbs = tbsOf(plan)
  return sequence(tbs, algorithm(ECDSA_SHA256), bits(signBytes(plan.signer, tbs)))
}

export function bits(bytes: Uint8Array): Uint8Array {
  return writeDer(DER.bits, Uint8Array.of(0), bytes)
}

export const extension = {
  basicConstraints: (pathLength?: number): FakeExtension => ({
    oid: '2.5.29.19',
    critical: true,
    value: sequence(writeDer(DER.boolean, Uint8Array.of(0xff)), ...(pathLength === undefined ? [] : [writeDerInteger(pathLength)])),
  }),
  /** Bit 0 is digitalSignature, bit 5 keyCertSign. */
  keyUsage: (bit: 0 | 5): FakeExtension => ({
    oid: '2.5.29.15',
    critical: true,
    value: writeDer(DER.bits, bit === 0 ? Uint8Array.of(7, 0x80) : Uint8Array.of(2, 0x04)),
  }),
  purpose: (oid: string, critical = false): FakeExtension => ({ oid: '2.5.29.37', critical, value: sequence(writeDerOid(oid)) }),
  names: (...uris: readonly string[]): FakeExtension => ({
    oid: '2.5.29.17',
    critical: true,
    value: sequence(...uris.map((uri) => writeDer(uri.includes('://') ? 0x86 : 0x81, utf8(uri)))),
  }),
  /** A Fulcio extension: a DER string, or raw text below 8. */
  fulcio: (number: number, text: string): FakeExtension => ({
    oid: `1.3.6.1.4.1.57264.1.${number}`,
    value: number < 8 ? utf8(text) : writeDer(DER.utf8, utf8(text)),
  }),
} as const

export const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'
export const TIMESTAMPING = '1.3.6.1.5.5.7.3.8'

export type SctPlan = { readonly log: Pair; readonly time: string; readonly extensions?: Uint8Array; readonly issuer: Pair }

/** A certificate with timestamps of certificate logs in it (RFC 6962, 3.3): signed by each log before it is by its issuer. */
export function loggedCertificateOf(plan: CertificatePlan, scts: readonly SctPlan[]): Uint8Array {
  if (scts.length === 0) return certificateOf(plan)
  const tbs = tbsOf(plan)
  const list = scts.map((sct) => sized(2, sctOf(sct, tbs)))
  const value = writeDer(DER.octets, sized(2, concatBytes(list)))
  return certificateOf({ ...plan, extensions: [...plan.extensions, { oid: '1.3.6.1.4.1.11129.2.4.2', value }] })
}

function sctOf({ log, time, extensions = new Uint8Array(0), issuer }: SctPlan, tbs: Uint8Array): Uint8Array {
  const timestamp = new Uint8Array(8)
  new DataView(timestamp.buffer).setBigUint64(0, BigInt(Date.parse(time)))
  const hash = createHash('sha256').update(issuer.spki).digest()
  const signed = concatBytes([Uint8Array.of(0, 0), timestamp, Uint8Array.of(0, 1), hash, sized(3, tbs), sized(2, extensions)])
  const id = createHash('sha256').update(log.spki).digest()
  return concatBytes([Uint8Array.of(0), id, timestamp, sized(2, extensions), Uint8Array.of(4, 3), sized(2, signBytes(log, signed))])
}

/** Bytes with their length before them, in so many bytes. */
function sized(size: number, bytes: Uint8Array): Uint8Array {
  const prefix = Uint8Array.from({ length: size }, (_, at) => (bytes.byteLength >> (8 * (size - 1 - at))) & 0xff)
  return concatBytes([prefix, bytes])
}

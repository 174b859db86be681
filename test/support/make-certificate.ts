import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { utf8 } from '../../src/kernel/bytes.ts'
import { DER, contextTag, writeDer, writeDerInteger, writeDerOid } from '../../src/trust/der.ts'

/** A key and its certificate. */
export type Certified = {
  readonly key: KeyObject
  readonly certificate: Uint8Array
  readonly name: Uint8Array
  readonly serial: Uint8Array
}

type Wanted = {
  readonly name: string
  /** SubjectPublicKeyInfo of somebody else's key; else a new one is made. */
  readonly spki?: Uint8Array
  readonly issuer?: Certified
  readonly isAuthority?: boolean
  /** Extended key usage, in dots, and whether it is critical. */
  readonly usage?: string
  readonly usageIsCritical?: boolean
  readonly email?: string
  /** Raw extensions by their identifiers, in dots. */
  readonly extensions?: Readonly<Record<string, Uint8Array>>
  readonly start?: Date
  readonly minutes?: number
}

const ECDSA_SHA256 = writeDer(DER.sequence, writeDerOid('1.2.840.10045.4.3.2'))

/** Makes an X.509 v3 certificate (RFC 5280) over P-256, signed by its issuer or by itself. */
export function makeCertificate(wanted: Wanted): Certified {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const spki = wanted.spki ?? new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }))
  const subject = wanted.email === undefined ? nameOf(wanted.name) : writeDer(DER.sequence)
  const serial = Uint8Array.of(0x40, ...randomBytes(15))
  const start = wanted.start ?? new Date(Date.now() - 60_000)
  const end = new Date(start.valueOf() + (wanted.minutes ?? 60) * 60_000)
  const keyId = createHash('sha1').update(spki).digest()
  const extensions = [
    extension('2.5.29.15', true, writeDer(DER.bits, wanted.isAuthority === true ? Uint8Array.of(1, 0x06) : Uint8Array.of(7, 0x80))),
    ...(wanted.isAuthority === true
      ? [extension('2.5.29.19', true, writeDer(DER.sequence, writeDer(DER.boolean, Uint8Array.of(0xff))))]
      : []),
    ...(wanted.usage === undefined
      ? []
      : [extension('2.5.29.37', wanted.usageIsCritical === true, writeDer(DER.sequence, writeDerOid(wanted.usage)))]),
    extension('2.5.29.14', false, writeDer(DER.octets, keyId)),
    ...(wanted.email === undefined
      ? []
      : [extension('2.5.29.17', true, writeDer(DER.sequence, writeDer(contextTag(1, false), utf8(wanted.email))))]),
    ...Object.entries(wanted.extensions ?? {}).map(([oid, value]) => extension(oid, false, value)),
  ]
  const tbs = writeDer(
    DER.sequence,
    writeDer(contextTag(0), writeDerInteger(2)),
    writeDer(DER.integer, serial),
    ECDSA_SHA256,
    wanted.issuer?.name ?? subject,
    writeDer(DER.sequence, timeOf(start), timeOf(end)),
    subject,
    spki,
    writeDer(contextTag(3), writeDer(DER.sequence, ...extensions)),
  )
  const signature = sign('sha256', tbs, wanted.issuer?.key ?? pair.privateKey)
  const certificate = writeDer(DER.sequence, tbs, ECDSA_SHA256, writeDer(DER.bits, Uint8Array.of(0), signature))
  return { key: pair.privateKey, certificate, name: subject, serial }
}

function nameOf(text: string): Uint8Array {
  return writeDer(DER.sequence, writeDer(DER.set, writeDer(DER.sequence, writeDerOid('2.5.4.3'), writeDer(DER.utf8, utf8(text)))))
}

function extension(oid: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  return writeDer(
    DER.sequence,
    writeDerOid(oid),
    ...(isCritical ? [writeDer(DER.boolean, Uint8Array.of(0xff))] : []),
    writeDer(DER.octets, value),
  )
}

/** A time to the second, as certificates before 2050 write it. */
function timeOf(date: Date): Uint8Array {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return writeDer(DER.utcTime, utf8(text.slice(2)))
}

import { createHash } from 'node:crypto'
import { concatBytes } from '../../../src/kernel/bytes.ts'
import { DER, contextTag, writeDer, writeDerInteger, writeDerOid } from '../../../src/trust/der.ts'
import { algorithm, nameOf, sequence, signBytes, timeOf } from './certificates.ts'
import type { Pair } from './certificates.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'

export type TimestampPlan = {
  /** What is stamped. */
  readonly over: Uint8Array
  readonly time: string
  /** Key of the authority, and the certificate it names. */
  readonly signer: Pair
  readonly certificate: Uint8Array
  /** Issuer and serial number SignerInfo names. */
  readonly issuer: string
  readonly serial: number
  /** Certificates sent along, in this order. */
  readonly bag?: readonly Uint8Array[]
  readonly status?: number
  /** Content the attributes are about, in place of the true one. */
  readonly attributesOver?: Uint8Array
  readonly signerInfos?: number
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())
const octets = (bytes: Uint8Array): Uint8Array => writeDer(DER.octets, bytes)
const attribute = (oid: string, value: Uint8Array): Uint8Array => sequence(writeDerOid(oid), writeDer(DER.set, value))

/** A timestamp response (RFC 3161), DER. */
export function timestampOf(plan: TimestampPlan): Uint8Array {
  const info = sequence(
    writeDerInteger(1),
    writeDerOid('1.2.3.4'),
    sequence(algorithm(SHA256), octets(sha256(plan.over))),
    writeDerInteger(42),
    timeOf(plan.time),
  )
  const attributes = concatBytes([
    attribute('1.2.840.113549.1.9.3', writeDerOid(TST_INFO)),
    attribute('1.2.840.113549.1.9.4', octets(sha256(plan.attributesOver ?? info))),
    attribute('1.2.840.113549.1.9.16.2.47', sequence(sequence(sequence(octets(sha256(plan.certificate)))))),
  ])
  const signerInfo = sequence(
    writeDerInteger(1),
    sequence(nameOf(plan.issuer), writeDerInteger(plan.serial)),
    algorithm(SHA256),
    writeDer(contextTag(0), attributes),
    algorithm('1.2.840.10045.4.3.2'),
    octets(signBytes(plan.signer, writeDer(DER.set, attributes))),
  )
  const signedData = sequence(
    writeDerInteger(3),
    writeDer(DER.set, algorithm(SHA256)),
    sequence(writeDerOid(TST_INFO), writeDer(contextTag(0), octets(info))),
    ...(plan.bag === undefined ? [] : [writeDer(contextTag(0), ...plan.bag)]),
    writeDer(DER.set, ...Array.from({ length: plan.signerInfos ?? 1 }, () => signerInfo)),
  )
  const token = sequence(writeDerOid('1.2.840.113549.1.7.2'), writeDer(contextTag(0), signedData))
  return sequence(sequence(writeDerInteger(plan.status ?? 0)), token)
}

import { fromBase64, fromHex, utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { fields, readBy, text } from '../../kernel/reader.ts'
import type { BundleLogEntry } from '../../evidence/bundle.ts'
import { cosignLogEntry } from '../../evidence/cosign-blob-bundle.ts'
import { isSelfIssued, parseCertificate } from './certificate.ts'
import { readPemCertificates } from './pem-certificates.ts'
import type { Witnesses } from './witness.ts'

const ANNOTATION = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  logEntry: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const

/** What cosign 2 put into the annotations of a layer beside the signature (cosign SIGNATURE_SPEC.md). Nothing of it is verified. */
export type CosignClaims = {
  readonly signature?: Uint8Array
  readonly certificates: readonly Uint8Array[]
  readonly witnesses: Witnesses
}

/** Reads the annotations. An empty one counts as missing, as cosign writes them. Throws `evidence-malformed` or `limit-exceeded`. */
export function readCosignClaims(annotations: Readonly<Record<string, string>>, where: string): CosignClaims {
  const valueOf = (name: keyof typeof ANNOTATION): string | undefined => {
    const value = annotations[ANNOTATION[name]]
    return value === undefined || value === '' || value === 'null' ? undefined : value
  }
  const [signature, certificate, chain, logEntry, timestamp] = [
    valueOf('signature'),
    valueOf('certificate'),
    valueOf('chain'),
    valueOf('logEntry'),
    valueOf('timestamp'),
  ]
  return {
    ...(signature === undefined ? {} : { signature: fromBase64(signature, 'evidence-malformed', where) }),
    certificates: certificate === undefined ? [] : chainOf(certificate, chain ?? '', where),
    witnesses: {
      logEntries: logEntry === undefined ? [] : [readCosignEntry(parseJson(utf8(logEntry), where, { limitName: 'bundleBytes' }), where)],
      timestamps:
        timestamp === undefined ? [] : [readCosignTimestamp(parseJson(utf8(timestamp), where, { limitName: 'bundleBytes' }), where)],
      entryNeed: 'promise',
    },
  }
}

/** Leaf, then intermediates. cosign 2 wrote the root too, which means nothing: roots are trusted or not before anything is read. */
function chainOf(certificate: string, chain: string, where: string): readonly Uint8Array[] {
  const [leaf, ...none] = readPemCertificates(certificate, where)
  if (leaf === undefined || none.length > 0) throw fail('evidence-malformed', 'has not one certificate in its annotation', { where })
  return [leaf, ...readPemCertificates(chain, where).filter((one) => !isSelfIssued(parseCertificate(one)))]
}

const bodyKind = fields({ kind: text({ max: 64 }), apiVersion: text({ max: 64 }) })

/** A log entry as cosign 2 wrote it: promise and payload. */
export function readCosignEntry(json: unknown, where: string): BundleLogEntry {
  const { SignedEntryTimestamp, Payload } = readBy(cosignLogEntry, json, where)
  const body = fromBase64(Payload.body, 'evidence-malformed', where)
  const { kind, apiVersion } = readBy(bodyKind, parseJson(body, where, { limitName: 'bundleBytes' }), where)
  return {
    logIndex: Payload.logIndex,
    logId: fromHex(Payload.logID, 'evidence-malformed', where),
    kind,
    version: apiVersion,
    integratedTime: Payload.integratedTime,
    promise: fromBase64(SignedEntryTimestamp, 'evidence-malformed', where),
    body,
  }
}

const timestampFields = fields({ SignedRFC3161Timestamp: text({ min: 1 }) })

/** DER of a timestamp response as cosign 2 wrote it. */
export function readCosignTimestamp(json: unknown, where: string): Uint8Array {
  return fromBase64(readBy(timestampFields, json, where).SignedRFC3161Timestamp, 'evidence-malformed', where)
}

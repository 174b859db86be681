import { fromBase64, fromHex, textOf, toBase64, utf8 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { count, fields, optional, readBy, text } from '../kernel/reader.ts'

/** The parts of a signature over a file as cosign before 3 kept them apart. Certificates in DER, leaf first. */
export type SignatureParts = {
  readonly signature: Uint8Array
  readonly certificates: readonly Uint8Array[]
  /** The log's promise, as cosign wrote it: { SignedEntryTimestamp, Payload }. */
  readonly logEntry?: CosignLogEntry
  /** DER of RFC 3161 responses. */
  readonly timestamps: readonly Uint8Array[]
}

/** A log entry as cosign before 3 wrote it: promise and payload. */
export const cosignLogEntry = fields({
  SignedEntryTimestamp: text({ min: 1 }),
  Payload: fields({ body: text({ min: 1 }), integratedTime: count, logIndex: count, logID: text({ min: 1, max: 128 }) }),
})
export type CosignLogEntry = ReturnType<typeof cosignLogEntry>
const bodyKind = fields({ kind: text({ max: 64 }), apiVersion: text({ max: 64 }) })

const oldBundle = fields({ base64Signature: text({ min: 1 }), cert: optional(text()), rekorBundle: optional(cosignLogEntry) })

/** The parts in a bundle `cosign sign-blob --bundle` wrote before 3; undefined for JSON of another form. `certificatesOf` reads PEM. Throws `evidence-malformed`. */
export function readOldBlobBundle(
  bytes: Uint8Array,
  where: string,
  certificatesOf: (pem: string) => readonly Uint8Array[],
): SignatureParts | undefined {
  const json = parseJson(bytes, where, { limitName: 'bundleBytes' })
  if (typeof json !== 'object' || json === null || !('base64Signature' in json)) return undefined
  const { base64Signature, cert, rekorBundle } = readBy(oldBundle, json, where)
  const pem = cert === undefined || cert === '' ? undefined : cert
  return {
    signature: fromBase64(base64Signature, 'evidence-malformed', where),
    // Some versions wrote the PEM as it is, others base64 of it.
    certificates:
      pem === undefined ? [] : certificatesOf(pem.includes('-----BEGIN') ? pem : textOf(fromBase64(pem, 'evidence-malformed', where))),
    ...(rekorBundle ? { logEntry: rekorBundle } : {}),
    timestamps: [],
  }
}

/**
 * A Sigstore bundle (0.1, since there is a promise at most and no proof) of parts that were kept apart: evidence like any other from
 * then on. Throws `evidence-malformed` for a log entry that cannot be read.
 */
export function bundleOfParts({ signature, certificates, logEntry, timestamps }: SignatureParts, where: string): Uint8Array {
  const entry = logEntry === undefined ? [] : [logEntryJson(logEntry, where)]
  const raw = (bytes: Uint8Array) => ({ rawBytes: toBase64(bytes) })
  return utf8(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
      verificationMaterial: {
        ...(certificates.length === 0 ? { publicKey: { hint: '' } } : { x509CertificateChain: { certificates: certificates.map(raw) } }),
        tlogEntries: entry,
        timestampVerificationData: { rfc3161Timestamps: timestamps.map((one) => ({ signedTimestamp: toBase64(one) })) },
      },
      messageSignature: { signature: toBase64(signature) },
    }),
  )
}

function logEntryJson({ SignedEntryTimestamp, Payload }: CosignLogEntry, where: string): object {
  const { kind, apiVersion } = readBy(bodyKind, parseJson(fromBase64(Payload.body, 'evidence-malformed', where), where), where)
  if (kind === '') throw fail('evidence-malformed', 'has a log entry of no kind', { where })
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: toBase64(fromHex(Payload.logID, 'evidence-malformed', where)) },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  }
}

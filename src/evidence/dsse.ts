import { concatBytes, fromBase64, overLimit, toBase64, utf8 } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import { fields, list, optional, readBy, text } from '../kernel/reader.ts'
import type { Envelope } from './evidence.ts'

/** Payload type of every statement. */
export const IN_TOTO = 'application/vnd.in-toto+json'

/** What a DSSE signature is over (DSSE 1.0 protocol.md, PAE): `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType)
  return concatBytes([utf8(`DSSEv1 ${type.byteLength} `), type, utf8(` ${payload.byteLength} `), payload])
}

const envelope = fields({
  payloadType: text({ min: 1, max: 256 }),
  payload: text(),
  signatures: list(fields({ keyid: optional(text({ max: 1024 })), sig: text({ min: 1, max: LIMITS.keyFileBytes }) }), { min: 1 }),
})

/** Reads a DSSE envelope (DSSE 1.0 envelope.md), payload and signatures decoded. Both base64 alphabets are read. Throws `evidence-malformed` or `limit-exceeded`. */
export function parseEnvelope(json: unknown, where: string): Envelope {
  const signatures = typeof json === 'object' && json !== null ? (json as { signatures?: unknown }).signatures : undefined
  if (Array.isArray(signatures) && signatures.length > LIMITS.bundleSignatures) {
    throw overLimit('bundleSignatures', LIMITS.bundleSignatures, where)
  }
  const read = readBy(envelope, json, where)
  return {
    payloadType: read.payloadType,
    payload: fromBase64(read.payload, 'evidence-malformed', where),
    signatures: read.signatures.map((one) => ({ keyid: one.keyid ?? '', sig: fromBase64(one.sig, 'evidence-malformed', where) })),
  }
}

/** An envelope as JSON data. An empty key id is left out: cosign skips a signature whose key id is set and not in its own form. */
export function envelopeJson(envelope: Envelope): {
  readonly payload: string
  readonly payloadType: string
  readonly signatures: readonly { readonly sig: string; readonly keyid?: string }[]
} {
  return {
    payload: toBase64(envelope.payload),
    payloadType: envelope.payloadType,
    signatures: envelope.signatures.map((one) => ({ sig: toBase64(one.sig), ...(one.keyid === '' ? {} : { keyid: one.keyid }) })),
  }
}

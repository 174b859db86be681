import { fromBase64, toHex } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { parseBundle } from '../evidence/bundle.ts'
import type { BundleContent } from '../evidence/bundle.ts'
import { IN_TOTO, preAuthEncoding } from '../evidence/dsse.ts'
import type { Envelope, Statement } from '../evidence/evidence.ts'
import { parseStatement } from '../evidence/statement.ts'
import type { Witnesses } from './sigstore/witness.ts'

/** Evidence taken apart, nothing of it verified: what the signatures are over, and what it would say if one holds. */
export type Opened = {
  readonly signatures: readonly Uint8Array[]
  /** Key id its maker claims, hexadecimal where it can be read as such: for messages only, never for decisions. */
  readonly claimedKey: string | undefined
  /** DER of the certificate it claims to be signed with, and what else was put beside it, leaf first; empty for bare keys. */
  readonly certificates: readonly Uint8Array[]
  readonly witnesses: Witnesses
  readonly says: Says
}

export type Says =
  /** `statement` reads exactly the bytes that `signed` covers; what it says counts only once a signature holds. Throws `evidence-malformed`. */
  | { readonly kind: 'statement'; readonly signed: Uint8Array; readonly envelope?: Envelope; readonly statement: () => Statement }
  /** The signature is over the bytes of the artifact itself. */
  | { readonly kind: 'message'; readonly digest?: Extract<BundleContent, { kind: 'message' }>['digest'] }

/** Takes a Sigstore bundle apart within its caps. Throws `evidence-malformed`, `limit-exceeded` or `version-unsupported`. */
export function openBundle(bytes: Uint8Array, where: string): Opened {
  const { version, material, content, logEntries, timestamps } = parseBundle(bytes, where)
  const claimedKey = material.kind === 'key' ? keyIdOfHint(material.hint) : undefined
  const certificates = material.kind === 'certificate' ? material.chain : []
  const witnesses: Witnesses = { logEntries, timestamps, entryNeed: version === '0.1' ? 'promise' : 'proof' }
  if (content.kind === 'dsse') return { ...openEnvelope(content.envelope, where), claimedKey, certificates, witnesses }
  const says = { kind: 'message', ...(content.digest === undefined ? {} : { digest: content.digest }) } as const
  return { signatures: [content.signature], claimedKey, certificates, witnesses, says }
}

/** The same of an envelope alone. */
export function openEnvelope(envelope: Envelope, where: string): Opened {
  if (envelope.payloadType !== IN_TOTO) {
    throw fail('evidence-malformed', `holds a payload that is not of type ${IN_TOTO}`, { where })
  }
  return {
    signatures: envelope.signatures.map((one) => one.sig),
    claimedKey: undefined,
    certificates: [],
    witnesses: { logEntries: [], timestamps: [], entryNeed: 'proof' },
    says: {
      kind: 'statement',
      envelope,
      signed: preAuthEncoding(envelope.payloadType, envelope.payload),
      statement: () => parseStatement(envelope.payload, where),
    },
  }
}

/** cosign writes the hint as base64 of the SHA-256 of the key; others write hexadecimal or anything. */
function keyIdOfHint(hint: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(hint)) return hint.toLowerCase()
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(hint) ? toHex(fromBase64(hint)) : undefined
}

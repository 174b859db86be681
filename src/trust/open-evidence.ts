import { z } from 'zod'
import { fromBase64, toHex } from '../kernel/bytes.ts'
import { digestSetOf, parseDigest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { readShape } from '../kernel/shape.ts'
import { parseBundle } from '../evidence/bundle.ts'
import type { BundleContent } from '../evidence/bundle.ts'
import { IN_TOTO, parseEnvelope, preAuthEncoding } from '../evidence/dsse.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { Envelope, Statement, UnverifiedEvidence } from '../evidence/evidence.ts'
import { STATEMENT_V1, parseStatement } from '../evidence/statement.ts'
import { readCosignClaims } from './sigstore/cosign-claims.ts'
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

/** Takes evidence of any form apart within its caps. Throws `evidence-malformed`, `limit-exceeded` or `version-unsupported`. */
export function openEvidence(evidence: UnverifiedEvidence): Opened {
  const { where, bytes, annotations } = evidence
  if (evidence.form === 'bundle') return openBundle(bytes, where)
  const claims = readCosignClaims(annotations, where)
  if (evidence.form === 'cosign-attestation') {
    const envelope = parseEnvelope(parseJson(bytes, where, { limitName: 'bundleBytes' }), where)
    return { ...openEnvelope(envelope, where), ...claims, witnesses: { ...claims.witnesses, around: bytes } }
  }
  if (claims.signature === undefined) throw fail('evidence-malformed', 'is a cosign payload without a signature', { where })
  return {
    signatures: [claims.signature],
    claimedKey: undefined,
    certificates: claims.certificates,
    witnesses: claims.witnesses,
    says: { kind: 'statement', signed: bytes, statement: () => readSimpleSigning(bytes, where) },
  }
}

function openBundle(bytes: Uint8Array, where: string): Opened {
  const { version, material, content, logEntries, timestamps } = parseBundle(bytes, where)
  const claimedKey = material.kind === 'key' ? keyIdOfHint(material.hint) : undefined
  const certificates = material.kind === 'certificate' ? material.chain : []
  const witnesses: Witnesses = { logEntries, timestamps, entryNeed: version === '0.1' ? 'promise' : 'proof' }
  if (content.kind === 'dsse') return { ...openEnvelope(content.envelope, where), claimedKey, certificates, witnesses }
  const says = { kind: 'message', ...(content.digest === undefined ? {} : { digest: content.digest }) } as const
  return { signatures: [content.signature], claimedKey, certificates, witnesses, says }
}

function openEnvelope(envelope: Envelope, where: string): Opened {
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

const simpleSigningSchema = z.object({
  critical: z.object({
    identity: z.object({ 'docker-reference': z.string().max(4096).optional() }).nullish(),
    image: z.object({ 'docker-manifest-digest': z.string() }),
    type: z.literal('cosign container image signature'),
  }),
  optional: z.record(z.string(), z.unknown()).nullish(),
})

/** What a cosign 2 signature says (cosign SIGNATURE_SPEC.md, "Simple Signing"), in the form of cosign 3's statement. */
function readSimpleSigning(payload: Uint8Array, where: string): Statement {
  const { critical, optional } = readShape(simpleSigningSchema, parseJson(payload, where, { limitName: 'manifestBytes' }), where)
  const digest = critical.image['docker-manifest-digest']
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw fail('evidence-malformed', 'signs a manifest digest that is not sha256:<hex>', { where })
  return {
    type: STATEMENT_V1,
    subject: [
      {
        digest: digestSetOf(parseDigest(digest)),
        ...(optional === undefined || optional === null ? {} : { annotations: optional }),
      },
    ],
    predicateType: PREDICATE.signature,
    predicate: {},
  }
}

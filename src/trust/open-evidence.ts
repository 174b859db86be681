import { digestSetOf, parseDigest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { anything, fields, oneOf, optional, orElse, readBy, record, text } from '../kernel/reader.ts'
import { parseEnvelope } from '../evidence/dsse.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { Statement, UnverifiedEvidence } from '../evidence/evidence.ts'
import { STATEMENT_V1 } from '../evidence/statement.ts'
import { openBundle, openEnvelope } from './open-bundle.ts'
import type { Opened } from './open-bundle.ts'
import { readCosignClaims } from './sigstore/cosign-claims.ts'

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

const simpleSigning = fields({
  critical: fields({
    identity: optional(fields({ 'docker-reference': orElse(text({ max: 4096 }), undefined) })),
    image: fields({ 'docker-manifest-digest': text() }),
    type: oneOf(['cosign container image signature']),
  }),
  optional: optional(record(anything)),
})

/** What a cosign 2 signature says (cosign SIGNATURE_SPEC.md, "Simple Signing"), in the form of cosign 3's statement. */
function readSimpleSigning(payload: Uint8Array, where: string): Statement {
  const { critical, optional: annotations } = readBy(simpleSigning, parseJson(payload, where, { limitName: 'manifestBytes' }), where)
  const digest = critical.image['docker-manifest-digest']
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw fail('evidence-malformed', 'signs a manifest digest that is not sha256:<hex>', { where })
  return {
    type: STATEMENT_V1,
    subject: [
      {
        digest: digestSetOf(parseDigest(digest)),
        ...(annotations === undefined ? {} : { annotations }),
      },
    ],
    predicateType: PREDICATE.signature,
    predicate: {},
  }
}

import { TallyError } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { PREDICATE } from './evidence.ts'
import type { Envelope, UnverifiedEvidence } from './evidence.ts'
import { parseBundle } from './bundle.ts'
import { parseEnvelope } from './dsse.ts'
import { parseStatement } from './statement.ts'

/** What a piece of evidence claims to be. For showing, never for deciding: nothing of it is verified. */
export type Claim = { readonly predicateType: string; readonly subjects: number; readonly problem?: string }

/** Reads the claims of evidence. Malformed evidence is described as such, never thrown. */
export function describeEvidence(evidence: UnverifiedEvidence): Claim {
  try {
    if (evidence.form === 'cosign-signature') return { predicateType: PREDICATE.signature, subjects: 1 }
    const payload = payloadOf(evidence)
    if (payload === undefined) return { predicateType: PREDICATE.signature, subjects: 1 }
    const statement = parseStatement(payload, evidence.where)
    return { predicateType: statement.predicateType, subjects: statement.subject.length }
  } catch (error) {
    if (error instanceof TallyError && error.code !== 'bug') return { predicateType: 'malformed', subjects: 0, problem: error.message }
    throw error
  }
}

function payloadOf(evidence: UnverifiedEvidence): Uint8Array | undefined {
  return envelopeOf(evidence)?.payload
}

/** The envelope evidence holds; undefined for a signature over bytes. Throws `evidence-malformed`, `limit-exceeded`, `version-unsupported`. */
export function envelopeOf({ form, bytes, where }: Pick<UnverifiedEvidence, 'form' | 'bytes' | 'where'>): Envelope | undefined {
  if (form === 'cosign-signature') return undefined
  if (form === 'cosign-attestation') return parseEnvelope(parseJson(bytes, where), where)
  const { content } = parseBundle(bytes, where)
  return content.kind === 'dsse' ? content.envelope : undefined
}

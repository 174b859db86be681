import { isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { count, fields, list, readBy, text } from '../kernel/reader.ts'
import type { Statement } from './evidence.ts'
import type { LogEntry, LogProof } from './log-proof.ts'

const proofFields = fields({
  index: count,
  hashes: list(text({ min: 1, max: 64 }), { max: 64 }),
  checkpoint: text({ min: 1, max: LIMITS.logEntryBytes * 4 }),
})

/** Most subject digests a log entry names; a statement with more is logged by its first ones. */
export const LOGGED_SUBJECTS = 8

/** The log entry that a piece of evidence must have: recomputed from the evidence itself, never taken from a claim. In: statement, digest of the stored bytes, key id of its signer. */
export function logEntryOf(statement: Pick<Statement, 'subject' | 'predicateType'>, envelope: Digest, keyId: string): LogEntry {
  const subjects = statement.subject.map((subject) => `sha256:${(subject.digest['sha256'] ?? '').toLowerCase()}`).filter(isDigest)
  return { envelope, predicateType: statement.predicateType, subjects: subjects.slice(0, LOGGED_SUBJECTS), keyId }
}

/** Reads a log proof from JSON data. Throws `evidence-malformed`. Whether it proves anything is the ledger's question. */
export function parseLogProof(json: unknown, where: string): LogProof {
  return readBy(proofFields, json, where)
}

/** The text of a log proof in an annotation (ANNOTATION.logProof): canonical JSON. */
export function logProofText(proof: LogProof): string {
  return canonicalJson({ index: proof.index, hashes: proof.hashes, checkpoint: proof.checkpoint })
}

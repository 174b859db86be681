import type { Digest } from './digest.ts'

/**
 * What a log entry says: canonical JSON of this, at most LIMITS.logEntryBytes. `envelope` is the digest of the stored
 * bundle bytes. (Here and not in a room: evidence carries it, the ledger writes it, and the two stand on one floor.)
 */
export type LogEntry = {
  readonly envelope: Digest
  readonly predicateType: string
  /** Subject digests in the statement's order (at most 8; a statement with more is logged by its first 8). */
  readonly subjects: readonly Digest[]
  readonly keyId: string
}

/** Proof that an entry is in a log: index, the hashes of the inclusion proof (base64), and the signed checkpoint (C2SP tlog-checkpoint text). */
export type LogProof = {
  readonly index: number
  readonly hashes: readonly string[]
  readonly checkpoint: string
}

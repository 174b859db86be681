import { toBase64 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { LogEntry, LogProof } from '../kernel/log-proof.ts'
import { openCheckpoint } from './checkpoint.ts'
import { entryBytes } from './entry.ts'
import { HASH_BYTES, leafHash, rootFromInclusion, sameHash } from './merkle.ts'
import { decodeBase64 } from './note.ts'
import type { NoteVerifier, Refusal } from './note.ts'
import type { TreeHash } from './merkle.ts'

/** What a log proof proves: the entry is in the log `origin` of `size` entries with this `root` (base64, as in the checkpoint), by the word of `by`. */
export type ProvenInclusion = {
  readonly origin: string
  readonly size: number
  readonly root: string
  /** Names of all known keys that signed the checkpoint, joined by `, `. */
  readonly by: string
}

/**
 * Verifies that an entry is in a log. In: the entry, the proof somebody handed over, the keys whose checkpoints count,
 * and the origin when it is known. Size and root come from the verified checkpoint only; signatures of unknown keys are
 * ignored; everything is capped before it is hashed. Out: what is proven, or why nothing is. Never throws on hostile input.
 */
export function verifyLogProof(
  entry: LogEntry,
  proof: LogProof,
  verifiers: readonly NoteVerifier[],
  options: { readonly origin?: string } = {},
): ProvenInclusion | Refusal {
  const checkpoint = openCheckpoint(proof.checkpoint, verifiers, options)
  if ('why' in checkpoint) return { why: `the checkpoint ${checkpoint.why}` }
  if (!Number.isSafeInteger(proof.index) || proof.index < 0) return { why: 'the index is no count' }
  if (proof.index >= checkpoint.size) return { why: `the index ${proof.index} is outside the log of ${checkpoint.size} entries` }
  if (proof.hashes.length > LIMITS.proofHashes) return { why: `the proof is over the cap proofHashes (${LIMITS.proofHashes})` }
  const hashes = decodeHashes(proof.hashes)
  if (hashes === undefined) return { why: 'the proof holds something that is no SHA-256 hash in base64' }
  const leaf = leafOf(entry)
  if ('why' in leaf) return leaf
  const root = rootFromInclusion(leaf.hash, proof.index, checkpoint.size, hashes)
  if (root === undefined || !sameHash(root, checkpoint.root)) {
    return { why: `the proof does not lead from this entry at index ${proof.index} to the root of the checkpoint` }
  }
  return { origin: checkpoint.origin, size: checkpoint.size, root: toBase64(checkpoint.root), by: checkpoint.by.join(', ') }
}

const BASE64_HASH = 44

/** The hashes of a proof, or undefined when one is none. */
export function decodeHashes(encoded: readonly string[]): readonly TreeHash[] | undefined {
  const hashes: TreeHash[] = []
  for (const one of encoded) {
    const hash = one.length === BASE64_HASH ? decodeBase64(one) : undefined
    if (hash?.byteLength !== HASH_BYTES) return undefined
    hashes.push(hash)
  }
  return hashes
}

function leafOf(entry: LogEntry): { readonly hash: TreeHash } | Refusal {
  try {
    return { hash: leafHash(entryBytes(entry)) }
  } catch (error) {
    if (error instanceof TallyError) return { why: `the entry ${error.message}` }
    throw error
  }
}

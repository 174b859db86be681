import { toBase64 } from '../kernel/bytes.ts'
import { EMPTY_ROOT, HASH_BYTES, sameHash } from './merkle.ts'
import type { TreeHash } from './merkle.ts'
import { decodeBase64, openNote } from './note.ts'
import type { NoteVerifier, Refusal } from './note.ts'

/** The head of a log: which log, how many entries, the root of their Merkle tree. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: TreeHash }

const COUNT = /^(?:0|[1-9][0-9]{0,15})$/

/** Note text of a checkpoint (C2SP tlog-checkpoint): origin, size, root in base64, a line each. */
export function checkpointText(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`
}

/** Reads the text of a verified note as a checkpoint. Extension lines are allowed and mean nothing here. */
export function parseCheckpoint(text: string): Checkpoint | Refusal {
  const lines = text.slice(0, -1).split('\n')
  const [origin, count, root] = lines
  if (!text.endsWith('\n') || origin === undefined || count === undefined || root === undefined || lines.includes('')) {
    return { why: 'is no checkpoint: it has not the three lines origin, size and root' }
  }
  const size = Number(count)
  if (!COUNT.test(count) || !Number.isSafeInteger(size)) return { why: 'has a tree size that is no decimal number' }
  const hash = decodeBase64(root)
  if (hash?.byteLength !== HASH_BYTES) return { why: 'has a root that is no SHA-256 hash in base64' }
  if (size === 0 && !sameHash(hash, EMPTY_ROOT)) return { why: 'gives the empty tree a root it cannot have' }
  return { origin, size, root: hash }
}

/**
 * Verifies a signed checkpoint: by at least one known key, and each key only for the log it may speak for. `origin`, when
 * the caller knows it, must be its first line. Out: the checkpoint and the names whose signatures hold.
 */
export function openCheckpoint(
  note: string,
  verifiers: readonly NoteVerifier[],
  options: { readonly origin?: string } = {},
): (Checkpoint & { readonly by: readonly string[] }) | Refusal {
  const opened = openNote(note, verifiers)
  if ('why' in opened) return opened
  const checkpoint = parseCheckpoint(opened.text)
  if ('why' in checkpoint) return checkpoint
  if (options.origin !== undefined && options.origin !== checkpoint.origin) {
    return { why: `is of the log ${checkpoint.origin}, not of ${options.origin}` }
  }
  const by = opened.by.filter((one) => one.origin === undefined || one.origin === checkpoint.origin)
  if (by.length === 0) return { why: `is signed for the log ${checkpoint.origin} by a key that speaks for another log` }
  return { ...checkpoint, by: by.map((one) => one.name) }
}

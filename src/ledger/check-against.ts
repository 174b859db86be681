import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { toBase64 } from '../kernel/bytes.ts'
import { openCheckpoint } from './checkpoint.ts'
import { readHead } from './head.ts'
import type { LogPlace } from './head.ts'
import { isConsistent, sameHash } from './merkle.ts'
import type { NoteVerifier } from './note.ts'
import { readTiles } from './tile-reader.ts'

/** Whether a log still holds all that a kept checkpoint proves. `from` is the size then, `size` the size now. */
export type Comparison =
  | { readonly ok: true; readonly from: number; readonly size: number; readonly by: readonly string[] }
  | { readonly ok: false; readonly why: string }

/**
 * Proves that a log only grew since somebody kept a checkpoint of it (a receipt's log proof has one). In: the kept
 * checkpoint and the keys, besides the log's own, whose signature on it counts. A log rewritten and signed anew with its
 * real key is found out here, and nowhere else. Throws `log-unsound` when the log does not even prove itself.
 */
export async function checkAgainstKept(
  deps: Pick<Deps, 'fs'>,
  place: LogPlace,
  kept: { readonly checkpoint: string },
  verifiers: readonly NoteVerifier[],
): Promise<Comparison> {
  const old = openCheckpoint(kept.checkpoint, [place.verifier, ...verifiers])
  if ('why' in old) return { ok: false, why: `the kept checkpoint ${old.why}` }
  if (old.origin !== place.origin) return { ok: false, why: `the kept checkpoint is of the log ${old.origin}, this one is ${place.origin}` }
  const head = await readHead(deps, place)
  if (old.size > head.size) {
    return { ok: false, why: `the log has ${head.size} entries where the kept checkpoint proves ${old.size}: entries were taken away` }
  }
  const reader = readTiles(deps, place.dir, head.size)
  const root = await reader.rangeHash({ start: 0, end: head.size })
  if (!sameHash(root, head.root)) throw fail('log-unsound', 'the tiles do not lead to the root of the checkpoint', { where: place.dir })
  const proof = await reader.consistencyFrom(old.size)
  if (isConsistent(old.size, head.size, old.root, head.root, proof)) return { ok: true, from: old.size, size: head.size, by: old.by }
  return {
    ok: false,
    why: `its first ${old.size} entries are not those the kept checkpoint proves (root ${toBase64(old.root)}): the log was rewritten`,
  }
}

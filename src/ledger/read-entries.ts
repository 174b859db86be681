import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import type { LogEntry } from '../kernel/log-proof.ts'
import { parseEntry } from './entry.ts'
import type { LogPlace } from './head.ts'
import { readTiles } from './tile-reader.ts'
import { TILE_WIDTH, tilePath } from './tiles.ts'

/** Streams the entries `from` to `to` (not included) of the log of `size` entries, a bundle in memory at a time. */
export async function* readEntries(
  deps: Pick<Deps, 'fs'>,
  place: Pick<LogPlace, 'dir'>,
  size: number,
  from: number,
  to: number,
): AsyncGenerator<{ readonly index: number; readonly entry: LogEntry }> {
  const entryAt = readEntryAt(deps, place, size)
  for (let index = from; index < to; index += 1) yield { index, entry: await entryAt(index) }
}

/** Reads entries by index; keeps the last bundle, so that ascending reads cost one read a bundle. Throws `log-unsound` for one that is no entry. */
export function readEntryAt(deps: Pick<Deps, 'fs'>, place: Pick<LogPlace, 'dir'>, size: number): (index: number) => Promise<LogEntry> {
  let kept: { readonly bundle: number; readonly entries: readonly Uint8Array[] } | undefined
  return async (index) => {
    const bundle = Math.floor(index / TILE_WIDTH)
    if (kept?.bundle !== bundle) kept = { bundle, entries: await readTiles(deps, place.dir, size).bundle(bundle) }
    const entry = parseEntry(kept.entries[index % TILE_WIDTH] as Uint8Array)
    if (!('why' in entry)) return entry
    throw fail('log-unsound', `entry ${index} ${entry.why}`, { where: tilePath({ level: 'entries', index: bundle, width: TILE_WIDTH }) })
  }
}

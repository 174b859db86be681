import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import type { LimitName } from '../kernel/limits.ts'
import { readFileIfThere } from '../kernel/read-file.ts'
import { foldSubtrees, inclusionRanges, consistencyRanges, leafHash, sameHash, subtreesOf, treeHash } from './merkle.ts'
import type { Range, Subtree, TreeHash } from './merkle.ts'
import { TILE_WIDTH, entriesOf, hashesAt, hashesOf, levelsOf, placeOf, tilePath } from './tiles.ts'
import type { Edge, Tile } from './tiles.ts'

/** Reads the tiles of a log as a tree of one size. Nothing it hands out is trusted until it leads to a signed root. */
export type TileReader = {
  /** Hash of a range a proof may ask for. */
  readonly rangeHash: (range: Range) => Promise<TreeHash>
  readonly inclusion: (index: number) => Promise<readonly TreeHash[]>
  readonly consistencyFrom: (from: number) => Promise<readonly TreeHash[]>
  readonly edge: () => Promise<Edge>
  /** Entries `index * 256` and following, as many as the tree has; each checked against its leaf hash. */
  readonly bundle: (index: number) => Promise<readonly Uint8Array[]>
}

/** A reader for the tree of `size` entries in `dir`. Keeps what it read: make one for each question. Throws `log-unsound`, naming the file, for tiles that are missing or too short. */
export function readTiles(deps: Pick<Deps, 'fs'>, dir: string, size: number): TileReader {
  const kept = new Map<string, Promise<readonly TreeHash[]>>()

  const tile = (level: number, index: number): Promise<readonly TreeHash[]> => {
    const width = Math.min(TILE_WIDTH, hashesAt(level, size) - index * TILE_WIDTH)
    const key = `${level}/${index}`
    const known = kept.get(key)
    if (known !== undefined) return known
    const found = readTile(deps, dir, { level, index, width }, hashesOf)
    kept.set(key, found)
    return found
  }

  const subtreeHash = async (subtree: Subtree): Promise<TreeHash> => {
    const { level, index, offset, count } = placeOf(subtree)
    return treeHash((await tile(level, index)).slice(offset, offset + count))
  }
  const rangeHash = async (range: Range): Promise<TreeHash> => {
    const hashes: TreeHash[] = []
    for (const subtree of subtreesOf(range)) hashes.push(await subtreeHash(subtree))
    return foldSubtrees(hashes)
  }
  const rangeHashes = async (ranges: readonly Range[]): Promise<readonly TreeHash[]> => {
    const hashes: TreeHash[] = []
    for (const range of ranges) hashes.push(await rangeHash(range))
    return hashes
  }

  return {
    rangeHash,
    inclusion: (index) => rangeHashes(inclusionRanges(index, size)),
    consistencyFrom: (from) => (from === 0 ? Promise.resolve([]) : rangeHashes(consistencyRanges(from, size))),
    edge: async () => {
      const rows: (readonly TreeHash[])[] = []
      for (let level = 0; level < levelsOf(size); level += 1) {
        const count = hashesAt(level, size)
        rows.push(count % TILE_WIDTH === 0 ? [] : await tile(level, Math.floor(count / TILE_WIDTH)))
      }
      return rows
    },
    bundle: async (index) => {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
      const id: Tile = { level: 'entries', index, width }
      const [entries, hashes] = [await readTile(deps, dir, id, entriesOf), await tile(0, index)]
      const wrong = entries.findIndex((entry, at) => !sameHash(leafHash(entry), hashes[at] as TreeHash))
      if (wrong >= 0) throw unsound(id, `entry ${index * TILE_WIDTH + wrong} is not the one its tile of hashes has`)
      return entries
    },
  }
}

/**
 * The first `width` items of a tile or bundle. A partial one may have given way to the full one (C2SP tlog-tiles, "Partial
 * Tiles"): whoever still reads by an older checkpoint then takes what it needs of that.
 */
async function readTile<Item>(
  deps: Pick<Deps, 'fs'>,
  dir: string,
  tile: Tile,
  parse: (bytes: Uint8Array) => readonly Item[] | undefined,
): Promise<readonly Item[]> {
  const bytes = (await readIfThere(deps, dir, tile)) ?? (await readIfThere(deps, dir, { ...tile, width: TILE_WIDTH }))
  if (bytes === undefined) throw unsound(tile, 'is missing')
  const items = parse(bytes)
  if (items === undefined || items.length < tile.width) throw unsound(tile, `does not hold its ${tile.width} whole items`)
  return items.slice(0, tile.width)
}

async function readIfThere(deps: Pick<Deps, 'fs'>, dir: string, tile: Tile): Promise<Uint8Array | undefined> {
  const limit: LimitName = tile.level === 'entries' ? 'logBundleBytes' : 'logTileBytes'
  return await readFileIfThere(deps, join(dir, tilePath(tile)), limit)
}

function unsound(tile: Tile, why: string): TallyError {
  return fail('log-unsound', why, { where: tilePath(tile) })
}

import { concatBytes } from '../kernel/bytes.ts'
import { HASH_BYTES, foldSubtrees, subtreesOf, treeHash } from './merkle.ts'
import type { Subtree, TreeHash } from './merkle.ts'

/** Hashes in a full tile, entries in a full bundle (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
/** Levels of the tree one level of tiles spans. */
export const TILE_HEIGHT = 8

/** A file of the log: a tile of hashes at a level, or a bundle of entries. `width` < TILE_WIDTH is a partial one. */
export type Tile = { readonly level: number | 'entries'; readonly index: number; readonly width: number }

/** Path of a tile under the log's directory: `tile/<level>/<index>[.p/<width>]`, the index in groups of three digits, all but the last led by `x`. */
export function tilePath(tile: Tile): string {
  const groups = String(tile.index)
    .padStart(Math.ceil(String(tile.index).length / 3) * 3, '0')
    .match(/\d{3}/g) as string[]
  const index = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${tile.level}/${index}${tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`}`
}

const LEVELS = 64
const TILE_PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/

/** The tile a path names, or undefined when it is no path `tilePath` could have made. */
export function parseTilePath(path: string): Tile | undefined {
  const [, level, index, width] = TILE_PATH.exec(path) ?? []
  if (level === undefined || index === undefined) return undefined
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  return tilePath(tile) === path && tile.width <= TILE_WIDTH && (tile.level === 'entries' || tile.level < LEVELS) ? tile : undefined
}

/** How many hashes stand at a level of tiles in a tree of `size` entries: one for each complete subtree of 256^level entries. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level)
}

/** How many levels of tiles a tree of `size` entries has. */
export function levelsOf(size: number): number {
  let levels = 0
  while (hashesAt(levels, size) > 0) levels += 1
  return levels
}

/** The hashes at the right edge of a tree: for each level of tiles those of its last, unfinished tile (0 to 255 of them). Enough to append and to know the root. */
export type Edge = readonly (readonly TreeHash[])[]

/** Root of a tree from its right edge. */
export function edgeRoot(edge: Edge): TreeHash {
  const hashes: TreeHash[] = []
  for (const row of edge.toReversed()) {
    for (const { level, index } of subtreesOf({ start: 0, end: row.length })) {
      hashes.push(treeHash(row.slice(index * 2 ** level, (index + 1) * 2 ** level)))
    }
  }
  return foldSubtrees(hashes)
}

/** Where the hash of a complete subtree comes from: `count` neighbouring hashes of one tile, from `offset` on. */
export function placeOf(subtree: Subtree): {
  readonly level: number
  readonly index: number
  readonly offset: number
  readonly count: number
} {
  const level = Math.floor(subtree.level / TILE_HEIGHT)
  const count = 2 ** (subtree.level % TILE_HEIGHT)
  const first = subtree.index * count
  return { level, index: Math.floor(first / TILE_WIDTH), offset: first % TILE_WIDTH, count }
}

/** Bytes of a tile of hashes. */
export function tileBytes(hashes: readonly TreeHash[]): Uint8Array {
  return concatBytes(hashes)
}

/** The hashes of a tile, or undefined when the bytes are not a whole number of them. */
export function hashesOf(bytes: Uint8Array): readonly TreeHash[] | undefined {
  if (bytes.byteLength % HASH_BYTES !== 0) return undefined
  return Array.from({ length: bytes.byteLength / HASH_BYTES }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))
}

/** Bytes of an entry bundle: each entry after its length as a big-endian 16-bit number. */
export function bundleBytes(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(entries.flatMap((entry) => [Uint8Array.of(entry.byteLength >> 8, entry.byteLength & 0xff), entry]))
}

/** The entries of a bundle, or undefined when a length leads outside of it. */
export function entriesOf(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bytes.byteLength) {
    const [high, low] = [bytes[at], bytes[at + 1]]
    if (high === undefined || low === undefined) return undefined
    const end = at + 2 + high * 256 + low
    if (end > bytes.byteLength) return undefined
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  return entries
}

/** Grows a tree by leaf hashes, tile by tile. */
export type TreeGrower = {
  /** Adds a leaf. Out: the tiles it filled, lowest level first. */
  readonly add: (leaf: TreeHash) => readonly FilledTile[]
  readonly edge: () => Edge
}
export type FilledTile = { readonly level: number; readonly hashes: readonly TreeHash[] }

/** A grower that stands where `edge` ends. */
export function growTree(edge: Edge): TreeGrower {
  const rows: TreeHash[][] = edge.map((row) => [...row])
  return {
    add: (leaf) => {
      const filled: FilledTile[] = []
      let hash = leaf
      for (let level = 0; ; level += 1) {
        const row = (rows[level] ??= [])
        row.push(hash)
        if (row.length < TILE_WIDTH) return filled
        rows[level] = []
        filled.push({ level, hashes: row })
        hash = treeHash(row)
      }
    },
    edge: () => rows,
  }
}

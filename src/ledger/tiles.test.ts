import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex, utf8 } from '../kernel/bytes.ts'
import { leafHash, treeHash } from './merkle.ts'
import type { TreeHash } from './merkle.ts'
import { bundleBytes, edgeRoot, entriesOf, growTree, hashesAt, hashesOf, levelsOf, parseTilePath, tileBytes, tilePath } from './tiles.ts'

test.each([
  [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
  [{ level: 0, index: 1234067, width: 256 }, 'tile/0/x001/x234/067'],
  [{ level: 2, index: 1000, width: 1 }, 'tile/2/x001/000.p/1'],
  [{ level: 'entries', index: 999, width: 255 }, 'tile/entries/999.p/255'],
  [{ level: 'entries', index: 1234067, width: 8 }, 'tile/entries/x001/x234/067.p/8'],
] as const)('the path of %j is %s, and leads back', (tile, path) => {
  expect(tilePath(tile)).toBe(path)
  expect(parseTilePath(path)).toEqual(tile)
})

test.each([
  'tile/0/0',
  'tile/0/0000',
  'tile/00/000',
  'tile/-1/000',
  'tile/64/000',
  'tile/100/000',
  'tile/data/000',
  'tile/0/x000/000',
  'tile/0/001/000',
  'tile/0/x001/x002',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/0/000.p/300',
  'tile/0/000.p/07',
  'tile/0/000.p',
  'tile/0/000/',
  'tile/0/../0/000',
  'Tile/0/000',
  'tile/0/000\n',
  'checkpoint',
])('%j is no path of a tile', (path) => {
  expect(parseTilePath(path)).toBeUndefined()
})

test("the specification's tree of 70,000: 273 full tiles and one of 112, then 1 and 17, then 1", () => {
  expect(levelsOf(70_000)).toBe(3)
  expect([0, 1, 2, 3].map((level) => hashesAt(level, 70_000))).toEqual([273 * 256 + 112, 256 + 17, 1, 0])
  expect([levelsOf(0), levelsOf(1), levelsOf(255), levelsOf(256)]).toEqual([0, 1, 1, 2])
})

test('a bundle gives its entries back; a length that leads outside gives none', () => {
  const entries = [utf8('one'), new Uint8Array(0), new Uint8Array(4096).fill(7)]
  const bytes = bundleBytes(entries)
  expect(entriesOf(bytes)?.map((entry) => toHex(entry))).toEqual(entries.map((entry) => toHex(entry)))
  expect(entriesOf(bytes.subarray(0, -1))).toBeUndefined()
  expect(entriesOf(Uint8Array.of(0))).toBeUndefined()
  expect(entriesOf(Uint8Array.of(255, 255, 1))).toBeUndefined()
  expect(entriesOf(new Uint8Array(0))).toEqual([])
})

test('a tile gives its hashes back; half a hash is none', () => {
  const hashes = [leafHash(utf8('a')), leafHash(utf8('b'))]
  expect(hashesOf(tileBytes(hashes))?.map((hash) => toHex(hash))).toEqual(hashes.map((hash) => toHex(hash)))
  expect(hashesOf(tileBytes(hashes).subarray(1))).toBeUndefined()
})

const LEAVES = Array.from({ length: 65_537 }, (_, at) => leafHash(utf8(`entry ${at}`)))

/** Grows a tree in two steps. Out: its root and how many tiles were filled at each level. */
function growInTwo(first: number, size: number): { root: string; filled: readonly number[] } {
  const filled = [0, 0]
  const grow = (edge: readonly (readonly TreeHash[])[], from: number, to: number) => {
    const tree = growTree(edge)
    for (const { level, hashes } of LEAVES.slice(from, to).flatMap((leaf) => tree.add(leaf))) {
      expect(hashes).toHaveLength(256)
      filled[level] = (filled[level] ?? 0) + 1
    }
    return tree.edge()
  }
  return { root: toHex(edgeRoot(grow(grow([], 0, first), first, size))), filled }
}

test('a tree grown tile by tile, in any steps, has the root of its leaves and fills the right tiles', () => {
  const sizeAndStep = fc.integer({ min: 0, max: 1500 }).chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size })))
  fc.assert(
    fc.property(sizeAndStep, ([size, first]) => {
      expect(growInTwo(first, size)).toEqual({ root: toHex(treeHash(LEAVES.slice(0, size))), filled: [Math.floor(size / 256), 0] })
    }),
    { numRuns: 50 },
  )
})

test('a tile of the second level is filled by entry 65,536', () => {
  expect(growInTwo(65_000, 65_537)).toEqual({ root: toHex(treeHash(LEAVES)), filled: [256, 1] })
})

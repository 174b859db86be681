import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex, utf8 } from '../kernel/bytes.ts'
import {
  EMPTY_ROOT,
  consistencyRanges,
  foldSubtrees,
  inclusionRanges,
  isConsistent,
  leafHash,
  nodeHash,
  rootFromInclusion,
  sameHash,
  subtreesOf,
  treeHash,
} from './merkle.ts'
import type { Range, TreeHash } from './merkle.ts'

/** The definitions of RFC 6962 word for word: slow, recursive, and written without looking at the code under test. */
function naiveRoot(leaves: readonly TreeHash[]): TreeHash {
  if (leaves.length === 0) return EMPTY_ROOT
  if (leaves.length === 1) return leaves[0] as TreeHash
  const k = naiveSplit(leaves.length)
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}
function naiveSplit(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
function naivePath(m: number, leaves: readonly TreeHash[]): TreeHash[] {
  if (leaves.length === 1) return []
  const k = naiveSplit(leaves.length)
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))]
}
function naiveProof(m: number, leaves: readonly TreeHash[], whole: boolean): TreeHash[] {
  if (m === leaves.length) return whole ? [] : [naiveRoot(leaves)]
  const k = naiveSplit(leaves.length)
  return m <= k
    ? [...naiveProof(m, leaves.slice(0, k), whole), naiveRoot(leaves.slice(k))]
    : [...naiveProof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))]
}

const leavesOf = (size: number): TreeHash[] => Array.from({ length: size }, (_, at) => leafHash(utf8(`entry ${at}`)))
const hex = (hashes: readonly TreeHash[]): string[] => hashes.map((one) => toHex(one))

/** How the log hashes a range: its complete subtrees, folded. */
function rangeHash(leaves: readonly TreeHash[], range: Range): TreeHash {
  return foldSubtrees(subtreesOf(range).map(({ level, index }) => treeHash(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))))
}

const aTree = fc.integer({ min: 1, max: 300 })
const aTreeAndIndex = aTree.chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })))
const twoTrees = aTree.chain((to) => fc.tuple(fc.integer({ min: 1, max: to }), fc.constant(to)))

describe('hashes', () => {
  test('the published values of RFC 6962: the empty tree, the empty leaf', () => {
    expect(toHex(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(toHex(leafHash(new Uint8Array(0)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  })

  test('a root is that of the definition, whole or folded from its subtrees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), (size) => {
        const leaves = leavesOf(size)
        const expected = toHex(naiveRoot(leaves))
        expect(toHex(treeHash(leaves))).toBe(expected)
        expect(toHex(rangeHash(leaves, { start: 0, end: size }))).toBe(expected)
      }),
      { numRuns: 60 },
    )
  })

  test('a leaf cannot pass for a node: the same bytes hash apart', () => {
    const [left, right] = [leafHash(utf8('a')), leafHash(utf8('b'))]
    expect(sameHash(leafHash(new Uint8Array([...left, ...right])), nodeHash(left, right))).toBe(false)
  })
})

describe('inclusion', () => {
  test('the path is that of the definition, and leads to the root', () => {
    fc.assert(
      fc.property(aTreeAndIndex, ([size, index]) => {
        const leaves = leavesOf(size)
        const path = inclusionRanges(index, size).map((range) => rangeHash(leaves, range))
        expect(hex(path)).toEqual(hex(naivePath(index, leaves)))
        const root = rootFromInclusion(leaves[index] as TreeHash, index, size, path)
        expect(root === undefined ? '' : toHex(root)).toBe(toHex(naiveRoot(leaves)))
      }),
      { numRuns: 100 },
    )
  })

  test('any other index, size, leaf, or a path longer, shorter or with a bit flipped leads elsewhere', () => {
    fc.assert(
      fc.property(
        aTreeAndIndex.filter(([size]) => size > 1),
        fc.nat(),
        ([size, index], pick) => {
          const leaves = leavesOf(size)
          const leaf = leaves[index] as TreeHash
          const path = naivePath(index, leaves)
          const root = naiveRoot(leaves)
          const leadsToRoot = (l: TreeHash, i: number, s: number, p: readonly TreeHash[]): boolean => {
            const found = rootFromInclusion(l, i, s, p)
            return found !== undefined && sameHash(found, root)
          }
          expect(leadsToRoot(leaf, index, size, path)).toBe(true)
          expect(leadsToRoot(leaf, (index + 1 + (pick % (size - 1))) % size, size, path)).toBe(false)
          expect(leadsToRoot(leafHash(utf8('other')), index, size, path)).toBe(false)
          expect(leadsToRoot(leaf, index, size, path.slice(1))).toBe(false)
          expect(leadsToRoot(leaf, index, size, [...path, root])).toBe(false)
          const at = pick % path.length
          const flipped = path.map((one, n) => (n === at ? one.map((byte, b) => (b === pick % 32 ? byte ^ 1 : byte)) : one))
          expect(leadsToRoot(leaf, index, size, flipped)).toBe(false)
        },
      ),
      { numRuns: 100 },
    )
  })

  test.each([
    ['index outside', 5, 5],
    ['index negative', -1, 5],
    ['index a fraction', 0.5, 5],
    ['index not a number', Number.NaN, 5],
    ['size endless', 0, Number.POSITIVE_INFINITY],
    ['size beyond exact numbers', 0, 2 ** 60],
    ['an empty tree', 0, 0],
  ])('%s is no proof', (_, index, size) => {
    expect(rootFromInclusion(leafHash(utf8('a')), index, size, [])).toBeUndefined()
  })
})

describe('consistency', () => {
  test('the proof is that of the definition, and holds', () => {
    fc.assert(
      fc.property(twoTrees, ([from, to]) => {
        const leaves = leavesOf(to)
        const proof = consistencyRanges(from, to).map((range) => rangeHash(leaves, range))
        expect(hex(proof)).toEqual(hex(naiveProof(from, leaves, true)))
        expect(isConsistent(from, to, naiveRoot(leaves.slice(0, from)), naiveRoot(leaves), proof)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  test('a tree that was rewritten below the old size does not hold, whatever proof it makes', () => {
    fc.assert(
      fc.property(twoTrees, fc.nat(), ([from, to], pick) => {
        const leaves = leavesOf(to)
        const rewritten = leaves.map((leaf, at) => (at === pick % from ? leafHash(utf8('rewritten')) : leaf))
        const oldRoot = naiveRoot(leaves.slice(0, from))
        expect(isConsistent(from, to, oldRoot, naiveRoot(rewritten), naiveProof(from, rewritten, true))).toBe(false)
        expect(isConsistent(from, to, oldRoot, naiveRoot(rewritten), naiveProof(from, leaves, true))).toBe(false)
      }),
      { numRuns: 100 },
    )
  })

  test('a proof longer, shorter or with a bit flipped does not hold', () => {
    fc.assert(
      fc.property(
        twoTrees.filter(([from, to]) => from < to),
        fc.nat(),
        ([from, to], pick) => {
          const leaves = leavesOf(to)
          const [oldRoot, newRoot] = [naiveRoot(leaves.slice(0, from)), naiveRoot(leaves)]
          const proof = naiveProof(from, leaves, true)
          expect(isConsistent(from, to, oldRoot, newRoot, proof.slice(1))).toBe(false)
          expect(isConsistent(from, to, oldRoot, newRoot, proof.slice(0, -1))).toBe(false)
          expect(isConsistent(from, to, oldRoot, newRoot, [...proof, newRoot])).toBe(false)
          const at = pick % proof.length
          const flipped = proof.map((one, n) => (n === at ? one.map((byte, b) => (b === pick % 32 ? byte ^ 128 : byte)) : one))
          expect(isConsistent(from, to, oldRoot, newRoot, flipped)).toBe(false)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('the empty tree is a prefix of every tree, and only it has its root', () => {
    const root = naiveRoot(leavesOf(3))
    expect(isConsistent(0, 3, EMPTY_ROOT, root, [])).toBe(true)
    expect(isConsistent(0, 3, root, root, [])).toBe(false)
    expect(isConsistent(3, 0, root, EMPTY_ROOT, [])).toBe(false)
    expect(isConsistent(3, 3, root, root, [])).toBe(true)
    expect(isConsistent(3, 3, root, EMPTY_ROOT, [])).toBe(false)
  })

  test('sizes near 2^53 end, and hold nothing', () => {
    const root = leafHash(utf8('a'))
    expect(
      isConsistent(
        2 ** 53 - 2,
        2 ** 53 - 1,
        root,
        root,
        Array.from({ length: 64 }, () => root),
      ),
    ).toBe(false)
  })
})

import { hash } from 'node:crypto'

/** A SHA-256 hash of a Merkle tree: 32 bytes. */
export type TreeHash = Uint8Array

export const HASH_BYTES = 32

/** Root of the tree without entries: SHA-256 of nothing (RFC 6962, section 2.1). */
export const EMPTY_ROOT: TreeHash = sha256(new Uint8Array(0))

/** Hash of one entry: SHA-256(0x00 || entry) (RFC 6962, section 2.1). */
export function leafHash(entry: Uint8Array): TreeHash {
  const input = new Uint8Array(1 + entry.byteLength)
  input.set(entry, 1)
  return sha256(input)
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962, section 2.1). */
export function nodeHash(left: TreeHash, right: TreeHash): TreeHash {
  const input = new Uint8Array(1 + 2 * HASH_BYTES)
  input[0] = 1
  input.set(left, 1)
  input.set(right, 1 + HASH_BYTES)
  return sha256(input)
}

/** Root over leaf hashes, or over the roots of equally large complete subtrees, left to right. Linear time. */
export function treeHash(hashes: readonly TreeHash[]): TreeHash {
  if (hashes.length === 0) return EMPTY_ROOT
  let row = hashes
  while (row.length > 1) {
    const above: TreeHash[] = []
    for (let at = 0; at < row.length; at += 2) {
      const left = row[at] as TreeHash
      const right = row[at + 1]
      // A last one without a neighbour rises as it is: that is the RFC's split at the largest power of two.
      above.push(right === undefined ? left : nodeHash(left, right))
    }
    row = above
  }
  return row[0] as TreeHash
}

/** A run of entries, `start` included, `end` not. */
export type Range = { readonly start: number; readonly end: number }

/** A complete subtree: the 2^level entries from index * 2^level on. */
export type Subtree = { readonly level: number; readonly index: number }

/** The complete subtrees a range of a tree falls into, left to right, largest first. `start` is where a proof may cut: a multiple of the largest. */
export function subtreesOf(range: Range): readonly Subtree[] {
  const found: Subtree[] = []
  let start = range.start
  while (start < range.end) {
    const level = floorLog2(range.end - start)
    found.push({ level, index: start / 2 ** level })
    start += 2 ** level
  }
  return found
}

/** Hash of a range from the hashes of its subtrees (`subtreesOf`). */
export function foldSubtrees(hashes: readonly TreeHash[]): TreeHash {
  let folded: TreeHash | undefined
  for (const one of hashes.toReversed()) folded = folded === undefined ? one : nodeHash(one, folded)
  return folded ?? EMPTY_ROOT
}

/** The ranges whose hashes prove that entry `index` is in the tree of `size` entries, leaf to root (RFC 6962, section 2.1.1: PATH). 0 <= index < size. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  const path: Range[] = []
  let { start, end }: Range = { start: 0, end: size }
  while (end - start > 1) {
    const middle = start + splitOf(end - start)
    if (index < middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
    }
  }
  return path.toReversed()
}

/** The ranges whose hashes prove that the tree of `from` entries is a prefix of that of `to` (RFC 6962, section 2.1.2: PROOF). 0 < from <= to. */
export function consistencyRanges(from: number, to: number): readonly Range[] {
  const path: Range[] = []
  let { start, end }: Range = { start: 0, end: to }
  let whole = true
  while (from !== end) {
    const middle = start + splitOf(end - start)
    if (from <= middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
      whole = false
    }
  }
  if (!whole) path.push({ start, end })
  return path.toReversed()
}

/**
 * The root an inclusion proof leads to (RFC 9162, section 2.1.3.2), or undefined when the proof cannot be one for this
 * index and size: wrong number of hashes, index outside the tree, numbers that are none.
 */
export function rootFromInclusion(leaf: TreeHash, index: number, size: number, hashes: readonly TreeHash[]): TreeHash | undefined {
  if (!isCount(index) || !isCount(size) || index >= size) return undefined
  let at = index
  let last = size - 1
  let root = leaf
  for (const one of hashes) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      root = nodeHash(one, root)
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = half(last)
      }
    } else root = nodeHash(root, one)
    at = half(at)
    last = half(last)
  }
  return last === 0 ? root : undefined
}

/** Whether hashes prove that the tree (from, fromRoot) is a prefix of (to, toRoot) (RFC 9162, section 2.1.4.2). The empty tree is a prefix of every tree. */
export function isConsistent(from: number, to: number, fromRoot: TreeHash, toRoot: TreeHash, hashes: readonly TreeHash[]): boolean {
  if (!isCount(from) || !isCount(to) || from > to) return false
  if (from === 0) return hashes.length === 0 && sameHash(fromRoot, EMPTY_ROOT)
  if (from === to) return hashes.length === 0 && sameHash(fromRoot, toRoot)
  const isPower = subtreesOf({ start: 0, end: from }).length === 1
  const [first, ...rest] = isPower ? [fromRoot, ...hashes] : hashes
  if (first === undefined) return false
  let at = from - 1
  let last = to - 1
  while (at % 2 === 1) {
    at = half(at)
    last = half(last)
  }
  let [old, now] = [first, first]
  for (const one of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      old = nodeHash(one, old)
      now = nodeHash(one, now)
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = half(last)
      }
    } else now = nodeHash(now, one)
    at = half(at)
    last = half(last)
  }
  return last === 0 && sameHash(old, fromRoot) && sameHash(now, toRoot)
}

export function sameHash(a: TreeHash, b: TreeHash): boolean {
  return a.byteLength === HASH_BYTES && b.byteLength === HASH_BYTES && Buffer.compare(a, b) === 0
}

/** The largest power of two below a count of at least 2. */
function splitOf(count: number): number {
  return 2 ** floorLog2(count - 1)
}

// Math.log2 rounds up just below large powers of two.
function floorLog2(count: number): number {
  const level = Math.floor(Math.log2(count))
  return 2 ** level > count ? level - 1 : level
}

// Sizes may pass 2^31, where the bit operators of the language wrap round.
function half(value: number): number {
  return Math.floor(value / 2)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function sha256(input: Uint8Array): TreeHash {
  return hash('sha256', input, 'buffer')
}

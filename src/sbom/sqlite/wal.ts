import { viewBytes } from '../byte-view.ts'

/** Whose checksums go over big-endian words, and little-endian ones, too (sqlite.org, "Database File Format", 4). */
const MAGIC = 0x377f0682
const HEADER = 32
const FRAME_HEADER = 24

/**
 * The pages a write-ahead log has newer than its database, by number: every frame up to the last one that ends a transaction,
 * as far as checksums and salts hold. What comes after is of an earlier use of the file or was never committed; a log that
 * is none has no pages.
 */
export function readWal(bytes: Uint8Array, where: string): Map<number, Uint8Array> {
  const committed = new Map<number, Uint8Array>()
  if (bytes.byteLength < HEADER) return committed
  const view = viewBytes(bytes, 'big', where)
  if ((view.u32(0) & ~1) !== MAGIC) return committed
  const pageSize = view.u32(8)
  if (pageSize < 512 || pageSize > 65536) return committed
  const words = viewBytes(bytes, (view.u32(0) & 1) === 1 ? 'big' : 'little', where)
  let sum: Checksum = addWords([0, 0], words, 0, 24)
  if (sum[0] !== view.u32(24) || sum[1] !== view.u32(28)) return committed
  let pending = new Map<number, Uint8Array>()
  for (let at = HEADER; at + FRAME_HEADER + pageSize <= bytes.byteLength; at += FRAME_HEADER + pageSize) {
    if (view.u32(at + 8) !== view.u32(16) || view.u32(at + 12) !== view.u32(20)) break
    sum = addWords(addWords(sum, words, at, 8), words, at + FRAME_HEADER, pageSize)
    if (sum[0] !== view.u32(at + 16) || sum[1] !== view.u32(at + 20)) break
    pending.set(view.u32(at), view.slice(at + FRAME_HEADER, pageSize))
    if (view.u32(at + 4) === 0) continue
    for (const [number, page] of pending) committed.set(number, page)
    pending = new Map()
  }
  return committed
}

type Checksum = readonly [number, number]

function addWords([a, b]: Checksum, words: { readonly u32: (at: number) => number }, from: number, size: number): Checksum {
  let first = a
  let second = b
  for (let at = from; at + 8 <= from + size; at += 8) {
    first = (first + words.u32(at) + second) >>> 0
    second = (second + words.u32(at + 4) + first) >>> 0
  }
  return [first, second]
}

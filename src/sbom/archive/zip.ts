import { inflateRawSync } from 'node:zlib'
import { overLimit } from '../../kernel/bytes.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { LimitName } from '../../kernel/limits.ts'
import { malformed, viewBytes } from '../byte-view.ts'
import type { ByteView } from '../byte-view.ts'

/** A file of a zip archive as its central directory has it. */
export type ZipEntry = {
  readonly path: string
  readonly method: number
  readonly encrypted: boolean
  readonly packedSize: number
  readonly size: number
  readonly headerAt: number
}

/** What may still be taken from one archive and those inside of it. Shared by all of them. */
export type ZipBudget = { entries: number; unpackedBytes: number }

export type Zip = {
  readonly entries: readonly ZipEntry[]
  /**
   * The bytes of an entry; those of a stored one are not copied. Throws `artifact-malformed` for what cannot be unpacked, and
   * `limit-exceeded` before more than the named cap, or the budget, is unpacked.
   */
  readonly read: (entry: ZipEntry, limitName: LimitName) => Uint8Array
}

const END = 0x06054b50
const END_SIZE = 22
const END_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50
const CENTRAL = 0x02014b50
const CENTRAL_SIZE = 46
const LOCAL = 0x04034b50
const MAX_COMMENT = 0xffff
const STORED = 0
const DEFLATED = 8

export function startZipBudget(): ZipBudget {
  return { entries: LIMITS.archiveEntries, unpackedBytes: LIMITS.archiveUnpackedBytes }
}

/** Whether bytes begin as a zip archive does: with a file, or with the end of an empty one. */
export function looksLikeZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6))
}

/**
 * Opens a zip archive by its central directory, as Java does (PKWARE APPNOTE 4.3, zip64 included); bytes before the archive, such as a
 * script that starts it, are passed over. Nothing is unpacked yet. Throws `artifact-malformed` and `limit-exceeded`.
 */
export function openZip(bytes: Uint8Array, where: string, budget: ZipBudget): Zip {
  const view = viewBytes(bytes, 'little', where)
  const end = findEnd(view)
  const directory = end === undefined ? undefined : readEnd(view, end)
  if (directory === undefined) throw malformed(where, 'is no zip archive: it has no central directory')
  const entries: ZipEntry[] = []
  let at = directory.start
  for (let left = directory.count; left > 0; left -= 1) {
    budget.entries -= 1
    if (budget.entries < 0) throw overLimit('archiveEntries', LIMITS.archiveEntries, where)
    const { entry, next } = readCentral(view, at, directory.shift)
    entries.push(entry)
    at = next
  }
  return { entries, read: (entry, limitName) => readEntry(view, entry, limitName, budget) }
}

/** The end record, the last of its kind whose comment reaches exactly to the end of the file. */
function findEnd(view: ByteView): number | undefined {
  for (let at = view.size - END_SIZE; at >= Math.max(0, view.size - END_SIZE - MAX_COMMENT); at -= 1) {
    if (view.bytes[at] === 0x50 && view.u32(at) === END && at + END_SIZE + view.u16(at + 20) === view.size) return at
  }
  return undefined
}

type Directory = { readonly start: number; readonly count: number; readonly shift: number }

/** `shift` is what stands before the archive: offsets are counted from its own start. */
function readEnd(view: ByteView, end: number): Directory {
  const locator = end - 20
  if (locator >= 0 && view.u32(locator) === LOCATOR_64) {
    // What stands before the archive is not in the offset; the record ends where its locator begins.
    const at = [view.u64(locator + 8), locator - 56].find((place) => place >= 0 && place + 56 <= locator && view.u32(place) === END_64)
    if (at === undefined) throw malformed(view.where, 'is no zip archive: its end record is missing')
    return directoryOf(view, view.u64(at + 32), view.u64(at + 40), view.u64(at + 48), at)
  }
  return directoryOf(view, view.u16(end + 10), view.u32(end + 12), view.u32(end + 16), end)
}

function directoryOf(view: ByteView, count: number, size: number, offset: number, end: number): Directory {
  const start = end - size
  if (start < 0 || start < offset || count * CENTRAL_SIZE > size) throw malformed(view.where, 'has a central directory that does not fit')
  return { start, count, shift: start - offset }
}

function readCentral(view: ByteView, at: number, shift: number): { readonly entry: ZipEntry; readonly next: number } {
  if (view.u32(at) !== CENTRAL) throw malformed(view.where, `has no entry of its central directory at byte ${at}`)
  const nameSize = view.u16(at + 28)
  const extraSize = view.u16(at + 30)
  const name = view.slice(at + CENTRAL_SIZE, nameSize)
  const sizes = wideSizes(view, at, at + CENTRAL_SIZE + nameSize, extraSize)
  return {
    entry: {
      path: new TextDecoder().decode(name),
      method: view.u16(at + 10),
      encrypted: (view.u16(at + 8) & 1) !== 0,
      packedSize: sizes.packed,
      size: sizes.unpacked,
      headerAt: sizes.offset + shift,
    },
    next: at + CENTRAL_SIZE + nameSize + extraSize + view.u16(at + 32),
  }
}

/** Sizes and offset; those that do not fit into 32 bits stand, in this order, in an extra field. */
function wideSizes(view: ByteView, at: number, extraAt: number, extraSize: number): { unpacked: number; packed: number; offset: number } {
  const narrow = { unpacked: view.u32(at + 24), packed: view.u32(at + 20), offset: view.u32(at + 42) }
  const isWide = (value: number): boolean => value === 0xffffffff
  if (!Object.values(narrow).some(isWide)) return narrow
  for (let field = extraAt; field + 4 <= extraAt + extraSize; field += 4 + view.u16(field + 2)) {
    if (view.u16(field) !== 1) continue
    let next = field + 4
    const take = (value: number): number => {
      if (!isWide(value)) return value
      next += 8
      return view.u64(next - 8)
    }
    return { unpacked: take(narrow.unpacked), packed: take(narrow.packed), offset: take(narrow.offset) }
  }
  throw malformed(view.where, 'has an entry without its sizes')
}

function readEntry(view: ByteView, entry: ZipEntry, limitName: LimitName, budget: ZipBudget): Uint8Array {
  const where = `${view.where}!/${entry.path}`
  if (entry.size > LIMITS[limitName]) throw overLimit(limitName, LIMITS[limitName], where)
  if (entry.encrypted) throw malformed(where, 'is encrypted')
  if (view.u32(entry.headerAt) !== LOCAL) throw malformed(where, 'is not where its archive says')
  const start = entry.headerAt + 30 + view.u16(entry.headerAt + 26) + view.u16(entry.headerAt + 28)
  const packed = view.slice(start, entry.packedSize)
  budget.unpackedBytes -= entry.size
  if (budget.unpackedBytes < 0) throw overLimit('archiveUnpackedBytes', LIMITS.archiveUnpackedBytes, where)
  if (entry.method === STORED && entry.size === entry.packedSize) return packed
  if (entry.method !== DEFLATED) throw malformed(where, 'is packed in a way Java does not know')
  return unpack(packed, entry, where)
}

function unpack(packed: Uint8Array, { size }: ZipEntry, where: string): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) })
  } catch {
    throw malformed(where, 'cannot be unpacked to the size its archive says')
  }
  if (bytes.byteLength !== size) throw malformed(where, 'cannot be unpacked to the size its archive says')
  return bytes
}

import { concatBytes } from '../../../kernel/bytes.ts'
import { malformed, viewBytes } from '../../byte-view.ts'
import type { ByteView } from '../../byte-view.ts'

/** Of a hash database (Berkeley DB, dbinc/db_page.h). */
const MAGIC = 0x00061561
const HASH_META = 8
const UNSORTED_HASH = 2
const SORTED_HASH = 13
const OVERFLOW = 7
const PAGE_HEADER = 26
const ITEM_INLINE = 1
const ITEM_OVERFLOW = 3

/** Whether bytes are a hash database of Berkeley DB, and in which byte order. */
export function berkeleyOrder(bytes: Uint8Array): 'little' | 'big' | undefined {
  if (bytes.byteLength < 512) return undefined
  return (['little', 'big'] as const).find((order) => viewBytes(bytes, order, '').u32(12) === MAGIC)
}

/**
 * The values of a hash database of Berkeley DB, as rpm's Packages is one: every page of a bucket holds pairs of key and value, and a
 * value too large for it lies on a chain of overflow pages. The entry with key 0 is rpm's counter and left out. Throws
 * `artifact-malformed`; a page that belongs to two values is refused, so that no more comes out than went in.
 */
export function* readBerkeleyHash(bytes: Uint8Array, where: string): Generator<Uint8Array> {
  const order = berkeleyOrder(bytes)
  if (order === undefined) throw malformed(where, 'is no hash database of Berkeley DB')
  const view = viewBytes(bytes, order, where)
  const pageSize = view.u32(20)
  if (view.u8(25) !== HASH_META || view.u8(24) !== 0) throw malformed(where, 'is an encrypted or another kind of database of Berkeley DB')
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) throw malformed(where, 'has no valid page size')
  const file: File = { view, order, pageSize, used: new Set() }
  const pages = Math.floor(view.size / pageSize)
  for (let number = 1; number < pages; number += 1) {
    const type = view.u8(number * pageSize + 25)
    if (type === SORTED_HASH || type === UNSORTED_HASH) yield* valuesOf(file, number)
  }
}

type File = {
  readonly view: ByteView
  readonly order: 'little' | 'big'
  readonly pageSize: number
  readonly used: Set<number>
}

function* valuesOf(file: File, number: number): Generator<Uint8Array> {
  const { view, pageSize, order } = file
  const page = viewBytes(view.slice(number * pageSize, pageSize), order, view.where)
  const items = page.u16(20)
  page.slice(PAGE_HEADER, items * 2)
  for (let item = 0; item + 1 < items; item += 2) {
    if (isCounter(itemBytes(page, item))) continue
    const value = itemBytes(page, item + 1)
    if (value[0] === ITEM_INLINE) yield value.subarray(1)
    else if (value[0] === ITEM_OVERFLOW) yield readOverflow(file, viewBytes(value, order, view.where))
    else throw malformed(view.where, `has a value of unknown kind on page ${number}`)
  }
}

/** Items grow from the end of the page: each ends where the one before it begins. */
function itemBytes(page: ByteView, item: number): Uint8Array {
  const start = page.u16(PAGE_HEADER + item * 2)
  const end = item === 0 ? page.size : page.u16(PAGE_HEADER + (item - 1) * 2)
  if (end < start) throw malformed(page.where, 'has a page whose items overlap')
  return page.slice(start, end - start)
}

function isCounter(key: Uint8Array): boolean {
  return key[0] === ITEM_INLINE && key.subarray(1).every((byte) => byte === 0)
}

function readOverflow({ view, order, pageSize, used }: File, item: ByteView): Uint8Array {
  const parts: Uint8Array[] = []
  let left = item.u32(8)
  for (let number = item.u32(4); number !== 0 && left > 0;) {
    if (used.has(number)) throw malformed(view.where, `uses page ${number} twice`)
    used.add(number)
    const page = viewBytes(view.slice(number * pageSize, pageSize), order, view.where)
    if (page.u8(25) !== OVERFLOW) throw malformed(view.where, `has no part of a value on page ${number}`)
    const part = page.slice(PAGE_HEADER, Math.min(left, page.u16(22)))
    parts.push(part)
    left -= part.byteLength
    number = page.u32(16)
  }
  if (left > 0) throw malformed(view.where, 'has a value that is cut off')
  return concatBytes(parts)
}

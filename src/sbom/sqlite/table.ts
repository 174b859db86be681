import { concatBytes } from '../../kernel/bytes.ts'
import { malformed, viewBytes } from '../byte-view.ts'
import type { ByteView } from '../byte-view.ts'

/** A column of a row. */
export type SqliteValue = null | number | bigint | string | Uint8Array

/** A row: its id, and its columns. A column that stands for the id is null. */
export type SqliteRow = { readonly id: number; readonly values: readonly SqliteValue[] }

const MAGIC = 'SQLite format 3\0'
const INTERIOR_TABLE = 5
const LEAF_TABLE = 13
const UTF8 = 1

export function isSqlite(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.byteLength)).toString('latin1') === MAGIC
}

/**
 * The rows of one table of an SQLite database (sqlite.org, "Database File Format"), in the order of their ids. In: the file, what it is called, the table, and newer pages by number (see `readWal`). Undefined
 * when there is no such table. Only this table's pages are read, each at most once; nothing of SQL is interpreted. Throws
 * `artifact-malformed`.
 */
export function readTable(
  bytes: Uint8Array,
  where: string,
  table: string,
  newer: ReadonlyMap<number, Uint8Array> = new Map(),
): Generator<SqliteRow> | undefined {
  const file = openFile(bytes, where, newer)
  for (const { values } of rowsOf(file, 1)) {
    const [type, name, , root] = values
    if (type === 'table' && name === table && typeof root === 'number') return rowsOf(file, root)
  }
  return undefined
}

type File = {
  readonly where: string
  readonly usable: number
  readonly page: (number: number) => ByteView
  /** Counts bytes of rows: rows that share bytes could be many more than the file is large. */
  readonly charge: (size: number) => void
}

function openFile(bytes: Uint8Array, where: string, newer: ReadonlyMap<number, Uint8Array>): File {
  const view = viewBytes(bytes, 'big', where)
  const first = viewBytes(newer.get(1) ?? bytes, 'big', where)
  if (!isSqlite(first.bytes)) throw malformed(where, 'is no SQLite database')
  const pageSize = first.u16(16) === 1 ? 65536 : first.u16(16)
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) throw malformed(where, 'has no valid page size')
  if (first.u32(56) !== UTF8) throw malformed(where, 'has texts of another encoding than UTF-8')
  const usable = pageSize - first.u8(20)
  if (usable < 480) throw malformed(where, 'has pages without room')
  const used = new Set<number>()
  let left = bytes.byteLength + newer.size * pageSize
  return {
    where,
    usable,
    charge: (size) => {
      left -= size
      if (left < 0) throw malformed(where, 'has rows that share bytes')
    },
    page: (number) => {
      if (number === 0 || used.has(number)) throw malformed(where, `uses page ${number} where it has no place`)
      used.add(number)
      return viewBytes(newer.get(number) ?? view.slice((number - 1) * pageSize, pageSize), 'big', where)
    },
  }
}

/** Depth first through a table's tree. No recursion: the depth is as large as the file says. */
function* rowsOf(file: File, root: number): Generator<SqliteRow> {
  const waiting = [root]
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const page = file.page(number)
    // The first page begins with the header of the file.
    const at = number === 1 ? 100 : 0
    const type = page.u8(at)
    const cells = page.u16(at + 3)
    if (type === LEAF_TABLE) {
      for (let cell = 0; cell < cells; cell += 1) yield readCell(file, page, page.u16(at + 8 + cell * 2))
    } else if (type === INTERIOR_TABLE) {
      const children = Array.from({ length: cells }, (_, cell) => page.u32(page.u16(at + 12 + cell * 2)))
      waiting.push(page.u32(at + 8), ...children.toReversed())
    } else throw malformed(file.where, `has no table on page ${number}`)
  }
}

function readCell(file: File, page: ByteView, at: number): SqliteRow {
  const size = readVarint(page, at)
  const id = readVarint(page, size.next)
  const payload = readPayload(file, page, id.next, Number(size.value))
  return { id: Number(id.value), values: readRecord(payload, file.where) }
}

/** The payload of a leaf cell; what does not fit into its page lies on a chain of overflow pages. */
function readPayload(file: File, page: ByteView, at: number, length: number): Uint8Array {
  file.charge(length)
  if (length <= file.usable - 35) return page.slice(at, length)
  const least = Math.floor(((file.usable - 12) * 32) / 255) - 23
  const some = least + ((length - least) % (file.usable - 4))
  const local = some <= file.usable - 35 ? some : least
  const parts = [page.slice(at, local)]
  let left = length - local
  for (let number = page.u32(at + local); left > 0;) {
    const overflow = file.page(number)
    const part = overflow.slice(4, Math.min(left, file.usable - 4))
    parts.push(part)
    left -= part.byteLength
    number = overflow.u32(0)
  }
  return concatBytes(parts)
}

function readRecord(payload: Uint8Array, where: string): SqliteValue[] {
  const view = viewBytes(payload, 'big', where)
  const header = readVarint(view, 0)
  const values: SqliteValue[] = []
  let at = Number(header.value)
  for (let next = header.next; next < Number(header.value);) {
    const type = readVarint(view, next)
    const [value, size] = readValue(view, at, Number(type.value))
    values.push(value)
    at += size
    next = type.next
  }
  return values
}

/** One value by its serial type. A float is of no use here and read as null. */
function readValue(view: ByteView, at: number, type: number): [SqliteValue, number] {
  if (type >= 12) {
    const size = Math.floor((type - 12) / 2)
    const bytes = view.slice(at, size)
    return [type % 2 === 0 ? bytes : new TextDecoder().decode(bytes), size]
  }
  if (type === 8 || type === 9) return [type - 8, 0]
  if (type === 0) return [null, 0]
  const size = [0, 1, 2, 3, 4, 6, 8, 8][type]
  if (size === undefined) throw malformed(view.where, 'has a value of unknown type')
  const bytes = view.slice(at, size)
  if (type === 7) return [null, size]
  if (size === 8) return [Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigInt64BE(), size]
  return [Buffer.from(bytes.buffer, bytes.byteOffset, size).readIntBE(0, size), size]
}

/** A variable-length integer: seven bits a byte from the largest, eight in the ninth. */
function readVarint(view: ByteView, at: number): { readonly value: bigint; readonly next: number } {
  let value = 0n
  for (let offset = 0; offset < 8; offset += 1) {
    const byte = view.u8(at + offset)
    value = (value << 7n) | BigInt(byte & 0x7f)
    if (byte < 0x80) return { value, next: at + offset + 1 }
  }
  return { value: (value << 8n) | BigInt(view.u8(at + 8)), next: at + 9 }
}

import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatBytes, utf8 } from '../../../kernel/bytes.ts'

/** Package databases as rpm writes them, of headers as it stores them. Used by tests alone. */

export type Field = { readonly tag: number; readonly type: 4 | 6 | 8 | 9; readonly values: readonly (string | number)[] }

export type RpmSpec = {
  readonly name: string
  readonly version?: string
  readonly release?: string
  readonly epoch?: number
  readonly arch?: string
  readonly licence?: string
  readonly source?: string
  readonly module?: string
  /** `name`, or `name >= version`. */
  readonly requires?: readonly string[]
  readonly provides?: readonly string[]
  readonly files?: readonly string[]
  readonly fields?: readonly Field[]
}

export function rpmHeader(spec: RpmSpec): Uint8Array {
  const text = (tag: number, value: string | undefined): Field[] => (value === undefined ? [] : [{ tag, type: 6, values: [value] }])
  const requires = (spec.requires ?? []).map(relation)
  const provides = (spec.provides ?? [`${spec.name} = ${spec.version ?? '1.0'}-${spec.release ?? '1'}`]).map(relation)
  const folders = [...new Set((spec.files ?? []).map((file) => file.slice(0, file.lastIndexOf('/') + 1)))]
  const lists = (tags: readonly [number, number, number], list: readonly Relation[]): Field[] =>
    list.length === 0
      ? []
      : [
          { tag: tags[0], type: 8, values: list.map(({ name }) => name) },
          { tag: tags[1], type: 4, values: list.map(({ flags }) => flags) },
          { tag: tags[2], type: 8, values: list.map(({ version }) => version) },
        ]
  const files: Field[] =
    spec.files === undefined
      ? []
      : [
          { tag: 1117, type: 8, values: spec.files.map((file) => file.slice(file.lastIndexOf('/') + 1)) },
          { tag: 1116, type: 4, values: spec.files.map((file) => folders.indexOf(file.slice(0, file.lastIndexOf('/') + 1))) },
          { tag: 1118, type: 8, values: folders },
        ]
  return headerBytes([
    ...text(1000, spec.name),
    ...text(1001, spec.version ?? '1.0'),
    ...text(1002, spec.release ?? '1'),
    ...(spec.epoch === undefined ? [] : [{ tag: 1003, type: 4, values: [spec.epoch] } as const]),
    ...text(1014, spec.licence),
    ...text(1022, spec.arch ?? 'x86_64'),
    ...text(1044, spec.source),
    ...text(5096, spec.module),
    ...lists([1049, 1048, 1050], requires),
    ...lists([1047, 1112, 1113], provides),
    ...files,
    ...(spec.fields ?? []),
  ])
}

type Relation = { readonly name: string; readonly flags: number; readonly version: string }

function relation(text: string): Relation {
  const [name = '', operator = '', version = ''] = text.startsWith('(') ? [text] : text.split(' ')
  const flags = (operator.includes('<') ? 2 : 0) | (operator.includes('>') ? 4 : 0) | (operator.includes('=') ? 8 : 0)
  return { name, flags: name.startsWith('rpmlib(') ? flags | (1 << 24) : flags, version }
}

export function headerBytes(fields: readonly Field[]): Uint8Array {
  const index: Uint8Array[] = []
  const data: Uint8Array[] = []
  let size = 0
  for (const { tag, type, values } of fields) {
    if (type === 4 && size % 4 !== 0) {
      data.push(new Uint8Array(4 - (size % 4)))
      size += 4 - (size % 4)
    }
    index.push(numbers([tag, type, size, values.length], 'big'))
    const bytes = concatBytes(values.map((value) => (typeof value === 'number' ? numbers([value], 'big') : utf8(`${value}\0`))))
    data.push(bytes)
    size += bytes.byteLength
  }
  return concatBytes([numbers([fields.length, size], 'big'), ...index, ...data])
}

export function ndbBytes(blobs: readonly Uint8Array[]): Uint8Array {
  const page = Buffer.alloc(4096)
  page.set(numbers([0x506d7052, 0, 1, 1, blobs.length + 1], 'little'))
  for (let at = 32; at < 4096; at += 16) page.writeUInt32LE(0x746f6c53, at)
  const parts: Uint8Array[] = [page]
  let end = 4096
  for (const [at, blob] of blobs.entries()) {
    const size = Math.ceil((16 + blob.byteLength + 12) / 16) * 16
    page.set(numbers([at + 1, end / 16, size / 16], 'little'), 32 + at * 16 + 4)
    const padding = new Uint8Array(size - 16 - blob.byteLength - 12)
    parts.push(
      numbers([0x53626c42, at + 1, 1, blob.byteLength], 'little'),
      blob,
      padding,
      numbers([0, blob.byteLength, 0x45626c42], 'little'),
    )
    end += size
  }
  return concatBytes(parts)
}

/** A hash database with one bucket page: small values in it, large ones on pages of their own. */
export function berkeleyBytes(blobs: readonly Uint8Array[], order: 'little' | 'big', pageSize = 4096): Uint8Array {
  const overflow: Uint8Array[] = []
  const items: Uint8Array[] = [
    concatBytes([new Uint8Array([1]), numbers([0], order)]),
    concatBytes([new Uint8Array([1]), numbers([7], order)]),
  ]
  for (const [at, blob] of blobs.entries()) {
    items.push(concatBytes([new Uint8Array([1]), numbers([at + 1], order)]))
    if (blob.byteLength < 300) {
      items.push(concatBytes([new Uint8Array([1]), blob]))
      continue
    }
    items.push(concatBytes([new Uint8Array([3, 0, 0, 0]), numbers([2 + overflow.length, blob.byteLength], order)]))
    const room = pageSize - 26
    for (let start = 0; start < blob.byteLength; start += room) {
      const part = blob.subarray(start, start + room)
      const next = start + room < blob.byteLength ? 3 + overflow.length : 0
      overflow.push(berkeleyPage({ order, pageSize, number: 2 + overflow.length, next, type: 7, free: part.byteLength, content: part }))
    }
  }
  const meta = Buffer.alloc(pageSize)
  meta.set(numbers([0, 0, 0, 0x061561, 9, pageSize], order))
  meta[25] = 8
  const bucket = berkeleyPage({ order, pageSize, number: 1, next: 0, type: 13, free: 0, content: new Uint8Array(0), items })
  return concatBytes([meta, bucket, ...overflow, new Uint8Array(pageSize)])
}

function berkeleyPage(page: {
  readonly order: 'little' | 'big'
  readonly pageSize: number
  readonly number: number
  readonly next: number
  readonly type: number
  readonly free: number
  readonly content: Uint8Array
  readonly items?: readonly Uint8Array[]
}): Uint8Array {
  const bytes = Buffer.alloc(page.pageSize)
  const short = (value: number, at: number): unknown =>
    page.order === 'little' ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at)
  bytes.set(numbers([0, 0, page.number, 0, page.next], page.order))
  short(page.items?.length ?? 1, 20)
  short(page.free, 22)
  bytes[25] = page.type
  bytes.set(page.content, 26)
  let end = page.pageSize
  for (const [at, item] of (page.items ?? []).entries()) {
    end -= item.byteLength
    bytes.set(item, end)
    short(end, 26 + at * 2)
  }
  return bytes
}

export function sqliteBytes(
  blobs: readonly Uint8Array[],
  schema = 'create table Packages (hnum integer primary key autoincrement, blob blob not null)',
): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'tally-'))
  const database = new DatabaseSync(join(directory, 'rpmdb.sqlite'))
  try {
    database.exec(schema)
    for (const blob of blobs) database.prepare('insert into Packages (blob) values (?)').run(blob)
    return new Uint8Array(readFileSync(join(directory, 'rpmdb.sqlite')))
  } finally {
    database.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function numbers(values: readonly number[], order: 'little' | 'big'): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [at, value] of values.entries()) {
    if (order === 'little') bytes.writeUInt32LE(value, at * 4)
    else bytes.writeUInt32BE(value, at * 4)
  }
  return bytes
}

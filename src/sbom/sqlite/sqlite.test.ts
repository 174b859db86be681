import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { fuzz } from '../fuzz-fixture.ts'
import { readTable } from './table.ts'
import { readWal } from './wal.ts'

/** What SQLite itself writes: the database file, and its write-ahead log while the database is open. */
function written(statements: readonly string[], options: { readonly wal?: boolean } = {}): { file: Uint8Array; wal: Uint8Array } {
  const directory = mkdtempSync(join(tmpdir(), 'tally-'))
  const path = join(directory, 'test.sqlite')
  const database = new DatabaseSync(path)
  try {
    for (const statement of statements) database.exec(statement)
    return { file: new Uint8Array(readFileSync(path)), wal: new Uint8Array(options.wal === true ? readFileSync(`${path}-wal`) : []) }
  } finally {
    database.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

const SERIES = (end: number) => `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${end})`
const TABLE = "create table other(x); create table 'Packages' (hnum integer primary key autoincrement, blob blob not null, t text, n)"

function sizes(file: Uint8Array, newer?: ReadonlyMap<number, Uint8Array>): number[] {
  return [...(readTable(file, 'test', 'Packages', newer) ?? [])].map(({ values }) => (values[1] as Uint8Array).byteLength)
}

describe('a table of an SQLite database', () => {
  it.each([512, 1024, 4096, 65536])('is read with pages of %i bytes: small rows, large rows, many rows', (pageSize) => {
    const { file } = written([
      `pragma page_size = ${pageSize}`,
      TABLE,
      "insert into Packages(blob, t, n) values (x'01ff', 'ümlaut', -1), (zeroblob(100000), null, 1e9), (zeroblob(0), '', 4294967296000)",
      `${SERIES(3000)} insert into Packages(blob, t, n) select zeroblob(i % 700), 't' || i, i from n`,
    ])
    const found = [...(readTable(file, 'test', 'Packages') ?? [])]
    const rows = found.map(({ values }) => values)
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 3003 }, (_, at) => at + 1))
    expect(rows).toHaveLength(3003)
    expect(rows[0]).toEqual([null, new Uint8Array([1, 255]), 'ümlaut', -1])
    expect(rows[1]?.[1]).toHaveLength(100_000)
    expect(rows[2]?.slice(2)).toEqual(['', 4294967296000])
    expect(rows[3002]).toEqual([null, new Uint8Array(3000 % 700), 't3000', 3000])
  })

  it('is undefined when it is not there', () => {
    expect(readTable(written(['create table other(x)']).file, 'test', 'Packages')).toBeUndefined()
  })

  it('has what the write-ahead log has newer', () => {
    const { file, wal } = written(
      ['pragma journal_mode = wal', TABLE, 'insert into Packages(blob) values (zeroblob(7))', 'update Packages set blob = zeroblob(9000)'],
      { wal: true },
    )
    expect(sizes(file, readWal(wal, 'test-wal'))).toEqual([9000])
    // Without its last frame the last transaction was never committed.
    expect(sizes(file, readWal(wal.subarray(0, wal.byteLength - 1), 'test-wal'))).toEqual([7])
  })

  it('ignores a log that is none, is cut off, or whose checksums do not hold', () => {
    const { wal } = written(['pragma journal_mode = wal', TABLE], { wal: true })
    expect(readWal(wal, 'wal').size).toBeGreaterThan(0)
    const changed = Uint8Array.from(wal)
    changed[100] = 1 ^ (changed[100] ?? 0)
    for (const bytes of [changed, utf8('nothing'), new Uint8Array(64), wal.subarray(0, 40)]) expect(readWal(bytes, 'wal').size).toBe(0)
  })

  it.each([
    ['no database', utf8('x'.repeat(200)), /is no SQLite database/],
    ['nothing', new Uint8Array(0), /is no SQLite database/],
    ['one cut off', written([TABLE]).file.subarray(0, 600), /ends at byte 600/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => [...(readTable(bytes, 'test', 'Packages') ?? [])]).toThrow(message)
  })

  it('refuses a tree that leads back to itself', () => {
    const { file } = written([`pragma page_size = 512`, TABLE, `${SERIES(500)} insert into Packages(blob) select zeroblob(200) from n`])
    const looped = Buffer.from(file)
    const root = [...(readTable(file, 'test', 'sqlite_schema') ?? [])]
    expect(root).toEqual([])
    // Every interior page now has the first page as its last child.
    for (let at = 512; at < looped.byteLength; at += 512) if (looped[at] === 5) looped.writeUInt32BE(1, at + 8)
    expect(() => sizes(looped)).toThrow(/uses page 1 where it has no place/)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const { file } = written([
      'pragma page_size = 512',
      TABLE,
      `${SERIES(30)} insert into Packages(blob, t) select zeroblob(i * 40), i from n`,
    ])
    const { wal } = written(['pragma journal_mode = wal', 'pragma page_size = 512', TABLE], { wal: true })
    const outcome = await fuzz([file], (bytes) => [...(readTable(bytes, 'fuzz', 'Packages') ?? [])])
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(500)
    expect(outcome.refused).toBeGreaterThan(500)
    expect((await fuzz([wal], (bytes) => readWal(bytes, 'fuzz'), { rounds: 2000 })).strange).toEqual([])
  })
})

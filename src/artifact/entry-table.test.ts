import { describe, expect, it } from 'vitest'
import { entriesOf, startEntryTable } from './entry-table.ts'
import type { RecordedEntry } from './entry-table.ts'

const ENTRIES: readonly RecordedEntry[] = [
  { path: 'etc', type: 'directory', size: 0, mode: 0o755 },
  { path: 'etc/passwd', type: 'file', size: 1234, mode: 0o644 },
  { path: 'usr/bin/su', type: 'file', size: 2 ** 40 + 1, mode: 0o4755 },
  { path: 'bin', type: 'symlink', size: 0, mode: 0o777, linkTarget: 'usr/bin' },
  { path: 'usr/bin/sudo', type: 'hardlink', size: 0, mode: 0o755, linkTarget: 'usr/bin/su' },
  { path: 'srv/Ärger/\u{1f4e6}/\ufffdff', type: 'file', size: 0, mode: 0 },
  { path: 'dev/null', type: 'character-device', size: 0, mode: 0o666 },
  { path: 'dev/sda', type: 'block-device', size: 0, mode: 0o660 },
  { path: 'run/pipe', type: 'fifo', size: 0, mode: 0o600 },
  { path: 'a/'.repeat(2000) + 'z', type: 'file', size: 1, mode: 0o7777 },
]

describe('a table of entries', () => {
  it('tells every entry as it was, in order', () => {
    const table = startEntryTable()
    for (const entry of ENTRIES) table.add(entry)
    const { count, bytes } = table.finish()
    expect(count).toBe(ENTRIES.length)
    expect([...entriesOf({ count, bytes })]).toEqual(ENTRIES)
  })

  it('grows with what it holds, and is nothing where there is nothing', () => {
    const table = startEntryTable()
    const all = Array.from({ length: 5000 }, (_, at): RecordedEntry => ({
      path: `srv/app/file-${at}`,
      type: 'file',
      size: at,
      mode: 0o644,
    }))
    for (const entry of all) table.add(entry)
    expect([...entriesOf(table.finish())]).toEqual(all)
    expect([...entriesOf(startEntryTable().finish())]).toEqual([])
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { inPieces } from './tar-fixture.ts'
import { sourceDateEpoch, tarBytes } from './tar-write.ts'
import type { TarItem } from './tar-write.ts'
import { walkTar } from './tar.ts'

const deep = `${'folder/'.repeat(30)}leaf`
const items: TarItem[] = [
  { type: 'file', path: 'usr/bin/app', content: utf8('#!/bin/sh\n'), executable: true },
  { type: 'directory', path: 'usr' },
  { type: 'directory', path: 'tmp', mode: 0o1777 },
  { type: 'symlink', path: 'bin', linkTarget: 'usr/bin' },
  { type: 'file', path: 'etc/motd', content: utf8('hello\n') },
  { type: 'hardlink', path: 'etc/motd2', linkTarget: 'etc/motd' },
  { type: 'file', path: deep, content: utf8('deep') },
  { type: 'file', path: 'café', content: new Uint8Array(0) },
  { type: 'symlink', path: 'far', linkTarget: `/${deep}` },
]

describe('tarBytes', () => {
  it('writes what walkTar reads, sorted by the bytes of the paths', async () => {
    const seen: unknown[] = []
    await walkTar(
      inPieces(tarBytes(items, { mtime: 0 })),
      async ({ path, type, mode, linkTarget, content }) => {
        const text = textOf(await readAll(content, 100, 'fileReadBytes'))
        seen.push([path, type, mode.toString(8), linkTarget ?? text])
      },
      { where: 'x.tar' },
    )
    expect(seen).toEqual([
      ['bin', 'symlink', '777', 'usr/bin'],
      ['café', 'file', '644', ''],
      ['etc/motd', 'file', '644', 'hello\n'],
      ['etc/motd2', 'hardlink', '644', 'etc/motd'],
      ['far', 'symlink', '777', `/${deep}`],
      [deep, 'file', '644', 'deep'],
      ['tmp', 'directory', '1777', ''],
      ['usr', 'directory', '755', ''],
      ['usr/bin/app', 'file', '755', '#!/bin/sh\n'],
    ])
  })

  it('gives the same bytes whatever the order of the items', () => {
    const digest = digestOf(tarBytes(items, { mtime: 1_700_000_000 }))
    expect(digestOf(tarBytes(items.toReversed(), { mtime: 1_700_000_000 }))).toBe(digest)
    expect(digestOf(tarBytes(items, { mtime: 1_700_000_001 }))).not.toBe(digest)
  })

  it.each([98, 99, 100, 101, 102, 996, 997, 998, 999, 1000, 1001])(
    'counts the length of a pax record of a path of %i bytes',
    async (size) => {
      const path = 'é'.repeat(size >> 1) + 'x'.repeat(size & 1)
      const seen: string[] = []
      await walkTar(
        inPieces(tarBytes([{ type: 'symlink', path, linkTarget: path }], { mtime: 0 })),
        (entry) => void seen.push(entry.path, entry.linkTarget ?? ''),
        {
          where: 'x.tar',
        },
      )
      expect(seen).toEqual([path, path])
    },
  )

  it.each<[string, TarItem[], string]>([
    ['..', [{ type: 'directory', path: 'a/../b' }], '`..`'],
    ['an absolute path', [{ type: 'directory', path: '/a' }], 'not normalised'],
    ['a path twice', [items[0], items[0]] as TarItem[], 'twice'],
    [
      'a hard link ahead of its target',
      [
        { type: 'hardlink', path: 'a', linkTarget: 'b' },
        { type: 'file', path: 'b', content: utf8('') },
      ],
      'does not come before',
    ],
    ['a link to nothing', [{ type: 'symlink', path: 'a', linkTarget: '' }], 'link to nothing'],
  ])('refuses %s', (_what, bad, message) => {
    expect(() => tarBytes(bad, { mtime: 0 })).toThrow(message)
  })

  it('is read by the tar that is installed', async ({ skip }) => {
    const dir = await mkdtemp(join(tmpdir(), 'tally-'))
    try {
      await writeFile(join(dir, 'a.tar'), tarBytes(items, { mtime: 86_400 }))
      let listing: string
      try {
        listing = execFileSync('tar', ['--full-time', '--utc', '--quoting-style=literal', '-tvf', 'a.tar'], { cwd: dir, encoding: 'utf8' })
      } catch {
        return skip('no GNU tar is installed')
      }
      const lines = listing.trimEnd().split('\n')
      expect(lines).toHaveLength(items.length)
      expect(lines[0]).toMatch(/^lrwxrwxrwx 0\/0 +0 1970-01-02 00:00:00 bin -> usr\/bin$/)
      expect(lines[5]).toMatch(new RegExp(`^-rw-r--r-- 0/0 +4 1970-01-02 00:00:00 ${deep}$`))
      expect(lines[3]).toMatch(/ link to etc\/motd$/)
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})

describe('sourceDateEpoch', () => {
  it('is 0 where nothing is set', () => expect(sourceDateEpoch({ env: {} })).toBe(0))
  it('is what is set', () => expect(sourceDateEpoch({ env: { SOURCE_DATE_EPOCH: '1700000000' } })).toBe(1_700_000_000))
  it.each(['-1', '1.5', 'now', '99999999999', ' 1'])('refuses %j', (text) => {
    expect(() => sourceDateEpoch({ env: { SOURCE_DATE_EPOCH: text } })).toThrow('whole number of seconds')
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, symlink, link, mkdir, writeFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { concatBytes, readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { inPieces, paxEntry, paxRecord, rawEntry, rawTar } from './tar-fixture.ts'
import type { RawEntry } from './tar-fixture.ts'
import { walkTar } from './tar.ts'
import type { TarOptions } from './tar.ts'

type Seen = { path: string; type: string; size: number; mode: number; linkTarget?: string; text?: string }

async function list(bytes: Uint8Array, options: Partial<TarOptions> = {}, piece?: number): Promise<Seen[]> {
  const seen: Seen[] = []
  await walkTar(
    inPieces(bytes, piece),
    async ({ path, type, size, mode, linkTarget, content }) => {
      const text = type === 'file' ? textOf(await readAll(content, LIMITS.fileReadBytes, 'fileReadBytes')) : undefined
      seen.push({ path, type, size, mode, ...(linkTarget === undefined ? {} : { linkTarget }), ...(text === undefined ? {} : { text }) })
    },
    { where: 'x.tar', ...options },
  )
  return seen
}

async function refusal(bytes: Uint8Array, options: Partial<TarOptions> = {}): Promise<string> {
  const error = await list(bytes, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof TallyError)) throw new Error(`not refused: ${String(error)}`)
  return `${error.code}: ${error.message}`
}

const file = (name: string, text = ''): RawEntry => ({ name, content: utf8(text) })
const paths = async (bytes: Uint8Array): Promise<string[]> => (await list(bytes)).map(({ path }) => path)

describe('walkTar reads', () => {
  it('files, folders and links, however the stream is cut', async () => {
    const bytes = rawTar([
      { name: 'etc/', typeflag: '5', mode: '0000755' },
      file('etc/os-release', 'ID=demo\n'),
      { name: 'bin/tool', content: utf8('#!'), mode: '0004755' },
      { name: 'bin/same', typeflag: '1', linkName: './bin/tool' },
      { name: 'lib', typeflag: '2', linkName: '../usr/lib' },
      { name: 'dev/null', typeflag: '3' },
      { name: 'run/pipe', typeflag: '6' },
    ])
    const whole = [
      { path: 'etc', type: 'directory', size: 0, mode: 0o755 },
      { path: 'etc/os-release', type: 'file', size: 8, mode: 0o644, text: 'ID=demo\n' },
      { path: 'bin/tool', type: 'file', size: 2, mode: 0o4755, text: '#!' },
      { path: 'bin/same', type: 'hardlink', size: 0, mode: 0o644, linkTarget: 'bin/tool' },
      { path: 'lib', type: 'symlink', size: 0, mode: 0o644, linkTarget: '../usr/lib' },
      { path: 'dev/null', type: 'character-device', size: 0, mode: 0o644 },
      { path: 'run/pipe', type: 'fifo', size: 0, mode: 0o644 },
    ]
    for (const piece of [1, 7, 511, 512, 513, 100_000]) expect(await list(bytes, {}, piece)).toEqual(whole)
  })

  it.each([
    ['a leading ./', './a/b', 'a/b'],
    ['a leading slash', '/etc/passwd', 'etc/passwd'],
    ['empty and dot parts', 'a//b/./c', 'a/b/c'],
    ['dots that are no part of their own', 'a/..b/c..', 'a/..b/c..'],
    ['UTF-8', 'café/日本', 'café/日本'],
  ])('a path with %s', async (_what, written, read) => {
    expect(await paths(rawTar([file(written)]))).toEqual([read])
  })

  it('names that are not UTF-8, without two becoming one', async () => {
    const names = [[0xff], [0xfe], [0xef, 0xbf, 0xbd], [0xc3], [0xc3, 0xa9], [0xed, 0xa0, 0x80]].map((bytes) => new Uint8Array(bytes))
    const read = await paths(rawTar(names.map((name) => ({ name }))))
    expect(read).toEqual(['\ufffdff', '\ufffdfe', '\ufffdef\ufffdbf\ufffdbd', '\ufffdc3', 'é', '\ufffded\ufffda0\ufffd80'])
    expect(read.every((path) => path.isWellFormed())).toBe(true)
  })

  it('the ustar prefix, and only where POSIX wrote it', async () => {
    expect(await paths(rawTar([{ name: 'b', prefix: 'a' }]))).toEqual(['a/b'])
    expect(await paths(rawTar([{ name: 'b', prefix: 'a', magic: 'ustar  \0' }]))).toEqual(['b'])
    expect(await paths(rawTar([{ name: 'b', prefix: 'a', magic: '' }]))).toEqual(['b'])
  })

  it('pax path, linkpath and size', async () => {
    const long = `${'d/'.repeat(90)}file`
    const bytes = rawTar([
      paxEntry(paxRecord('path', long) + paxRecord('size', '5') + paxRecord('SCHILY.xattr.user.x', '\0\0')),
      { name: 'short', size: '00000000000', content: utf8('hello') },
      paxEntry(paxRecord('linkpath', `t/${long}`)),
      { name: 'link', typeflag: '2', linkName: 'no' },
      file('after', 'x'),
    ])
    expect(await list(bytes)).toMatchObject([
      { path: long, text: 'hello' },
      { path: 'link', linkTarget: `t/${long}` },
      { path: 'after', text: 'x' },
    ])
  })

  it('a global pax header that says nothing of paths, as git archive writes', async () => {
    expect(await paths(rawTar([paxEntry(paxRecord('comment', 'abc'), 'g'), file('a')]))).toEqual(['a'])
  })

  it('GNU long names and links', async () => {
    const long = `${'d/'.repeat(90)}file`
    const bytes = rawTar([
      { name: '././@LongLink', typeflag: 'K', content: utf8(`../${long}\0`) },
      { name: '././@LongLink', typeflag: 'L', content: utf8(`${long}\0`) },
      { name: 'short', typeflag: '2', linkName: 'short', magic: 'ustar  \0' },
    ])
    expect(await list(bytes)).toMatchObject([{ path: long, linkTarget: `../${long}` }])
  })

  it('base-256 sizes', async () => {
    const size = new Uint8Array(12)
    size[0] = 0x80
    size[11] = 5
    expect(await list(rawTar([{ name: 'a', size, content: utf8('hello') }]))).toMatchObject([{ size: 5, text: 'hello' }])
  })

  it('a folder written as a file with a slash, as before ustar', async () => {
    expect(await list(rawTar([{ name: 'a/', typeflag: '\0', magic: '' }]))).toMatchObject([{ path: 'a', type: 'directory' }])
  })

  it('bytes after the end marker to their end, without taking them for entries', async () => {
    let ended = false
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield concatBytes([rawTar([file('a')]), rawEntry(file('hidden'))])
      ended = true
    }
    const seen: string[] = []
    await walkTar(stream(), ({ path }) => void seen.push(path), { where: 'x.tar' })
    expect(seen).toEqual(['a'])
    expect(ended).toBe(true)
  })

  it('100,000 entries, and counts them', async () => {
    const bytes = rawTar(Array.from({ length: 100_000 }, (_, at) => rawEntry({ name: `d/${at}` })))
    let count = 0
    const totals = await walkTar(inPieces(bytes), () => void (count += 1), { where: 'x.tar' })
    expect(count).toBe(100_000)
    expect(totals).toEqual({ entries: 100_000, bytes: bytes.byteLength })
  })

  it('content only in its turn', async () => {
    let late: AsyncIterable<Uint8Array> | undefined
    await walkTar(inPieces(rawTar([file('a', 'text'), file('b')])), ({ path, content }) => void (path === 'a' && (late = content)), {
      where: 'x.tar',
    })
    const read = late === undefined ? Promise.resolve() : readAll(late, 10, 'fileReadBytes')
    await expect(read).rejects.toMatchObject({ code: 'bug' })
  })

  it('what is passed over by seeking where the stream can', async () => {
    const bytes = rawTar([file('a', 'x'.repeat(5000)), file('b', 'end')])
    let at = 0
    let touched = 0
    async function* pieces(): AsyncGenerator<Uint8Array> {
      while (at < bytes.byteLength) {
        const piece = bytes.subarray(at, at + 512)
        at += piece.byteLength
        touched += piece.byteLength
        yield piece
      }
    }
    const seek = (size: number): Promise<number> => {
      const passed = Math.min(size, bytes.byteLength - at)
      at += passed
      return Promise.resolve(passed)
    }
    const seen: [string, number][] = []
    await walkTar({ [Symbol.asyncIterator]: pieces, seek }, ({ path, offset }) => void seen.push([path, offset]), { where: 'x.tar' })
    expect(seen).toEqual([
      ['a', 512],
      ['b', 512 + 5120 + 512],
    ])
    expect(touched).toBeLessThan(3000)
  })
})

describe('walkTar refuses', () => {
  it.each<[string, (RawEntry | Uint8Array)[], string]>([
    ['..', [file('a/../../etc/passwd')], 'entry "a/../../etc/passwd" has `..` in its path (at byte 0)'],
    ['.. from pax', [paxEntry(paxRecord('path', '../x')), file('x')], 'entry "../x" has `..` in its path (at byte 1024)'],
    ['.. from GNU', [{ name: 'l', typeflag: 'L', content: utf8('../x\0') }, file('x')], 'entry "../x" has `..` in its path'],
    ['a NUL in pax', [paxEntry(paxRecord('path', 'a\0b')), file('x')], 'has a NUL in its path'],
    [
      'bytes after the NUL of a long name',
      [{ name: 'l', typeflag: 'L', content: utf8('a\0b') }, file('x')],
      'long name that cannot be read',
    ],
    ['an empty path', [file('')], 'has an empty path'],
    ['a file as the root', [file('./.')], 'puts a file in the place of the root'],
    ['a symlink as the root', [{ name: '.', typeflag: '2', linkName: '/tmp' }], 'puts a symlink in the place of the root'],
    ['a hard link to outside', [{ name: 'a', typeflag: '1', linkName: '../../etc/shadow' }], 'is a hard link whose target has `..`'],
    ['a hard link to nothing', [{ name: 'a', typeflag: '1' }], 'is a hard link whose target has an empty path'],
    ['a symlink to nothing', [{ name: 'a', typeflag: '2' }], 'is a symlink to nothing'],
    ['a hard link with content', [{ name: 'a', typeflag: '1', linkName: 'b', content: utf8('x') }], 'is a hardlink with content'],
    ['a folder with content', [{ name: 'a/', typeflag: '5', content: utf8('x') }], 'is a directory with content'],
    ['a file with content named as a folder', [file('a/', 'x')], 'is a file named like a directory'],
    ['old sparse files', [{ name: 'a', typeflag: 'S' }], 'is a sparse file'],
    ['pax sparse files', [paxEntry(paxRecord('GNU.sparse.major', '1')), file('a')], 'is a sparse file'],
    ['a volume continued', [{ name: 'a', typeflag: 'M' }], 'another volume'],
    ['an unknown type', [{ name: 'a', typeflag: 'Q' }], 'is of the unknown type "Q"'],
    ['a size that is no number', [{ name: 'a', size: '9zz' }], 'has a size that is no number'],
    ['a negative size', [{ name: 'a', size: new Uint8Array(12).fill(0xff) }], 'has a size that is no number'],
    ['a size above 2^53', [{ name: 'a', size: new Uint8Array(12).fill(0xff).fill(0x80, 0, 1) }], 'has a size that is no number'],
    ['a pax size that is no number', [paxEntry(paxRecord('size', '-1')), file('a')], 'pax size that is no number'],
    ['a global pax path', [paxEntry(paxRecord('path', 'b'), 'g'), file('a')], 'global pax header that sets path of every entry'],
    ['a pax path twice', [paxEntry(paxRecord('path', 'b') + paxRecord('path', 'c')), file('a')], 'sets path twice'],
    [
      'two headers that both set the path',
      [paxEntry(paxRecord('path', 'b')), paxEntry(paxRecord('path', 'c')), file('a')],
      'both set the path',
    ],
    ['a pax record of a wrong length', [paxEntry('99 path=x\n'), file('a')], 'pax header that cannot be read'],
    ['a pax record of no length', [paxEntry('path=x\n'), file('a')], 'pax header that cannot be read'],
    ['a pax header at the end', [paxEntry(paxRecord('path', 'b'))], 'ends after an extended header'],
    ['a wrong checksum', [{ name: 'a', late: (block) => void (block[0] = 0x62) }], 'checksum is wrong (at byte 0)'],
    ['one zero block', [new Uint8Array(512), file('a')], 'one zero block'],
  ])('%s', async (_what, entries, message) => {
    const found = await refusal(rawTar(entries))
    expect(found).toMatch(/^artifact-malformed: /)
    expect(found).toContain(message)
  })

  it('an archive that is cut off, at any byte', async () => {
    const whole = rawTar([file('a', 'x'.repeat(700)), paxEntry(paxRecord('path', 'b')), file('b', 'y')])
    for (let size = 0; size < whole.byteLength - 1024; size += 61) {
      expect(await refusal(whole.subarray(0, size))).toMatch(/^artifact-malformed: .*is cut off.*\(at byte \d+\)$/)
    }
    // The second of the two zero blocks may be missing: nothing that was there is lost.
    expect(await list(whole.subarray(0, whole.byteLength - 512))).toHaveLength(2)
    expect(await list(whole.subarray(0, whole.byteLength - 1024), { endMarker: 'optional' })).toHaveLength(2)
  })

  it('a size that lies, without reading for it', async () => {
    expect(await refusal(rawTar([{ name: 'a', size: '77777777777' }]), { caps: { tarUnpackedBytes: 1e6 } })).toBe(
      'limit-exceeded: is over the cap tarUnpackedBytes (1000000)',
    )
    expect(await refusal(rawTar([{ name: 'a', size: '00000010000' }]))).toContain('is cut off inside an entry')
  })

  it('more entries than the cap, extended headers counted', async () => {
    const bytes = rawTar(Array.from({ length: 11 }, () => file('a')))
    expect(await refusal(bytes, { caps: { tarEntries: 10 } })).toBe('limit-exceeded: is over the cap tarEntries (10)')
    const pax = rawTar([...Array.from({ length: 11 }, () => paxEntry(paxRecord('comment', 'x'))), file('a')])
    expect(await refusal(pax, { caps: { tarEntries: 10 } })).toBe('limit-exceeded: is over the cap tarEntries (10)')
  })

  it('pax headers over the cap before reading them', async () => {
    const bomb = rawTar([{ name: 'pax', typeflag: 'x', size: '00004000001' }])
    expect(await refusal(bomb)).toBe(`limit-exceeded: is over the cap tarPaxBytes (${LIMITS.tarPaxBytes})`)
  })

  it('paths over the cap', async () => {
    const found = await refusal(rawTar([paxEntry(paxRecord('path', 'd/'.repeat(3000))), file('a')]))
    expect(found).toContain('over the cap tarPathBytes (4096)')
  })

  it('with no control character of the archive in its message', async () => {
    const found = await refusal(rawTar([{ name: '../\u001b]0;owned\u0007' }]))
    expect(found).toContain('\\u{1b}')
    // oxlint-disable-next-line no-control-regex
    expect(found).not.toMatch(/[\u0000-\u001f]/)
  })

  it('and closes its stream, whatever ends it', async () => {
    let closed = 0
    async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(bytes, 512)
      } finally {
        closed += 1
      }
    }
    await walkTar(stream(rawTar([file('a')])), () => undefined, { where: 'x' })
    await expect(walkTar(stream(rawTar([file('../a')])), () => undefined, { where: 'x' })).rejects.toThrow('`..`')
    await expect(walkTar(stream(rawTar([file('a')])), () => Promise.reject(new Error('reader')), { where: 'x' })).rejects.toThrow('reader')
    const aborted = AbortSignal.abort()
    await expect(
      walkTar(stream(rawTar([file('a', 'x')])), async ({ content }) => void (await readAll(content, 9, 'fileReadBytes')), {
        where: 'x',
        signal: aborted,
      }),
    ).rejects.toThrow(/abort/i)
    expect(closed).toBe(4)
  })
})

const tarVersion = ((): string | undefined => {
  try {
    return execFileSync('tar', ['--version'], { encoding: 'utf8' }).split('\n')[0]
  } catch {
    return undefined
  }
})()

describe.skipIf(tarVersion === undefined || !tarVersion.includes('GNU'))(`beside ${tarVersion ?? 'GNU tar (not installed)'}`, () => {
  it.each(['v7', 'ustar', 'gnu', 'oldgnu', 'posix'])('lists the same in format %s', async (format) => {
    const dir = await mkdtemp(join(tmpdir(), 'tally-'))
    try {
      const deep = join('tree', ...Array.from({ length: format === 'v7' || format === 'ustar' ? 2 : 30 }, (_, at) => `folder-${at}`))
      await mkdir(join(dir, deep), { recursive: true })
      await writeFile(join(dir, deep, 'leaf'), 'leaf')
      await writeFile(join(dir, 'tree', 'näme with space'), 'x'.repeat(2000))
      await link(join(dir, deep, 'leaf'), join(dir, 'tree', 'zz-same'))
      await symlink('/nowhere/../at all', join(dir, 'tree', 'lead'))
      execFileSync('tar', [`--format=${format}`, '--sort=name', '-cf', 'a.tar', 'tree'], { cwd: dir })
      const theirs = execFileSync('tar', ['-tf', 'a.tar', '--quoting-style=literal'], { cwd: dir, encoding: 'utf8' })
      const ours = await list(new Uint8Array(await readFile(join(dir, 'a.tar'))))
      expect(ours.map(({ path, type }) => (type === 'directory' ? `${path}/` : path))).toEqual(theirs.trimEnd().split('\n'))
      const same = ours.find(({ type }) => type === 'hardlink')
      expect(new Set([same?.path, same?.linkTarget])).toEqual(new Set([join(deep, 'leaf'), 'tree/zz-same']))
      expect(ours.find(({ path }) => path === 'tree/lead')?.linkTarget).toBe('/nowhere/../at all')
      expect(ours.find(({ path }) => path === 'tree/näme with space')?.size).toBe(2000)
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('refuses the sparse files it writes', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tally-'))
    try {
      execFileSync('truncate', ['-s', '1M', 'hole'], { cwd: dir })
      for (const format of ['gnu', 'posix']) {
        execFileSync('tar', [`--format=${format}`, '--sparse', '-cf', 'a.tar', 'hole'], { cwd: dir })
        expect(await refusal(new Uint8Array(await readFile(join(dir, 'a.tar'))))).toContain('is a sparse file')
      }
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})

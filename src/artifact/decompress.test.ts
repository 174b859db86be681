import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { concatBytes, readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import { inflate, sniffCompression } from './decompress.ts'
import type { InflateOptions } from './decompress.ts'
import { inPieces } from './tar-fixture.ts'

async function unpackOneWay(bytes: Uint8Array, options: Partial<InflateOptions>, piece?: number): Promise<string> {
  return textOf(await readAll(copied(inflate(inPieces(bytes, piece), { where: 'layer', ...options })), 1e9, 'blobBytes'))
}

/** What lies in room that is given again is there until the next piece. */
async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield piece.slice()
}

/** Text or refusal, by the stream and into rooms of several sizes: they must not differ. */
async function outcome(bytes: Uint8Array, options: Partial<InflateOptions>, piece?: number): Promise<string> {
  const by = async (more: Partial<InflateOptions>): Promise<string> => {
    try {
      return `text: ${await unpackOneWay(bytes, { ...options, ...more }, piece)}`
    } catch (error) {
      if (error instanceof TallyError) return `${error.code}: ${error.message}`
      throw error
    }
  }
  const streamed = await by({})
  for (const size of [5, 64 * 1024]) {
    const room = new Uint8Array(size)
    expect(await by({ room: () => room })).toBe(streamed)
  }
  return streamed
}

async function unpack(bytes: Uint8Array, options: Partial<InflateOptions> = {}, piece?: number): Promise<string> {
  const found = await outcome(bytes, options, piece)
  if (!found.startsWith('text: ')) throw new Error(found)
  return found.slice('text: '.length)
}

async function refusal(bytes: Uint8Array, options: Partial<InflateOptions> = {}): Promise<string> {
  const found = await outcome(bytes, options)
  if (found.startsWith('text: ')) throw new Error('was not refused')
  return found
}

const gzip = (text: string): Uint8Array => gzipSync(text)
const zstd = (text: string): Uint8Array => zstdCompressSync(text)
const skippable = concatBytes([new Uint8Array([0x53, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), utf8('skip')])

async function* liar(): AsyncGenerator<Uint8Array> {
  yield gzip('hello')
  throw fail('digest-mismatch', 'is another')
}

describe('inflate', () => {
  it.each<[string, Uint8Array, string]>([
    ['plain bytes', utf8('plain'), 'plain'],
    ['no bytes', new Uint8Array(0), ''],
    ['gzip', gzip('hello'), 'hello'],
    ['several gzip members', concatBytes([gzip('one '), gzip(''), gzip('two')]), 'one two'],
    ['zstd', zstd('hello'), 'hello'],
    ['several zstd frames, of which Node would read the first', concatBytes([zstd('one '), zstd(''), zstd('two')]), 'one two'],
    ['zstd frames among skippable ones', concatBytes([skippable, zstd('one '), skippable, skippable, zstd('two'), skippable]), 'one two'],
    ['zstd of a run-length block', zstd('a'.repeat(300_000)), 'a'.repeat(300_000)],
  ])('reads %s, however it is cut', async (_what, bytes, text) => {
    for (const piece of [1, 2, 3, 5, 17, 1 << 20]) expect(await unpack(bytes, {}, piece)).toBe(text)
  })

  it('reads large data of both kinds whole', async () => {
    const data = concatBytes([randomBytes(3_000_000), new Uint8Array(3_000_000), randomBytes(500_000)])
    for (const packed of [gzipSync(data), zstdCompressSync(data)]) {
      const read = await readAll(inflate(inPieces(packed), { where: 'layer' }), 1e8, 'blobBytes')
      expect(Buffer.compare(read, data)).toBe(0)
    }
  })

  it.each<[string, Uint8Array, Partial<InflateOptions>, string]>([
    ['gzip cut off', gzip('hello').subarray(0, 20), {}, 'artifact-malformed: cannot be unpacked: unexpected end of file'],
    ['gzip with a wrong sum', gzip('hello').map((byte, at) => (at === 18 ? byte ^ 1 : byte)), {}, 'artifact-malformed: cannot be unpacked'],
    ['gzip and then something', concatBytes([gzip('hello'), utf8('more')]), {}, 'artifact-malformed: cannot be unpacked'],
    [
      'gzip, zeros, and then gzip',
      concatBytes([gzip('a'), new Uint8Array(9), gzip('b')]),
      {},
      'artifact-malformed: has bytes after the end',
    ],
    ['zstd cut off', zstd('hello').subarray(0, 11), {}, 'artifact-malformed: is cut off inside a zstd frame (at byte 11)'],
    [
      'zstd and then something',
      concatBytes([zstd('hello'), utf8('more')]),
      {},
      'artifact-malformed: has bytes that are no zstd frame (at byte 14)',
    ],
    [
      'zstd and then a byte',
      concatBytes([zstd('hello'), utf8('m')]),
      {},
      'artifact-malformed: has bytes that are no zstd frame (at byte 14)',
    ],
    ['a skippable frame cut off', skippable.subarray(0, 10), {}, 'artifact-malformed: is cut off inside a zstd frame'],
    ['too many frames', concatBytes([zstd('a'), zstd('b')]), { caps: { zstdFrames: 1 } }, 'limit-exceeded: is over the cap zstdFrames (1)'],
    ['xz', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), {}, 'artifact-malformed: is compressed with xz, which images do not have'],
    ['bzip2', utf8('BZh9'), {}, 'artifact-malformed: is compressed with bzip2, which images do not have'],
    ['zstd promised as gzip', zstd('a'), { promised: 'gzip' }, 'is compressed with zstd, and its media type says compressed with gzip'],
    ['gzip promised as plain', gzip('a'), { promised: 'none' }, 'is compressed with gzip, and its media type says not compressed'],
    ['plain promised as zstd', utf8('plain'), { promised: 'zstd' }, 'is not compressed, and its media type says compressed with zstd'],
    ['more than the cap, plain', utf8('12345'), { caps: { tarUnpackedBytes: 4 } }, 'limit-exceeded: is over the cap tarUnpackedBytes (4)'],
    ['more than the cap, packed', gzip('12345'), { caps: { tarUnpackedBytes: 4 } }, 'limit-exceeded: is over the cap tarUnpackedBytes (4)'],
  ])('refuses %s', async (_what, bytes, options, message) => {
    expect(await refusal(bytes, options)).toContain(message)
  })

  it('refuses a bomb by its ratio, long before its end', async () => {
    for (const bomb of [gzipSync(new Uint8Array(64 << 20)), zstdCompressSync(new Uint8Array(64 << 20))]) {
      let size = 0
      const read = async (): Promise<void> => {
        for await (const piece of inflate(inPieces(bomb, 4096), { where: 'layer', caps: { inflateRatio: 500 } })) size += piece.byteLength
      }
      await expect(read()).rejects.toMatchObject({ code: 'limit-exceeded', message: 'is over the cap inflateRatio (500)' })
      expect(size).toBeLessThan(40 << 20)
    }
  })

  it('does not call small things that pack well a bomb', async () => {
    expect(await unpack(gzipSync(new Uint8Array(4 << 20)), { caps: { inflateRatio: 2 } })).toHaveLength(4 << 20)
  })

  it('reads the packed stream to its end and closes it when the reader leaves', async () => {
    const seen: string[] = []
    async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(bytes, 1000)
        seen.push('end')
      } finally {
        seen.push('closed')
      }
    }
    const bytes = gzipSync(randomBytes(1_000_000))
    for await (const _piece of inflate(stream(bytes), { where: 'layer' }));
    expect(seen).toEqual(['end', 'closed'])
    for await (const _piece of inflate(stream(bytes), { where: 'layer' })) break
    expect(seen).toEqual(['end', 'closed', 'closed'])
  })

  it('passes on what the packed stream throws', async () => {
    await expect(readAll(inflate(liar(), { where: 'layer' }), 100, 'blobBytes')).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})

describe('sniffCompression', () => {
  it('does not take a tar whose first name starts with BZh for bzip2', () => {
    expect(sniffCompression(utf8('BZhe'))).toBe('none')
  })
})

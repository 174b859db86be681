import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromBase64, utf8 } from '../kernel/bytes.ts'
import { canonicalBytes } from '../kernel/json.ts'
import type { LogEntry } from '../kernel/log-proof.ts'
import { openCheckpoint } from './checkpoint.ts'
import { openedCheckpoint } from './checkpoint-facts.ts'
import { entryBytes } from './entry.ts'
import { indexPath } from './envelope-index.ts'
import { isConsistent, leafHash, treeHash } from './merkle.ts'
import { entriesFrom, entryOf, filesUnder, makeDataDir, noteKeys } from './log-for-tests.ts'
import { verifyLogProof } from './verify-log-proof.ts'

const rootOf = (entries: readonly LogEntry[]) => treeHash(entries.map((entry) => leafHash(entryBytes(entry))))

describe('appending', () => {
  test('a log that was never written is empty, and opening it writes nothing', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    expect(await log.size()).toBe(0)
    expect(openedCheckpoint(await log.checkpoint())).toEqual({ size: 0, root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' })
    expect(await log.check()).toMatchObject({ size: 0, files: 0, problems: [] })
    expect(await log.append([])).toEqual([])
    expect(await filesUnder(data.path)).toEqual(['keys/log.pem', 'ledger.lock'])
  })

  test('says where each entry stands, and another process reads them', async () => {
    await using data = await makeDataDir()
    expect(await (await data.open()).append(entriesFrom(0, 3))).toEqual([0, 1, 2].map((index) => ({ index, entry: entryOf(index) })))
    expect((await (await data.open()).append([entryOf(3)]))[0]?.index).toBe(3)
    const reader = await data.open()
    expect(await reader.size()).toBe(4)
    expect(await reader.entry(2)).toEqual(entryOf(2))
    expect(await Array.fromAsync(reader.entries(1, 3))).toEqual([1, 2].map((index) => ({ index, entry: entryOf(index) })))
    expect((await Array.fromAsync(reader.entries())).length).toBe(4)
  })

  test('an envelope is logged once, in one call or in many', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    const indexes = async (...entries: LogEntry[]) => (await log.append(entries)).map(({ index }) => index)
    expect(await indexes(entryOf(0), entryOf(1), entryOf(0))).toEqual([0, 1, 0])
    const before = await log.checkpoint()
    expect(await indexes(entryOf(1), entryOf(0))).toEqual([1, 0])
    expect(await log.checkpoint()).toBe(before)
    expect(await indexes(entryOf(1), entryOf(2))).toEqual([1, 2])
    expect((await log.append([{ ...entryOf(0), keyId: 'another' }]))[0]).toEqual({ index: 0, entry: entryOf(0) })
    expect(await log.size()).toBe(3)
  })

  test.each([
    ['deleted', (path: string) => rm(path)],
    ['torn', async (path: string) => writeFile(path, (await readFile(path)).subarray(0, 32 * 7 + 5))],
    ['emptied', (path: string) => writeFile(path, '')],
    ['zeroed in the middle', async (path: string) => writeFile(path, (await readFile(path)).fill(0, 64, 128))],
    ['of another log', (path: string) => writeFile(path, Buffer.alloc(32 * 10, 7))],
    ['longer than the log', (path: string) => writeFile(path, Buffer.alloc(32 * 1000, 7))],
    ['pointing to the wrong entries', async (path: string) => writeFile(path, swap(await readFile(path), 0, 3))],
  ])('the index of envelopes may be %s: it is made again', async (_, spoil) => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 10))
    await spoil(indexPath({ dir: data.log }))
    expect((await log.append([entryOf(3), entryOf(0), entryOf(10)])).map(({ index }) => index)).toEqual([3, 0, 10])
    expect(await log.size()).toBe(11)
    expect((await log.check()).problems).toEqual([])
  })

  test('what is no entry, or too large for one, is refused before anything is written', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    const large = { ...entryOf(1), predicateType: `https://example.com/${'x'.repeat(4096)}` }
    await expect(log.append([entryOf(0), large])).rejects.toMatchObject({ code: 'limit-exceeded' })
    await expect(log.append([{ ...entryOf(0), keyId: '\ud800' }])).rejects.toMatchObject({ code: 'evidence-malformed' })
    const many = { ...entryOf(0), subjects: entriesFrom(0, 9).map((entry) => entry.envelope) }
    await expect(log.append([many])).rejects.toMatchObject({ code: 'evidence-malformed' })
    expect(await filesUnder(data.path)).toEqual(['keys/log.pem', 'ledger.lock'])
  })
})

describe('the files (C2SP tlog-tiles)', () => {
  test('appended one by one: partial tiles of every size a checkpoint was made for, until the tile is full', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 2))
    await log.append([entryOf(2)])
    expect(await filesUnder(data.log)).toEqual([
      'checkpoint',
      'tile/0/000.p/2',
      'tile/0/000.p/3',
      'tile/entries/000.p/2',
      'tile/entries/000.p/3',
    ])
    await log.append(entriesFrom(3, 254))
    expect(await filesUnder(data.log)).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001.p/1',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/1',
    ])
  })

  test('hold what the specification says: hashes of 32 bytes, entries behind their 16-bit length, canonical JSON', async () => {
    await using data = await makeDataDir()
    await (await data.open()).append(entriesFrom(0, 257))
    const first = await readFile(join(data.log, 'tile/entries/000'))
    const length = first.readUInt16BE(0)
    expect(first.subarray(2, 2 + length)).toEqual(Buffer.from(canonicalBytes(entryOf(0))))
    const hashes = await readFile(join(data.log, 'tile/0/000'))
    expect(hashes.byteLength).toBe(8192)
    expect(hashes.subarray(0, 32)).toEqual(leafHash(canonicalBytes(entryOf(0))))
    expect(await readFile(join(data.log, 'tile/1/000.p/1'))).toEqual(rootOf(entriesFrom(0, 256)))
  })

  test('the checkpoint is signed under the name of the log, with the root of all entries', async () => {
    await using data = await makeDataDir()
    await (await data.open()).append(entriesFrom(0, 300))
    const { verifier, origin } = await data.key()
    const opened = openCheckpoint(await readFile(join(data.log, 'checkpoint'), 'utf8'), [verifier], { origin })
    expect(opened).toMatchObject({ origin, size: 300, by: [origin] })
    expect('root' in opened && Buffer.from(opened.root)).toEqual(rootOf(entriesFrom(0, 300)))
  })
})

describe('proving', () => {
  test('each entry, at each size of a log grown in uneven steps, for a verifier that has the public key only', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    const { verifier } = await data.key()
    for (const [from, count] of [
      [0, 1],
      [1, 4],
      [5, 251],
      [256, 1],
      [257, 260],
    ] as const)
      await log.append(entriesFrom(from, count))
    for (const size of [1, 2, 5, 255, 256, 257, 400, 517]) {
      for (const index of new Set([0, Math.floor(size / 2), size - 1])) {
        const proof = await log.prove(index, { size })
        expect(verifyLogProof(entryOf(index), proof, [verifier])).toMatchObject({ size })
      }
    }
  })

  test('the checkpoint can carry the signature of whoever asks, and is then proof for those who know only them', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    const alice = noteKeys('alice.example')
    const proof = await log.prove(3, { coSigner: alice.signer })
    expect(verifyLogProof(entryOf(3), proof, [alice.verifier])).toMatchObject({ size: 5, by: 'alice.example', origin: log.origin })
    expect(verifyLogProof(entryOf(3), proof, [(await data.key()).verifier])).toMatchObject({ by: log.origin })
    expect(verifyLogProof(entryOf(3), await log.prove(3), [alice.verifier])).toEqual({
      why: 'the checkpoint is signed by nobody who is known',
    })
    expect(openCheckpoint(await log.checkpoint({ coSigner: alice.signer }), [alice.verifier])).toMatchObject({
      size: 5,
      by: ['alice.example'],
    })
  })

  test('consistency of any two of its sizes', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 600))
    const root = (size: number) => rootOf(entriesFrom(0, size))
    for (const [from, to] of [
      [0, 600],
      [1, 600],
      [256, 257],
      [300, 600],
      [600, 600],
      [511, 512],
    ] as const) {
      const hashes = (await log.consistency(from, to)).map((hash) => fromBase64(hash))
      expect(isConsistent(from, to, root(from), root(to), hashes), `${from} ${to}`).toBe(true)
    }
  })

  test('what the log has not cannot be asked for', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    for (const index of [5, -1, 0.5, Number.NaN]) await expect(log.prove(index)).rejects.toMatchObject({ code: 'not-found' })
    await expect(log.prove(4, { size: 4 })).rejects.toMatchObject({ code: 'not-found' })
    await expect(log.prove(0, { size: 6 })).rejects.toMatchObject({ code: 'usage' })
    await expect(log.consistency(4, 3)).rejects.toMatchObject({ code: 'usage' })
    await expect(log.entry(5)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('a reader of an older checkpoint finds what it needs in the full tile that took the place of the partial one', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 100))
    const old = await log.prove(7)
    await log.append(entriesFrom(100, 300))
    expect(await log.prove(7, { size: 100 })).toEqual(old)
  })
})

describe('a log that was tampered with is not built on', () => {
  test.each(['tile/0/000.p/5', 'tile/entries/000.p/5'])('a changed %s: nothing is appended, nothing is proven', async (path) => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    await flipByte(join(data.log, path), 40)
    await expect(log.append([entryOf(5)])).rejects.toMatchObject({ code: 'log-unsound' })
    await expect(log.prove(0)).rejects.toMatchObject({ code: 'log-unsound' })
  })

  test('a checkpoint that is gone, torn, or of another key or log', async () => {
    await using data = await makeDataDir()
    await using other = await makeDataDir()
    await (await data.open()).append(entriesFrom(0, 5))
    await (await other.open()).append(entriesFrom(0, 5))
    const path = join(data.log, 'checkpoint')
    const spoilt = [undefined, '', 'x', (await readFile(path, 'utf8')).slice(0, -1), await readFile(join(other.log, 'checkpoint'), 'utf8')]
    for (const bytes of spoilt) {
      if (bytes === undefined) await rm(path)
      else await writeFile(path, bytes)
      await expect(data.open()).rejects.toMatchObject({ code: 'log-unsound', where: 'checkpoint' })
    }
  })
})

function swap(bytes: Buffer, a: number, b: number): Buffer {
  const copy = Buffer.from(bytes)
  bytes.copy(copy, a * 32, b * 32, b * 32 + 32)
  bytes.copy(copy, b * 32, a * 32, a * 32 + 32)
  return copy
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
}

test('entries of odd but valid text are proven as they are', async () => {
  await using data = await makeDataDir()
  const log = await data.open()
  const odd = { ...entryOf(0), predicateType: 'https://example.com/ü\u0001"\\', subjects: [], keyId: '' }
  await log.append([odd])
  expect(await log.entry(0)).toEqual(odd)
  expect(verifyLogProof(odd, await log.prove(0), [(await data.key()).verifier])).toMatchObject({ size: 1 })
  expect(utf8(odd.predicateType).byteLength).toBeGreaterThan(odd.predicateType.length)
})

import * as fs from 'node:fs/promises'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { concatBytes, utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import { openDirectoryBlobs, sweepTemporaryBlobs } from './blobs.ts'
import { startChild } from './child-for-tests.ts'
import { failingFileSystem } from './failing-fs-for-tests.ts'
import { testDeps } from './stores-for-tests.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tally-blobs-'))
})
afterEach(async () => await rm(directory, { recursive: true, force: true }))

const bytes = utf8('evidence')
const digest = digestOf(bytes)
const pathOf = () => join(directory, 'sha256', hexOf(digest).slice(0, 2), hexOf(digest))

async function* pieces(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

test('what was put is read back, and lies under its digest for its owner only', async () => {
  const blobs = openDirectoryBlobs(testDeps, directory)
  expect(await blobs.has(digest)).toBe(false)
  expect(await blobs.get(digest)).toBeUndefined()
  expect(await blobs.put(bytes)).toBe(digest)
  expect(await blobs.put(bytes)).toBe(digest)
  expect(await blobs.has(digest)).toBe(true)
  expect(await blobs.get(digest)).toEqual(bytes)
  expect((await stat(pathOf())).mode & 0o777).toBe(0o600)
  expect((await stat(join(directory, 'sha256'))).mode & 0o777).toBe(0o700)
  expect(await readdir(join(directory, 'tmp'))).toEqual([])
})

test('a stream is hashed as it passes; a stream that is not what was promised is not kept', async () => {
  const blobs = openDirectoryBlobs(testDeps, directory)
  expect(await blobs.putStream(pieces(utf8('evi'), utf8('dence')))).toEqual({ digest, size: 8 })
  const other = utf8('other bytes')
  await expect(blobs.putStream(pieces(other), { digest, size: 8 })).rejects.toMatchObject({ code: 'digest-mismatch' })
  await expect(blobs.putStream(pieces(other), { digest })).rejects.toMatchObject({ code: 'digest-mismatch' })
  expect(await blobs.has(digestOf(other))).toBe(false)
  expect(await readdir(join(directory, 'tmp'))).toEqual([])
})

test('one flipped byte on disk is seen by every reader, and put mends it', async () => {
  const blobs = openDirectoryBlobs(testDeps, directory)
  await blobs.put(bytes)
  const damaged = new Uint8Array(await readFile(pathOf()))
  damaged[0] = (damaged[0] ?? 0) ^ 1
  await writeFile(pathOf(), damaged)
  await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'digest-mismatch', where: pathOf() })
  const drained = async (): Promise<Uint8Array> => concatBytes(await Array.fromAsync(blobs.stream(digest)))
  await expect(drained()).rejects.toMatchObject({ code: 'digest-mismatch' })
  await blobs.put(bytes)
  expect(await drained()).toEqual(bytes)
})

test('a missing blob is not found when streamed', async () => {
  const blobs = openDirectoryBlobs(testDeps, directory)
  await expect(Array.fromAsync(blobs.stream(digest))).rejects.toMatchObject({ code: 'not-found', where: directory })
})

test('a full disk at any step is one `disk` error, leaves no part of a blob, and the next try succeeds', async () => {
  const whole = failingFileSystem(fs, Infinity)
  await openDirectoryBlobs({ ...testDeps, fs: whole.fs }, join(directory, 'count')).put(bytes)
  expect(whole.steps()).toBeGreaterThan(4)
  for (let nth = 1; nth <= whole.steps(); nth += 1) {
    const place = join(directory, String(nth))
    const full = openDirectoryBlobs({ ...testDeps, fs: failingFileSystem(fs, nth).fs }, place)
    await expect(full.put(bytes), `step ${nth}`).rejects.toMatchObject({ code: 'disk' })
    const after = openDirectoryBlobs(testDeps, place)
    const kept = await after.get(digest)
    expect(kept === undefined || digestOf(kept) === digest).toBe(true)
    expect(await after.put(bytes)).toBe(digest)
    expect(await after.get(digest)).toEqual(bytes)
    expect(await readdir(join(place, 'tmp'))).toEqual([])
  }
})

test('a process killed while it writes leaves no blob, and its temporary file is swept when it is old', async () => {
  const child = startChild(
    `const { openDirectoryBlobs } = await load('./blobs.ts')
     async function* slow() { yield Buffer.from('evi'); console.log('half'); await new Promise((go) => setTimeout(go, 60000)); yield Buffer.from('dence') }
     await openDirectoryBlobs(testDeps, args.directory).putStream(slow())`,
    { directory },
  )
  await child.says('half')
  child.process.kill('SIGKILL')
  await child.ends
  expect(await openDirectoryBlobs(testDeps, directory).has(digest)).toBe(false)
  expect(await sweepTemporaryBlobs(testDeps, directory)).toBe(0)
  expect(await readdir(join(directory, 'tmp'))).toHaveLength(1)
  const tomorrow = new Date(testDeps.now().getTime() + 2 * 86_400_000)
  expect(await sweepTemporaryBlobs({ ...testDeps, now: () => tomorrow }, directory)).toBe(1)
  expect(await readdir(join(directory, 'tmp'))).toEqual([])
})

import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entriesFrom, entryOf, filesUnder, makeDataDir, noteKeys, openTestLedger } from './log-for-tests.ts'
import type { DataDir } from './log-for-tests.ts'
import type { LogReport } from './check-log.ts'

// One sound log for all tests, grown so that it has full and partial tiles on three levels of files; each test spoils a copy.
const STEPS = [3, 200, 54, 1, 274, 16]
const SIZE = 548

let sound: DataDir
let copies: string
beforeAll(async () => {
  copies = await mkdtemp(join(tmpdir(), 'tally-check-'))
  sound = await makeDataDir()
  const log = await sound.open()
  let from = 0
  for (const count of STEPS) {
    await log.append(entriesFrom(from, count))
    from += count
  }
})
afterAll(async () => {
  await sound[Symbol.asyncDispose]()
  await rm(copies, { recursive: true, force: true })
})

/** Checks a copy of the sound log after `spoil` was at it. */
async function checkSpoilt(spoil: (log: string) => Promise<unknown>): Promise<LogReport> {
  const dir = await mkdtemp(join(copies, 'copy-'))
  await cp(sound.path, dir, { recursive: true })
  // Opened before it is spoilt: a ledger with a bad checkpoint does not open.
  const log = await openTestLedger(dir)
  await spoil(join(dir, 'ledger'))
  return await log.check()
}

async function edit(path: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  await writeFile(path, change(await readFile(path)))
}

const flip = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0x20
  return copy
}

test('a log that only grew is sound, partial tiles of earlier checkpoints included', async () => {
  const report = await (await sound.open()).check()
  expect(report).toMatchObject({ size: SIZE, problems: [], unfinished: [] })
  const files = await filesUnder(sound.log)
  expect(report.files).toBe(files.length)
  expect(files).toContain('tile/0/002.p/20')
  expect(files).toContain('tile/1/000.p/1')
})

test('one flipped byte in any file is found, at its beginning, middle and end, and the file is named', async () => {
  const files = await filesUnder(sound.log)
  expect(files.length).toBeGreaterThan(8)
  for (const file of files) {
    const { byteLength } = await readFile(join(sound.log, file))
    for (const at of new Set([0, Math.floor(byteLength / 2), byteLength - 1])) {
      const report = await checkSpoilt((log) => edit(join(log, file), (bytes) => flip(bytes, at)))
      const named = report.problems.some((problem) => problem.file === file || problem.why.includes(file))
      expect(named, `${file} at ${at}: ${JSON.stringify(report.problems)}`).toBe(true)
    }
  }
})

test('every byte of the checkpoint counts', async () => {
  await using data = await makeDataDir()
  const log = await data.open()
  await log.append(entriesFrom(0, 2))
  const path = join(data.log, 'checkpoint')
  const right = await readFile(path)
  for (let at = 0; at < right.byteLength; at += 1) {
    await writeFile(path, flip(right, at))
    expect((await log.check()).problems[0]?.file, `byte ${at}`).toBe('checkpoint')
  }
  await writeFile(path, right)
  expect((await log.check()).problems).toEqual([])
})

test('any file that is missing, cut short or longer is found', async () => {
  for (const file of await filesUnder(sound.log)) {
    const needed = (await checkSpoilt((log) => rm(join(log, file)))).problems
    // A partial tile of an earlier checkpoint may go at any time; everything else is needed.
    const earlier = file.endsWith('002.p/20') || file === 'tile/1/000.p/1'
    if (earlier) expect(needed, file).toEqual([])
    else
      expect(
        needed.map((problem) => problem.file),
        file,
      ).toContain(file)
    for (const change of [(bytes: Buffer) => bytes.subarray(0, -1), (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([10])])]) {
      const report = await checkSpoilt((log) => edit(join(log, file), change))
      expect(report.problems.length, file).toBeGreaterThan(0)
    }
  }
})

describe('what does not belong there is refused', () => {
  const stranger = async (log: string, path: string) => {
    await mkdir(dirname(join(log, path)), { recursive: true })
    await writeFile(join(log, path), 'x')
  }
  test.each([
    'notes.txt',
    'tile/readme',
    'tile/0/0',
    'tile/0/x000/000',
    'tile/data/000',
    'tile/0/000.p/300',
    'checkpoint.bak',
    'tile/0/000.p/256',
    'index',
  ])('%s', async (path) => {
    const report = await checkSpoilt((log) => stranger(log, path))
    expect(report.problems).toEqual([{ file: path, why: 'is no file of the log' }])
  })

  test('a link, even to the right bytes', async () => {
    const report = await checkSpoilt(async (log) => {
      await rename(join(log, 'tile/0/000'), join(log, '../elsewhere'))
      await symlink('../../../elsewhere', join(log, 'tile/0/000'))
    })
    expect(report.problems).toEqual([{ file: 'tile/0/000', why: 'is no file of the log' }])
  })

  test('a partial tile that never was', async () => {
    const report = await checkSpoilt((log) => stranger(log, 'tile/entries/000.p/9'))
    expect(report.problems).toEqual([{ file: 'tile/entries/000.p/9', why: 'does not hold the first entries of its bundle' }])
  })

  test('a second signature in the checkpoint', async () => {
    const line = (await noteLine()).trimStart()
    const report = await checkSpoilt((log) => edit(join(log, 'checkpoint'), (bytes) => Buffer.concat([bytes, Buffer.from(line)])))
    expect(report.problems).toEqual([{ file: 'checkpoint', why: 'holds more than the checkpoint and the signature of the log' }])
  })
})

const UNFINISHED = ['.tmp-1-aabb', 'tile/0/002.p/37', 'tile/0/003', 'tile/2/000.p/1', 'tile/entries/002']

test('what an append that was cut short left is no problem, and is told', async () => {
  const report = await checkSpoilt(async (log) => {
    for (const path of UNFINISHED) {
      await mkdir(dirname(join(log, path)), { recursive: true })
      await writeFile(join(log, path), 'torn')
    }
  })
  expect(report.problems).toEqual([])
  expect(report.unfinished).toEqual(UNFINISHED)
})

test('a bundle that is lost does not hide what else is wrong', async () => {
  const report = await checkSpoilt(async (log) => {
    await rm(join(log, 'tile/entries/000'))
    await edit(join(log, 'tile/entries/002.p/36'), (bytes) => flip(bytes, bytes.byteLength - 20))
  })
  expect(new Set(report.problems.map((problem) => problem.file))).toEqual(
    new Set(['tile/entries/000', 'tile/entries/002.p/36', 'tile/0/002.p/36', 'checkpoint']),
  )
})

test('a bundle that is lost with its hashes: what could not be checked is told', async () => {
  const report = await checkSpoilt(async (log) => {
    await rm(join(log, 'tile/entries/000'))
    await rm(join(log, 'tile/0/000'))
  })
  expect(report.problems).toEqual([
    { file: 'tile/entries/000', why: 'is missing or too large' },
    { file: 'tile/0/000', why: 'is lost with its entries: nothing after it could be checked' },
  ])
})

test('entries taken from the end, with their tiles made anew, do not lead to the signed root', async () => {
  await using shorter = await makeDataDir()
  await (await shorter.open()).append(entriesFrom(0, SIZE - 1))
  const report = await checkSpoilt(async (log) => {
    await rm(join(log, 'tile'), { recursive: true })
    await cp(join(shorter.log, 'tile'), join(log, 'tile'), { recursive: true })
  })
  expect(report.problems.length).toBeGreaterThan(0)
})

describe('against what somebody else kept', () => {
  test('a log that only grew holds all of it', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    const kept = await log.prove(2)
    await log.append(entriesFrom(5, 500))
    expect(await log.checkAgainst(kept)).toEqual({ ok: true, from: 5, size: 505, by: [log.origin] })
  })

  test.each([
    ['from its first entry on', 0],
    ['in its last entry', 4],
  ])('a log wholly rewritten %s, with its real key, is sound by itself and found out by an older receipt', async (_, at) => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    const kept = await log.prove(2)
    await rm(data.log, { recursive: true })
    const rewritten = await data.open()
    await rewritten.append(entriesFrom(0, 20).map((entry, index) => (index === at ? entryOf(999) : entry)))
    expect((await rewritten.check()).problems).toEqual([])
    expect(await rewritten.checkAgainst(kept)).toEqual({ ok: false, why: expect.stringMatching(/first 5 entries .* rewritten/) as unknown })
  })

  test('a log cut back to what it was before is found out', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    await cp(data.log, join(data.path, 'earlier'), { recursive: true })
    await log.append(entriesFrom(5, 2))
    const kept = await log.prove(6)
    await rm(data.log, { recursive: true })
    await rename(join(data.path, 'earlier'), data.log)
    expect((await log.check()).problems).toEqual([])
    expect(await log.checkAgainst(kept)).toEqual({ ok: false, why: expect.stringMatching(/5 entries where .* proves 7/) as unknown })
  })

  test('with another key the log is another one; a co-signature on the receipt still speaks', async () => {
    await using data = await makeDataDir()
    const alice = noteKeys('alice.example')
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    const kept = await log.prove(2, { coSigner: alice.signer })
    await rm(data.log, { recursive: true })
    await rm(join(data.path, 'keys'), { recursive: true })
    const other = await data.open()
    await other.append(entriesFrom(0, 5))
    expect(await other.checkAgainst(kept)).toEqual({ ok: false, why: 'the kept checkpoint is signed by nobody who is known' })
    expect(await other.checkAgainst(kept, [alice.verifier])).toEqual({
      ok: false,
      why: expect.stringContaining('is of the log') as unknown,
    })
  })

  test('what was kept must be signed: a made-up checkpoint proves nothing', async () => {
    await using data = await makeDataDir()
    const log = await data.open()
    await log.append(entriesFrom(0, 5))
    const kept = await log.checkpoint()
    expect(await log.checkAgainst({ checkpoint: kept.replace('\n5\n', '\n4\n') })).toMatchObject({ ok: false })
    expect(await log.checkAgainst({ checkpoint: 'x' })).toMatchObject({ ok: false })
  })
})

async function noteLine(): Promise<string> {
  const { addSignature } = await import('./note.ts')
  const note = await readFile(join(sound.log, 'checkpoint'), 'utf8')
  return (await addSignature(note, noteKeys('stranger.example').signer)).slice(note.length)
}

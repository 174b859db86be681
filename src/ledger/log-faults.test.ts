import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LogProof } from '../kernel/log-proof.ts'
import { failAt } from './failing-fs-for-tests.ts'
import { entriesFrom, entryOf, filesUnder, makeDataDir, openTestLedger } from './log-for-tests.ts'
import type { DataDir } from './log-for-tests.ts'

// 254 acknowledged entries and 5 more: the append fills a tile, begins the next one and a second level, and tidies up.
const BEFORE = 254
const MORE = entriesFrom(BEFORE, 5)

let grown: DataDir
let empty: DataDir
let kept: LogProof
let copies: string
beforeAll(async () => {
  copies = await mkdtemp(join(tmpdir(), 'tally-faults-'))
  empty = await makeDataDir()
  await empty.open()
  grown = await makeDataDir()
  const log = await grown.open()
  await log.append(entriesFrom(0, 200))
  await log.append(entriesFrom(200, BEFORE - 200))
  kept = await log.prove(17)
})
afterAll(async () => {
  await grown[Symbol.asyncDispose]()
  await empty[Symbol.asyncDispose]()
  await rm(copies, { recursive: true, force: true })
})

test.each(['full-disk', 'kill'] as const)(
  '%s at every change an append makes: the log is sound, what was acknowledged is there, and it goes on',
  async (how) => {
    let failed = 0
    for (let n = 1; ; n += 1) {
      const dir = join(copies, `${how}-${n}`)
      await cp(grown.path, dir, { recursive: true })
      const failing = failAt(n, how)
      const attempt = await openTestLedger(dir, failing.fs)
        .then((log) => log.append(MORE))
        .catch((error: unknown) => error)
      const acknowledged = Array.isArray(attempt)
      if (!acknowledged) {
        failed += 1
        expect(attempt, `change ${n}`).toMatchObject({ code: 'disk' })
      }

      const log = await openTestLedger(dir)
      expect((await log.check()).problems, `change ${n}`).toEqual([])
      expect(await log.checkAgainst(kept)).toMatchObject({ ok: true })
      expect(acknowledged ? [BEFORE + 5] : [BEFORE, BEFORE + 5]).toContain(await log.size())
      expect((await log.append([...MORE, entryOf(0)])).map(({ index }) => index)).toEqual([254, 255, 256, 257, 258, 0])
      expect((await log.append([entryOf(259)])).map(({ index }) => index)).toEqual([259])
      expect(await log.check()).toMatchObject({ size: 260, problems: [], unfinished: [] })
      await rm(dir, { recursive: true })
      if (!failing.reached()) break
    }
    expect(failed).toBeGreaterThan(10)
  },
)

test.each(['full-disk', 'kill'] as const)('%s at every change the first append makes', async (how) => {
  for (let n = 1; ; n += 1) {
    const dir = join(copies, `first-${how}-${n}`)
    await cp(empty.path, dir, { recursive: true })
    const failing = failAt(n, how)
    const attempt = await openTestLedger(dir, failing.fs)
      .then((log) => log.append(entriesFrom(0, 3)))
      .catch((error: unknown) => error)
    const log = await openTestLedger(dir)
    expect((await log.check()).problems, `change ${n}`).toEqual([])
    expect(Array.isArray(attempt) ? [3] : [0, 3]).toContain(await log.size())
    expect((await log.append(entriesFrom(0, 4))).map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(await log.check()).toMatchObject({ size: 4, problems: [], unfinished: [] })
    if (!failing.reached()) break
  }
})

test('cut short with many entries, then going on with few: what was left does not come back as history', async () => {
  await using data = await makeDataDir()
  const log = await data.open()
  await log.append(entriesFrom(0, 2))
  const failing = failAt(30, 'kill')
  const attempt = (await data.open(failing.fs)).append(entriesFrom(1000, 600))
  await expect(attempt).rejects.toMatchObject({ code: 'disk' })
  expect((await log.check()).unfinished.length).toBeGreaterThan(2)
  await log.append([entryOf(2)])
  expect(await log.check()).toMatchObject({ size: 3, problems: [], unfinished: [] })
  await log.append(entriesFrom(3, 600))
  expect(await log.check()).toMatchObject({ size: 603, problems: [], unfinished: [] })
  expect((await filesUnder(data.log)).filter((file) => file.includes('.tmp-'))).toEqual([])
})

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startChild } from './child-for-tests.ts'
import { withLock } from './lock.ts'
import { testDeps } from './stores-for-tests.ts'

let directory = ''
let path = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tally-lock-'))
  path = join(directory, 'ship.lock')
})
afterEach(async () => await rm(directory, { recursive: true, force: true }))

const HOLDER = `
  const { withLock } = await load('./lock.ts')
  await withLock(testDeps, args.path, async () => { console.log('held'); await new Promise((go) => setTimeout(go, 60000)) })`

test('flows of one process take turns', async () => {
  let inside = 0
  let most = 0
  const turns = Array.from(
    { length: 8 },
    async (_, at) =>
      await withLock(testDeps, path, async () => {
        inside += 1
        most = Math.max(most, inside)
        await new Promise((go) => setTimeout(go, 2))
        inside -= 1
        return at
      }),
  )
  expect(await Promise.all(turns)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(most).toBe(1)
  expect(await readdir(directory)).toEqual(['ship.lock'])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a task that throws gives the lock back', async () => {
  await expect(
    withLock(testDeps, path, async () => {
      throw new Error('stopped')
    }),
  ).rejects.toThrow('stopped')
  expect(await withLock(testDeps, path, async () => 'mine', { waitMs: 0 })).toBe('mine')
})

test('another process is kept out with `busy` naming the path, and let in the moment the holder is killed', async () => {
  const child = startChild(HOLDER, { path })
  await child.says('held')
  await expect(withLock(testDeps, path, async () => 'mine', { waitMs: 50 })).rejects.toMatchObject({ code: 'busy', where: path })
  // Trying must not have taken the holder's lock away.
  await expect(withLock(testDeps, path, async () => 'mine', { waitMs: 0 })).rejects.toMatchObject({ code: 'busy' })
  const waiting = withLock(testDeps, path, async () => 'mine')
  child.process.kill('SIGKILL')
  await child.ends
  expect(await waiting).toBe('mine')
  expect(await readdir(directory)).toEqual(['ship.lock'])
})

test('a second try in the holding process does not open the door to other processes', async () => {
  const script = `const { withLock } = await load('./lock.ts')
    await withLock(testDeps, args.path, async () => console.log('in'), { waitMs: 0 }).catch((error) => console.log(error.code))`
  await withLock(testDeps, path, async () => {
    await expect(withLock(testDeps, path, async () => 'mine', { waitMs: 0 })).rejects.toMatchObject({ code: 'busy' })
    expect((await startChild(script, { path }).ends).lines).toEqual(['busy'])
  })
  expect((await startChild(script, { path }).ends).lines).toEqual(['in'])
})

test('waiting ends when the program is told to stop', async () => {
  await withLock(testDeps, path, async () => {
    const signal = AbortSignal.timeout(20)
    await expect(withLock({ ...testDeps, signal }, path, async () => 'mine')).rejects.toMatchObject({ code: 'interrupted' })
  })
})

test('a missing directory is made; a file in its place is said so', async () => {
  expect(await withLock(testDeps, join(directory, 'locks', 'x.lock'), async () => 'mine')).toBe('mine')
  const inFile = join(directory, 'locks', 'x.lock', 'y.lock')
  await expect(withLock(testDeps, inFile, async () => 1)).rejects.toMatchObject({ where: join(directory, 'locks', 'x.lock') })
})

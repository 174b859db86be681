import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { entriesFrom, makeDataDir } from './log-for-tests.ts'

const CHILD = fileURLToPath(new URL('log-child-for-tests.ts', import.meta.url))

function startChild(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Kills a child with SIGKILL as soon as it has acknowledged `count` entries. Out: the indexes it acknowledged. */
async function killAfter(child: ChildProcess, count: number): Promise<readonly number[]> {
  const acknowledged: number[] = []
  if (child.stdout === null) throw new Error('no output to read')
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(Number(line))
    if (acknowledged.length === count) child.kill('SIGKILL')
  }
  return acknowledged
}

test('a process killed while it appends leaves a sound log with everything it acknowledged', async () => {
  await using data = await makeDataDir()
  const log = await data.open()
  let expected = 0
  for (const [at, count] of [1, 7, 4, 12].entries()) {
    const acknowledged = await killAfter(startChild('append', data.path, `child ${at}`, '1000'), count)
    expect(acknowledged.length).toBeGreaterThanOrEqual(count)
    expect((await log.check()).problems).toEqual([])
    expect(await log.size()).toBeGreaterThanOrEqual(expected + acknowledged.length)
    const entries = await Array.fromAsync(log.entries())
    const envelopes = entriesFrom(0, acknowledged.length, `child ${at}`).map((entry) => entry.envelope)
    expect(acknowledged.map((index) => entries[index]?.entry.envelope)).toEqual(envelopes)
    expected = entries.length
  }
})

test('eight processes that append at once: all land, each at its own place', async () => {
  await using data = await makeDataDir()
  const children = Array.from({ length: 8 }, (_, at) => startChild('append', data.path, `child ${at}`, '6'))
  const codes = await Promise.all(children.map(async (child) => ((await once(child, 'close')) as [number])[0]))
  expect(codes).toEqual(Array.from({ length: 8 }, () => 0))
  const log = await data.open()
  expect(await log.check()).toMatchObject({ size: 48, problems: [], unfinished: [] })
  const landed = (await Array.fromAsync(log.entries())).map(({ entry }) => entry.envelope)
  const expected = children.flatMap((_, at) => entriesFrom(0, 6, `child ${at}`).map((entry) => entry.envelope))
  expect(landed.toSorted()).toEqual(expected.toSorted())
})

test('a data directory one may only read: the log can be checked, and an append says permission', async () => {
  await using data = await makeDataDir()
  const log = await data.open()
  await log.append(entriesFrom(0, 2))
  const directories = (await readdir(data.path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isDirectory())
  const paths = [data.path, ...directories.map((entry) => join(entry.parentPath, entry.name))]
  for (const path of paths) await chmod(path, 0o555)
  const child = startChild('read-only', data.path, 'child', '1')
  let output = ''
  child.stdout?.on('data', (bytes: Buffer) => (output += bytes.toString()))
  await once(child, 'close')
  for (const path of paths) await chmod(path, 0o755)
  expect(output).toMatch(/^0 2 permission .*ledger/)
  expect(await log.check()).toMatchObject({ size: 2, problems: [] })
})

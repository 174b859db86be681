import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { digestOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import { testDeps } from '../../test/support/deps.ts'
import { openRunState, runKeyOf } from './run-state.ts'

let dir: string
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterEach(() => fs.rm(dir, { recursive: true }))

const schema = z.strictObject({ made: z.number() })
const open = (boundary: (step: string) => Promise<void> = async () => {}) => openRunState(testDeps(), dir, 'key', boundary)

describe('a step of a run', () => {
  test('is done once, stored, and used again for as long as it is usable', async () => {
    let made = 0
    const work = async () => ({ made: (made += 1) })
    const state = await open()
    expect(await state.step('build', schema, async () => true, work)).toEqual({ result: { made: 1 }, reused: false })
    expect(await (await open()).step('build', schema, async () => true, work)).toEqual({ result: { made: 1 }, reused: true })
    // What it points at is gone or has changed: it is done again, and that is what is stored then.
    expect(await (await open()).step('build', schema, async (stored) => stored.made > 1, work)).toEqual({
      result: { made: 2 },
      reused: false,
    })
    expect(await (await open()).step('build', schema, async () => true, work)).toMatchObject({ result: { made: 2 }, reused: true })
  })

  test.each([
    ['cut off', '{"made":'],
    ['of another shape', '{"made":"one"}'],
    ['with more than it should have', '{"made":1,"and":2}'],
    ['empty', ''],
  ])('whose file is %s was not done', async (_, text) => {
    const state = await open()
    await fs.writeFile(join(state.dir, 'build.json'), text)
    expect(
      await state.step(
        'build',
        schema,
        async () => true,
        async () => ({ made: 7 }),
      ),
    ).toEqual({ result: { made: 7 }, reused: false })
  })

  test('that fails leaves nothing behind', async () => {
    const state = await open()
    const broken = async (): Promise<{ made: number }> => {
      throw new Error('broke')
    }
    await expect(state.step('build', schema, async () => true, broken)).rejects.toThrow('broke')
    expect(await fs.readdir(state.dir)).toEqual([])
  })

  test('tells its boundaries in order, and only when it is done', async () => {
    const told: string[] = []
    const state = await open(async (step) => void told.push(step))
    for (const _ of [1, 2])
      await state.step(
        'sign',
        schema,
        async () => true,
        async () => ({ made: 1 }),
      )
    expect(told).toEqual(['sign:start', 'sign:done', 'sign:stored'])
  })

  test('cut short before it is stored is done again', async () => {
    const killed = await open(async (step) => {
      if (step === 'sign:done') throw new Error('killed')
    })
    await expect(
      killed.step(
        'sign',
        schema,
        async () => true,
        async () => ({ made: 1 }),
      ),
    ).rejects.toThrow('killed')
    expect(
      await (
        await open()
      ).step(
        'sign',
        schema,
        async () => true,
        async () => ({ made: 2 }),
      ),
    ).toEqual({ result: { made: 2 }, reused: false })
  })
})

test('a run is the same only if everything that could change it is', () => {
  const parts = {
    commit: 'c',
    project: digestOf(utf8('p')),
    tool: '1',
    policies: [digestOf(utf8('a'))],
    target: 'prod',
    signer: 's',
    nonce: '',
  }
  const others = [
    { ...parts, commit: 'd' },
    { ...parts, project: digestOf(utf8('q')) },
    { ...parts, tool: '2' },
    { ...parts, policies: [] },
    { ...parts, target: 'dev' },
    { ...parts, signer: 't' },
    { ...parts, nonce: 'n' },
  ]
  expect(runKeyOf({ ...parts })).toBe(runKeyOf(parts))
  expect(new Set([parts, ...others].map(runKeyOf)).size).toBe(others.length + 1)
})

import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordShip } from '../../src/chain/record.ts'
import { withStore } from '../../src/cli/store.ts'
import { ONE_OF_EACH, attachedKinds, loggedKinds, tagged } from '../support/chain-facts.ts'
import { lostSince, readChainState } from '../support/chain-state.ts'
import { MAIN, runProgram, runTally } from '../support/run-tally.ts'
import { makeSample } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { openSample, shipInside } from '../support/ship-inside.ts'
import { inventoryRows } from '../support/snapshots.ts'

// A run that is killed and started again ends as if it had not been: one of each predicate, a sound log, nothing acknowledged
// taken back. The build gives other bits each time it runs, so that work done twice would show.
const CHILD = join(import.meta.dirname, '../support/ship-child.ts')
const NEVER_THE_SAME = { run: `'head -c 16 /dev/urandom > "$TALLY_OUT/greet"'` }

/** What must be on disk once a run has said that it passed a boundary. */
const ACKNOWLEDGED: Readonly<Record<string, (place: SampleProject) => Promise<unknown>>> = {
  logged: async (place) => expect((await loggedKinds(await openSample(place))).length).toBeGreaterThanOrEqual(4),
  attached: async (place) => expect((await kindsIn(place, 'dev')).length).toBeGreaterThanOrEqual(4),
  current: async (place) => expect(await tagged(await openSample(place), 'dev', 'current')).toBeDefined(),
  'acknowledged:prod': async (place) => expect(await kindsIn(place, 'dev')).toEqual(ONE_OF_EACH),
  'prod:moved': async (place) => expect(await tagged(await openSample(place), 'prod', 'current')).toBeDefined(),
}

async function kindsIn(place: SampleProject, environment: string): Promise<readonly string[]> {
  const workspace = await openSample(place)
  const { target } = await workspace.environment('greet', environment, 'default')
  const lookup = (await target.tags()).find((tag) => tag.endsWith('.file')) ?? ''
  return await attachedKinds(workspace, environment, (await tagged(workspace, environment, lookup)) ?? '')
}

let project: SampleProject
beforeAll(async () => {
  project = await makeSample({ yaml: NEVER_THE_SAME })
})
afterAll(() => project[Symbol.asyncDispose]())

/** The same project with another data directory. */
function elsewhere(name: string): SampleProject {
  const dataDir = join(project.beside, name)
  return { ...project, dataDir, env: { ...project.env, TALLY_DATA_DIR: dataDir } }
}

describe('killed at a boundary between two steps', () => {
  test('every one of them: the next run ends in prod with one of each', { timeout: 300_000 }, async () => {
    const unkilled = await shipUntil(elsewhere('unkilled'))
    expect(unkilled.exitCode).toBe(0)
    expect(unkilled.passed.length).toBeGreaterThan(20)
    expect(new Set(unkilled.passed).size).toBe(unkilled.passed.length)
    const waiting = [...unkilled.passed.entries()]
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [at, boundary] = next
        const place = elsewhere(`killed-${at}`)
        const { exitCode, passed } = await shipUntil(place, boundary)
        expect(exitCode, boundary).toBe(128 + 9)
        expect(passed, boundary).toEqual(unkilled.passed.slice(0, at + 1))
        for (const step of passed) await ACKNOWLEDGED[step]?.(place)
        await expectWholeAgain(place, boundary)
      }
    }
    await Promise.all([worker(), worker(), worker()])
  })

  async function shipUntil(place: SampleProject, boundary?: string): Promise<{ exitCode: number; passed: readonly string[] }> {
    const words = [CHILD, place.dir, place.dataDir, ...(boundary === undefined ? [] : [boundary])]
    const said = await runProgram(process.execPath, words, { env: { ...place.env } })
    return { exitCode: said.exitCode, passed: said.stdout.trim().split('\n') }
  }

  async function expectWholeAgain(place: SampleProject, boundary: string): Promise<void> {
    const before = await readChainState(await openSample(place))
    const { receipt, workspace } = await shipInside(place)
    const digest = receipt.artifact.manifestDigest
    expect(receipt.reached, boundary).toBe('prod')
    expect((await loggedKinds(workspace)).toSorted(), boundary).toEqual(ONE_OF_EACH)
    for (const environment of ['dev', 'prod']) {
      expect(await attachedKinds(workspace, environment, digest), boundary).toEqual(ONE_OF_EACH)
      expect(await tagged(workspace, environment, 'current'), boundary).toBe(digest)
      expect(await tagged(workspace, environment, receipt.promoted?.tag ?? ''), boundary).toBe(digest)
    }
    expect(lostSince(before, await readChainState(workspace)), boundary).toEqual([])
  }
})

describe('killed at random', () => {
  const KILLS = Number(process.env['TALLY_KILLS'] ?? 20)
  const SEED = Number(process.env['TALLY_SEED'] ?? 1)

  /** Half of the kills each, at the same time, in projects of their own. */
  const LANES = [0, 1]
  test(`${KILLS} times (TALLY_KILLS), delays from seed ${SEED} (TALLY_SEED)`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
    await Promise.all(
      LANES.map((lane) => killAgainAndAgain(Math.ceil((KILLS - lane) / LANES.length), randomFrom(SEED * LANES.length + lane))),
    )
  })

  async function killAgainAndAgain(kills: number, random: () => number): Promise<void> {
    await using place = await makeSample({ yaml: NEVER_THE_SAME })
    const began = performance.now()
    expect((await runTally(place, 'ship')).exitCode).toBe(0)
    const whole = performance.now() - began
    let before = await readChainState(await openSample(place))
    for (let round = 1; round <= kills; round += 1) {
      await place.git('commit', '--quiet', '--allow-empty', `--message=round ${round}`)
      await killAfter(place, random() * whole)
      const afterKill = await readChainState(await openSample(place))
      expect(lostSince(before, afterKill), `round ${round}, after the kill`).toEqual([])

      const { receipt, workspace, outcome } = await shipInside(place)
      await withStore(workspace, (store) => recordShip(store, outcome))
      const digest = receipt.artifact.manifestDigest
      expect(receipt.reached).toBe('prod')
      for (const environment of ['dev', 'prod']) {
        expect(await attachedKinds(workspace, environment, digest), `round ${round}`).toEqual(ONE_OF_EACH)
        expect(await tagged(workspace, environment, 'current'), `round ${round}`).toBe(digest)
      }
      const state = await readChainState(workspace)
      expect(lostSince(afterKill, state), `round ${round}, after the next run`).toEqual([])
      expect(state.logged).toHaveLength((round + 1) * ONE_OF_EACH.length)
      before = state
    }
    const rows = inventoryRows(place.dataDir)
    expect({ runs: rows['run']?.length, artifacts: rows['artifact']?.length, evidence: rows['evidence']?.length }).toEqual({
      runs: kills + 1,
      artifacts: kills + 1,
      evidence: (kills + 1) * ONE_OF_EACH.length,
    })
  }

  async function killAfter(place: SampleProject, delay: number): Promise<void> {
    const child = spawn(process.execPath, [MAIN, 'ship', '--quiet'], { cwd: place.dir, env: { ...place.env }, stdio: 'ignore' })
    const closed = once(child, 'close')
    await after(delay)
    child.kill('SIGKILL')
    await closed
  }

  /** mulberry32: numbers from 0 to 1, the same for the same seed. */
  function randomFrom(seed: number): () => number {
    let state = seed >>> 0
    return () => {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    }
  }
})

import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deps } from '../../src/kernel/deps.ts'
import { TallyError, exitCodeOf } from '../../src/kernel/errors.ts'
import { failAt } from '../../src/ledger/failing-fs-for-tests.ts'
import { ONE_OF_EACH, attachedKinds, loggedKinds, tagged } from '../support/chain-facts.ts'
import { lostSince, readChainState } from '../support/chain-state.ts'
import type { ChainState } from '../support/chain-state.ts'
import { testDeps } from '../support/deps.ts'
import { makeSample } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { openSample, shipInside } from '../support/ship-inside.ts'

// The disk fails at one of the hundreds of changes a first run makes to it. `full-disk`: that one fails, after half of its bytes, and
// what follows works. `kill`: nothing works any more from there on, as if the machine had gone. Either way the next run, with room
// again, ends as if nothing had happened. CI tries some; TALLY_FAULTS=all tries every one.

let project: SampleProject
beforeAll(async () => {
  project = await makeSample()
})
afterAll(() => project[Symbol.asyncDispose]())

const EVERY = process.env['TALLY_FAULTS'] === 'all'
/** Changes to disk a run makes; past the last one a run is whole. Points are spread over them, other ones for each way to fail. */
const CHANGES = 470
const POINTS = 14

test.concurrent.each(['full-disk', 'kill'] as const)(
  '%s at a change to disk: an error about the disk, then a whole run',
  { timeout: 3_600_000 },
  async (how) => {
    const step = EVERY ? 1 : CHANGES / POINTS
    const first = how === 'kill' && !EVERY ? step / 2 : 1
    let reached = 0
    const problems: string[] = []
    for (let at = first; at < CHANGES; at += step) {
      await failAndRunAgain(Math.round(at), how).then(
        (hit) => (reached += Number(hit)),
        (error: unknown) => problems.push(String(error)),
      )
    }
    expect(problems).toEqual([])
    expect(reached).toBeGreaterThan((CHANGES / step) * 0.7)
  },
)

async function failAndRunAgain(at: number, how: 'full-disk' | 'kill'): Promise<boolean> {
  const name = `${how}-${at}`
  const dataDir = join(project.beside, name)
  const place = { ...project, dataDir, env: { ...project.env, TALLY_DATA_DIR: dataDir } }
  const disk = failAt(at, how)
  const failed = await shipInside(place, { deps: { fs: disk.fs, spawn: rememberingGit } }).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!disk.reached()) return false
  if (failed !== undefined) {
    // What only tidies up may fail without the run failing; nothing else, and nothing as a bug.
    if (!(failed instanceof TallyError)) throw new Error(`${name}: a plain error came out`, { cause: failed })
    expect({ name, code: failed.code, exit: exitCodeOf(failed) }).toEqual({ name, code: 'disk', exit: 5 })
    expect(failed.where, name).toContain(name)
  }
  const before = await stateOf(place)
  const { receipt, workspace } = await shipInside(place, { deps: { spawn: rememberingGit } })
  expect(receipt.reached, name).toBe('prod')
  expect((await loggedKinds(workspace)).toSorted(), name).toEqual(ONE_OF_EACH)
  for (const environment of ['dev', 'prod']) {
    expect(await attachedKinds(workspace, environment, receipt.artifact.manifestDigest), name).toEqual(ONE_OF_EACH)
    expect(await tagged(workspace, environment, 'current'), name).toBe(receipt.artifact.manifestDigest)
  }
  expect(before === undefined ? [] : lostSince(before, await readChainState(workspace)), name).toEqual([])
  await rm(dataDir, { recursive: true })
  return true
}

/** The state a failed run left, unless it did not come as far as to have a data directory. */
async function stateOf(place: SampleProject): Promise<ChainState> {
  return await readChainState(await openSample(place))
}

/** git is asked the same of the same tree each time, which takes most of a run's time: it is asked once. */
const answers = new Map<string, ReturnType<Deps['spawn']>>()
const real = testDeps().spawn
const rememberingGit: Deps['spawn'] = (file, args, options) => {
  if (file !== 'git') return real(file, args, options)
  const question = JSON.stringify([args, options?.cwd])
  const answer = answers.get(question) ?? real(file, args, options)
  answers.set(question, answer)
  return answer
}

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAIN, runProgram, runTally } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { childEnvironment, makeSample } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { shipInside } from '../support/ship-inside.ts'
import { filesBelow, pathsBelow } from '../support/snapshots.ts'

// What tally leaves behind: files in its data directory and its cache, and nothing anywhere else. A home of its own shows it.
describe('a machine on which tally was used', () => {
  let project: SampleProject
  let tmp: string
  const DATA = '.local/share/tallystick'

  beforeAll(async () => {
    const sample = await makeSample()
    tmp = join(sample.beside, 'tmp')
    await mkdir(tmp)
    // Neither TALLY_DATA_DIR nor TALLY_CACHE_DIR: where things are kept follows from the home directory alone.
    const { NODE_COMPILE_CACHE: _, ...plain } = childEnvironment({ HOME: sample.home, TMPDIR: tmp })
    project = { ...sample, dataDir: join(sample.home, DATA), env: plain }
    await writeFile(join(sample.home, '.profile'), '# mine\n')
  })
  afterAll(() => project[Symbol.asyncDispose]())

  /** Runs with no standard input at all: nobody can be asked, and nothing may wait. */
  async function unattended(...words: readonly string[]): Promise<Said> {
    return await runProgram('sh', ['-c', 'exec "$0" "$@" <&-', process.execPath, MAIN, ...words], {
      cwd: project.dir,
      env: { ...project.env },
      timeout: 60_000,
    })
  }

  test('it shipped, verified and looked around: only its data directory is new', async () => {
    const before = await filesBelow(project.dir)
    const shipped = await unattended('ship', '--format', 'json')
    expect(shipped.exitCode).toBe(0)
    const { artifact } = JSON.parse(shipped.stdout) as { artifact: { path: string; reference: string } }
    const commands: readonly (readonly string[])[] = [
      ['verify', artifact.path],
      ['gate', artifact.reference, '--policy', 'policy/prod.yaml'],
      ['tree', artifact.reference],
      ['check'],
      ['sbom', '.'],
      ['impact', 'left-hand@1.0.0'],
      ['log', 'check'],
      ['key', 'show'],
    ]
    const said = await Promise.all(commands.map((words) => unattended(...words)))
    expect(said.map(({ exitCode, stderr }, at) => ({ command: commands[at]?.[0], exitCode, stderr }))).toEqual(
      commands.map(([command]) => ({ command, exitCode: 0, stderr: '' })),
    )
    const home = (await pathsBelow(project.home)).filter((path) => !path.startsWith(`${DATA}/`))
    expect(home).toEqual(['.local', '.local/share', DATA, '.profile'])
    expect(await pathsBelow(tmp)).toEqual([])
    expect(await filesBelow(project.dir)).toEqual(before)
    expect(await project.git('status', '--porcelain', '--ignored')).toBe('')
  })

  test('a data directory inside the project keeps itself out of its commits', async () => {
    const inside = await runTally(project, 'ship', '--data-dir', '.tally', '--format', 'json')
    expect(inside.exitCode).toBe(0)
    expect(JSON.parse(inside.stdout)).toMatchObject({ source: { dirty: false }, reached: 'prod' })
    expect(await project.git('status', '--porcelain')).toBe('')
  })

  test('nobody is asked where nobody can answer', async () => {
    const made = await unattended('key', 'new', 'team.pem')
    expect(made.exitCode).toBe(2)
    expect(made.stderr).toContain('error[passphrase-missing]: a new key wants a passphrase')
    expect(await pathsBelow(project.dir)).not.toContain('team.pem')
  })
})

test('the whole chain makes no network call', async () => {
  await using project = await makeSample()
  const fetch = (url: unknown): Promise<Response> => Promise.reject(new Error(`somebody asked for ${String(url)}`))
  expect((await shipInside(project, { deps: { fetch } })).receipt.reached).toBe('prod')
})

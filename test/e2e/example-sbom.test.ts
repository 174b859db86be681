import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const ROOT = resolve(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'src/cli/main.ts')
const ACTION = join(ROOT, 'examples/github-action')
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tally-'))
  const place = join(dir, 'root', 'app', 'node_modules', 'left-pad')
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'package.json'), '{"name":"left-pad","version":"1.3.0"}')
})
afterAll(async () => await rm(dir, { recursive: true, force: true }))

type Ended = { readonly code: number; readonly output: string }

async function run(file: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const world = { PATH: process.env['PATH'] ?? '', HOME: dir, SOURCE_DATE_EPOCH: '1764028800' }
  return await new Promise((done) => {
    execFile(file, [...args], { cwd: dir, env: { ...world, ...env } }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, output: stdout + stderr })
    })
  })
}

describe('examples/github-action', () => {
  type Step = { readonly run: string; readonly env: Record<string, string> }
  type Action = { readonly inputs: Record<string, { readonly default: string }>; readonly runs: { readonly steps: readonly [Step] } }

  /** Runs the step as the runner does: each input in the variable the action says, GitHub's own beside them. `tally` is this one. */
  async function act(inputs: Record<string, string>): Promise<Ended & { readonly outputs: string }> {
    const { inputs: known, runs } = parse(await readFile(join(ACTION, 'action.yml'), 'utf8')) as Action
    const [step] = runs.steps
    const valueOf = (text: string): string => {
      const name = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(text)?.[1] ?? ''
      return inputs[name] ?? known[name]?.default ?? ''
    }
    const env = Object.fromEntries(Object.entries(step.env).map(([name, text]) => [name, valueOf(text)]))
    const outputs = join(dir, 'outputs')
    await writeFile(outputs, '')
    await mkdir(join(dir, 'copy', 'examples', 'github-action'), { recursive: true })
    await writeFile(join(dir, 'copy', 'tally'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 })
    const script = { GITHUB_OUTPUT: outputs, GITHUB_ACTION_PATH: join(dir, 'copy', 'examples', 'github-action') }
    const ended = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], { ...env, ...script })
    return { ...ended, outputs: await readFile(outputs, 'utf8') }
  }

  it('writes the SBOM and says where', async () => {
    const ended = await act({ target: 'root', output: 'a b.json' })
    expect(ended).toMatchObject({ code: 0, outputs: 'sbom=a b.json\n' })
    expect(await readFile(join(dir, 'a b.json'), 'utf8')).toContain('pkg:npm/left-pad@1.3.0')
  })

  it('fails for what is named, with the SBOM kept', async () => {
    const ended = await act({ target: 'root', output: 'kept.json', 'fail-on': 'unversioned unlicensed' })
    expect(ended).toMatchObject({ code: 1, outputs: 'sbom=kept.json\n' })
    expect(ended.output).toContain('unlicensed')
    expect(await readFile(join(dir, 'kept.json'), 'utf8')).toContain('left-pad')
  })

  it.each([
    ['target', 'root"; touch owned; "'],
    ['target', '$(touch owned)'],
    ['target', '--output=table=owned'],
    ['output', 'x.json\nother=owned'],
    ['fail-on', '$(touch owned) ; touch owned'],
    ['fail-on', '*'],
  ])('takes %s %j for a name and not for a command', async (name, value) => {
    const ended = await act({ target: 'root', [name]: value })
    expect(ended.code).not.toBe(0)
    expect(await readdir(dir)).not.toContain('owned')
    expect(ended.outputs).not.toContain('other=')
  })

  it('is clean by `tally check`, workflow and Dockerfile too', async () => {
    const project = join(dir, 'project')
    await mkdir(join(project, '.github/workflows'), { recursive: true })
    await cp(join(ACTION, 'workflow.yml'), join(project, '.github/workflows/sbom.yml'))
    await cp(join(ACTION, 'action.yml'), join(project, 'action.yml'))
    await cp(join(ROOT, 'examples/buildkit/Dockerfile'), join(project, 'Dockerfile'))
    const git = async (...args: readonly string[]): Promise<Ended> => await run('git', ['-C', project, ...args], {})
    await git('init', '-q')
    await git('add', '-A')
    expect((await run(process.execPath, [MAIN, 'check', project], {})).output).toMatch(/^0 findings in 3 files/)
  })
})

describe('examples/buildkit', () => {
  it('starts what answers the generator protocol, with nothing but the variables', async () => {
    const text = await readFile(join(ROOT, 'examples/buildkit/Dockerfile'), 'utf8')
    const words = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1] ?? '[]') as string[]
    expect(words.slice(0, 2)).toEqual(['node', '/opt/tally/dist/tally.js'])
    const out = join(dir, 'out')
    await mkdir(out)
    const variables = { BUILDKIT_SCAN_SOURCE: join(dir, 'root'), BUILDKIT_SCAN_DESTINATION: `${out}/` }
    expect(await run(process.execPath, [MAIN, ...words.slice(2)], variables)).toMatchObject({ code: 0 })
    expect(await readdir(out)).toEqual(['root.spdx.json'])
    const statement = JSON.parse(await readFile(join(out, 'root.spdx.json'), 'utf8')) as Record<string, unknown>
    expect(statement).toMatchObject({ predicateType: 'https://spdx.dev/Document', predicate: { spdxVersion: 'SPDX-2.3' } })
  })
})

import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../..')

/** Writes down how it was called, waits, then does what `npm ci` would leave behind. */
const FAKE_NPM = `#!${process.execPath}
const fs = require('node:fs'), path = require('node:path')
const { FAKE_LOG, FAKE_WAIT = '0', FAKE_FAIL } = process.env
const lock = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
fs.appendFileSync(FAKE_LOG, JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2), path: process.env.PATH, lock }) + '\\n')
setTimeout(() => {
  fs.rmSync('node_modules', { recursive: true, force: true })
  fs.mkdirSync('node_modules')
  if (FAKE_FAIL) { console.error('npm error code ENOTFOUND'); process.exit(1) }
  for (const name of Object.keys(lock.packages)) {
    if (!name.startsWith('node_modules/node-')) continue
    fs.mkdirSync(path.join(name, 'bin'), { recursive: true })
    for (const file of ['node', 'node.exe']) fs.symlinkSync(process.execPath, path.join(name, 'bin', file))
  }
}, Number(FAKE_WAIT))
`

const MAIN = `
console.log(JSON.stringify(process.argv.slice(2)))
if (process.argv[2] === 'wait') setInterval(() => {}, 1000)
if (process.argv[2] === 'fail') process.exitCode = 3
`

/** Makes the process that it is required in look like an old Node.js; its children look like what they are. */
const OLD = `delete process.env.NODE_OPTIONS
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })
`

type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }
type NpmCall = {
  readonly cwd: string
  readonly args: readonly string[]
  readonly path: string
  readonly lock: { packages: Record<string, { integrity?: string }> }
}

describe('a clean clone', () => {
  let place: string
  let clone: string
  let env: Record<string, string>

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'tally-'))
    clone = join(place, 'a clone')
    for (const file of ['tally', 'package-lock.json', 'scripts/bootstrap.cjs', 'scripts/bootstrap', 'scripts/node-runtime']) {
      await cp(join(REPOSITORY, file), join(clone, file), { recursive: true })
    }
    await mkdir(join(clone, 'src/cli'), { recursive: true })
    await writeFile(join(clone, 'src/cli/main.ts'), MAIN)
    await mkdir(join(place, 'bin'))
    await writeFile(join(place, 'bin/npm'), FAKE_NPM, { mode: 0o755 })
    await writeFile(join(place, 'old.cjs'), OLD)
    env = { PATH: join(place, 'bin'), HOME: join(place, 'home'), TALLY_CACHE_DIR: join(place, 'cache'), FAKE_LOG: join(place, 'npm.log') }
    await mkdir(env['HOME'] ?? '')
  })
  afterEach(async () => await rm(place, { recursive: true, force: true }))

  function start(
    args: readonly string[],
    extra: Record<string, string> = {},
  ): Promise<Ended> & { kill: (signal: NodeJS.Signals) => void; pid: number; spoke: Promise<unknown> } {
    const child = spawn(process.execPath, [join(clone, 'scripts/bootstrap.cjs'), ...args], {
      env: { ...env, ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = collect(child)
    const spoke = new Promise((resolve) => child.stdout.once('data', resolve))
    return Object.assign(ended, { spoke, kill: (signal: NodeJS.Signals) => child.kill(signal), pid: child.pid ?? 0 })
  }

  function collect(child: ReturnType<typeof spawn>): Promise<Ended> {
    let [stdout, stderr] = ['', '']
    child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
    child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
    })
  }

  async function npmCalls(): Promise<readonly NpmCall[]> {
    const log = await readFile(join(place, 'npm.log'), 'utf8').catch(() => '')
    return log.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as NpmCall]))
  }

  test('installs once, without package scripts, then only hands over', async () => {
    const first = await start(['tally', 'ship', '--to', 'a b'], {
      NODE_ENV: 'production',
      PATH: [join(clone, 'node_modules/.bin'), env['PATH']].join(delimiter),
    })
    expect(first).toEqual({ exitCode: 0, stdout: '["ship","--to","a b"]\n', stderr: expect.stringMatching(/^tally: installing .*\n$/) })
    const [call] = await npmCalls()
    expect(call?.args).toEqual(expect.arrayContaining(['ci', '--ignore-scripts', '--include=dev', '--include=optional']))
    expect(call?.path).not.toContain('.bin')
    expect(await start(['tally', 'fail'])).toEqual({ exitCode: 3, stdout: '["fail"]\n', stderr: '' })
    expect(await npmCalls()).toHaveLength(1)
    expect(await readdir(clone)).not.toContain('.tally-install.lock')
  })

  test('installs again when the lockfile says something else, not when it was only touched', async () => {
    await start(['tally'])
    const lockfile = join(clone, 'package-lock.json')
    const text = await readFile(lockfile, 'utf8')
    await writeFile(lockfile, text)
    await start(['tally'])
    expect(await npmCalls()).toHaveLength(1)
    await writeFile(lockfile, `${text}\n`)
    await start(['tally'])
    expect(await npmCalls()).toHaveLength(2)
  })

  test('says one clear thing when the install fails, and tries again the next time', async () => {
    const failed = await start(['tally'], { FAKE_FAIL: '1' })
    expect(failed.exitCode).toBe(5)
    expect(failed.stdout).toBe('')
    expect(failed.stderr).toMatch(
      /npm error code ENOTFOUND\ntally: cannot install the dependencies: npm ci ended with exit code 1\n {2}help: .*\n$/,
    )
    expect(await start(['tally'])).toMatchObject({ exitCode: 0, stdout: '[]\n' })
    expect(await npmCalls()).toHaveLength(2)
  })

  test('two at once install once', async () => {
    const both = await Promise.all([start(['tally'], { FAKE_WAIT: '500' }), start(['tally'], { FAKE_WAIT: '500' })])
    expect(both.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).toEqual([
      { exitCode: 0, stdout: '[]\n' },
      { exitCode: 0, stdout: '[]\n' },
    ])
    expect(both.map(({ stderr }) => stderr).join('')).toContain('tally: waiting for the install that process')
    expect(await npmCalls()).toHaveLength(1)
  })

  test('an install cut short is noticed: the next one waits for the npm left behind, then installs', async () => {
    const cut = start(['tally'], { FAKE_WAIT: '700' })
    while ((await npmCalls()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    cut.kill('SIGKILL')
    const next = await start(['tally'])
    expect(next).toMatchObject({
      exitCode: 0,
      stdout: '[]\n',
      stderr: expect.stringContaining(`waiting for the install that process ${cut.pid} runs`),
    })
    expect(await npmCalls()).toHaveLength(2)
  })

  test('takes over from a holder that is gone', async () => {
    const gone = start(['script'])
    await gone
    await mkdir(join(clone, '.tally-install.lock'))
    await writeFile(join(clone, '.tally-install.lock/owner'), JSON.stringify({ pids: [gone.pid], host: hostname() }))
    expect(await start(['tally'])).toMatchObject({ exitCode: 0, stdout: '[]\n' })
  })

  test('leaves a node_modules alone that is a link', async () => {
    await symlink(place, join(clone, 'node_modules'))
    expect(await start(['tally'])).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' })
    expect(await npmCalls()).toEqual([])
  })

  test('on an old Node.js fetches the pinned one by its hash, once, and leaves the name that ./tally looks for', async () => {
    const old = { NODE_OPTIONS: `--require=${join(place, 'old.cjs')}` }
    const first = await start(['tally', 'x'], old)
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: '["x"]\n',
      stderr: expect.stringMatching(/^tally: Node.js 18.20.8 is too old; fetching 2\d\.\d+\.\d+ into .*\ntally: installing/),
    })
    const [fetched] = await npmCalls()
    const pins = JSON.parse(await readFile(join(clone, 'scripts/node-runtime/package-lock.json'), 'utf8')) as NpmCall['lock']
    const [name, entry] = Object.entries(fetched?.lock.packages ?? {}).find(([key]) => key !== '') ?? []
    expect(entry?.integrity).toMatch(/^sha512-/)
    expect(entry?.integrity).toBe(pins.packages[name ?? '']?.integrity)
    const names = await readdir(join(place, 'cache/node'))
    const link = names.find((each) => !each.startsWith('node-')) ?? ''
    expect(await readlink(join(place, 'cache/node', link))).toContain(join('bin', 'node'))
    expect(await start(['tally', 'y'], old)).toEqual({ exitCode: 0, stdout: '["y"]\n', stderr: '' })
    expect(await npmCalls()).toHaveLength(2)
  })

  test('says which folder cannot be written', async () => {
    await writeFile(join(place, 'file'), '')
    const ended = await start(['tally'], { TALLY_CACHE_DIR: join(place, 'file/cache') })
    expect(ended).toEqual({
      exitCode: 5,
      stdout: '',
      stderr: expect.stringMatching(/^tally: cannot write the cache folder .*\(ENOTDIR\)\n {2}help: set TALLY_CACHE_DIR .*\n$/),
    })
  })

  test('starts without a folder for the compile cache, and never from one that others can write', async () => {
    await start(['tally'])
    const folder = join(place, 'cache/compile')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    await rm(folder, { recursive: true })
    await mkdir(folder)
    await chmod(folder, 0o777)
    expect(await start(['tally'])).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' })
    expect(await readdir(folder)).toEqual([])
  })

  test('passes a signal on to what it started, and its end back', async () => {
    await start(['tally'])
    const running = start(['script', join(clone, 'src/cli/main.ts'), 'wait'])
    await running.spoke
    running.kill('SIGTERM')
    expect(await running).toMatchObject({ exitCode: 143, stdout: '["wait"]\n' })
  })

  test('names what it does not know', async () => {
    await start(['tally'])
    expect(await start(['run', 'constructor'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('does not know "run constructor"'),
    })
  })

  test('./tally works from anywhere and through links', async () => {
    await symlink(join(clone, 'tally'), join(place, 'absolute'))
    await mkdir(join(place, 'links'))
    await symlink('../absolute', join(place, 'links/relative'))
    const sh = { ...env, PATH: [dirname(process.execPath), env['PATH'], '/usr/bin', '/bin'].join(delimiter) }
    for (const [cwd, file] of [
      [clone, './tally'],
      ['/', join(place, 'links/relative')],
      [place, 'links/relative'],
    ] as const) {
      expect(await collect(spawn(file, ['a b', '*'], { cwd, env: sh }))).toMatchObject({ exitCode: 0, stdout: '["a b","*"]\n' })
    }
    const without = await collect(
      spawn(join(clone, 'tally'), [], { cwd: clone, env: { ...env, PATH: await onlyThese(['sh', 'uname', 'readlink']) } }),
    )
    expect(without).toMatchObject({ exitCode: 5, stderr: expect.stringMatching(/^tally: no `node` on PATH: .*\n$/) })
  })

  async function onlyThese(names: readonly string[]): Promise<string> {
    const folder = join(place, 'few')
    await mkdir(folder)
    for (const name of names) await symlink(join('/usr/bin', name), join(folder, name))
    return folder
  }
})

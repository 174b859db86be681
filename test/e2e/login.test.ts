import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startFakeRegistry } from '../support/fake-registry.ts'
import type { FakeRegistry } from '../support/fake-registry.ts'
import { makeSample } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { startTally } from '../support/tally-process.ts'
import type { Said } from '../support/run-tally.ts'

// A registry that wants to know who asks, as `tally login` and everything after it meets it.
let project: SampleProject
let registry: FakeRegistry
let dockerConfig: string
beforeAll(async () => {
  project = await makeSample()
  registry = await startFakeRegistry({ auth: 'token', username: 'ada', password: 'correct horse' })
})
afterAll(async () => {
  await registry.close()
  await project[Symbol.asyncDispose]()
})
beforeEach(async () => {
  dockerConfig = await fs.mkdtemp(join(project.beside, 'docker-'))
})

const run = (input: string, ...args: readonly string[]): Promise<Said> =>
  startTally(project, args, { input, env: { DOCKER_CONFIG: dockerConfig } }).ended
const login = (password: string, ...more: readonly string[]): Promise<Said> =>
  run(password, 'login', registry.host, '--username', 'ada', '--password-stdin', ...more)
const stored = async (): Promise<string> => await fs.readFile(join(dockerConfig, 'config.json'), 'utf8').catch(() => 'nothing')

describe.each(['token', 'basic'] as const)('a registry with %s authentication', (auth) => {
  beforeAll(() => {
    registry.switches.auth = auth
  })

  test('the right password is proven, then kept where Docker keeps it, for its owner only', async () => {
    const said = await login('correct horse\n')
    const file = join(dockerConfig, 'config.json')
    expect(said).toEqual({ exitCode: 0, stdout: `logged in to ${registry.host} as ada; kept in ${file}\n`, stderr: '' })
    expect(JSON.parse(await stored())).toEqual({ auths: { [registry.host]: { auth: btoa('ada:correct horse') } } })
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600)
  })

  test('a wrong one is 4, and nothing is kept', async () => {
    const said = await login('wrong\n')
    expect(said).toMatchObject({ exitCode: 4, stdout: '' })
    expect(said.stderr).toMatch(/^error\[login-needed\]: .+\nhelp: .+\n$/)
    expect(`${said.stdout}${said.stderr}`).not.toContain('wrong')
    expect(await stored()).toBe('nothing')
  })

  test('what is kept is used: without it 4 and how to log in, with it the work is done', async () => {
    await fs.writeFile(join(project.beside, `app-${auth}`), 'app\n')
    const sign = () => run('', 'sign', join(project.beside, `app-${auth}`), '--to', `${registry.host}/team/${auth}`)
    const before = await sign()
    expect(before).toMatchObject({ exitCode: 4, stdout: '' })
    expect(before.stderr).toContain(`help: run \`tally login ${registry.host}\``)
    await login('correct horse')
    expect(await sign()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${registry.host}/team/${auth}`) })
  })
})

describe('how the password comes', () => {
  test('never on the command line', async () => {
    for (const args of [['--password', 'hunter2'], ['--password=hunter2']]) {
      const said = await run('', 'login', registry.host, '--username', 'ada', ...args)
      expect(said).toMatchObject({ exitCode: 2, stdout: '' })
      expect(said.stderr).toMatch(/^error\[flag-unsupported\]: --password: a password on the command line can be read/)
      expect(said.stderr).not.toContain('hunter2')
    }
  })

  test('nobody is asked where there is no terminal', async () => {
    const said = await run('', 'login', registry.host, '--username', 'ada')
    expect(said).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('help: use --password-stdin') })
  })

  test.each([
    ['an empty one', [''], 'the password is empty'],
    ['no user name', [undefined], '--username: is missing'],
  ])('%s is said', async (_, [password], message) => {
    const said = password === undefined ? await run('x', 'login', registry.host, '--password-stdin') : await login(password)
    expect(said).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) })
  })
})

test('what else is in the configuration stays', async () => {
  await fs.writeFile(join(dockerConfig, 'config.json'), '{"auths":{"other.example":{"auth":"eDp5"}},"detachKeys":"ctrl-q"}')
  registry.switches.auth = 'basic'
  expect(await login('correct horse')).toMatchObject({ exitCode: 0 })
  expect(JSON.parse(await stored())).toEqual({
    auths: { 'other.example': { auth: 'eDp5' }, [registry.host]: { auth: btoa('ada:correct horse') } },
    detachKeys: 'ctrl-q',
  })
})

test('a host that is none, and one nobody answers at', async () => {
  expect(await run('x', 'login', 'https://r.example/x', '-u', 'ada', '--password-stdin')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('is not a registry host'),
  })
  expect(await run('x', 'login', '127.0.0.1:9', '-u', 'ada', '--password-stdin')).toMatchObject({ exitCode: 5 })
  expect(await stored()).toBe('nothing')
})

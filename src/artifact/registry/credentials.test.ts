import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { readCredential, storeCredential } from './credentials.ts'
import { textOf, toBase64, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'

let dir = ''
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterEach(() => fs.rm(dir, { recursive: true }))

const configFile = () => join(dir, 'config.json')
const writeConfig = (config: unknown) => fs.writeFile(configFile(), JSON.stringify(config))
const readConfig = async () => JSON.parse(await fs.readFile(configFile(), 'utf8')) as unknown
const deps = (overrides: Partial<Deps> = {}) => testDeps({ env: { DOCKER_CONFIG: dir }, ...overrides })
const auth = (text: string) => ({ auth: toBase64(utf8(text)) })
const me = { kind: 'basic', username: 'me', password: 'se:cret' }

describe('readCredential', () => {
  test('reads what is kept for exactly this host (sigstore-js#85c5838)', async () => {
    await writeConfig({ auths: { 'registry.example': auth('me:se:cret'), 'other.example': auth('x:y') } })
    expect(await readCredential(deps(), 'registry.example')).toEqual(me)
    for (const host of ['example', 'sub.registry.example', 'registry.example:5000', 'registry.example.evil.example', '__proto__']) {
      expect(await readCredential(deps(), host)).toBeUndefined()
    }
  })

  test('knows Docker Hub by its old key, and hosts written as URLs', async () => {
    await writeConfig({ auths: { 'https://index.docker.io/v1/': auth('me:se:cret'), 'https://old.example/v1/': auth('me:se:cret') } })
    expect(await readCredential(deps(), 'docker.io')).toEqual(me)
    expect(await readCredential(deps(), 'old.example')).toEqual(me)
    expect(await readCredential(deps(), 'index.docker.io')).toEqual(me)
    expect(await readCredential(deps(), 'old.example:443')).toBeUndefined()
  })

  test('reads name and password written apart, and identity tokens', async () => {
    await writeConfig({
      auths: { 'a.example': { username: 'me', password: 'se:cret' }, 'b.example': { ...auth('x:y'), identitytoken: 't' } },
    })
    expect(await readCredential(deps(), 'a.example')).toEqual(me)
    expect(await readCredential(deps(), 'b.example')).toEqual({ kind: 'identity', token: 't' })
  })

  test('nothing is nothing', async () => {
    expect(await readCredential(testDeps(), 'a.example')).toBeUndefined()
    expect(await readCredential(deps(), 'a.example')).toBeUndefined()
    await writeConfig({ auths: { 'a.example': {} } })
    expect(await readCredential(deps(), 'a.example')).toBeUndefined()
  })

  test.each([
    ['not JSON', '{'],
    ['another shape', '{"auths":[]}'],
    ['no base64', '{"auths":{"a.example":{"auth":"***"}}}'],
    ['no colon', `{"auths":{"a.example":{"auth":"${toBase64(utf8('secretsecret'))}"}}}`],
  ])('refuses %s without repeating it', async (_what, text) => {
    await fs.writeFile(configFile(), text)
    const error = await readCredential(deps(), 'a.example').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'config-invalid' })
    expect(String(error)).not.toMatch(/secret|\*\*\*/)
  })
})

/** A credential helper as a function: what it was asked, and what it answers. */
function helper(answer: { exitCode?: number; stdout?: string }) {
  const asked: string[][] = []
  const spawn: Deps['spawn'] = async (file, args, options) => {
    asked.push([file, ...args, textOf(options?.input ?? new Uint8Array())])
    return { exitCode: answer.exitCode ?? 0, stdout: utf8(answer.stdout ?? ''), stderr: new Uint8Array() }
  }
  return { asked, spawn }
}

describe('credential helpers', () => {
  test('the host’s own helper is asked before the store and the file', async () => {
    await writeConfig({ credHelpers: { 'a.example': 'own' }, credsStore: 'store', auths: { 'a.example': auth('x:y') } })
    const { asked, spawn } = helper({ stdout: '{"ServerURL":"a.example","Username":"me","Secret":"se:cret"}' })
    expect(await readCredential(deps({ spawn }), 'a.example')).toEqual(me)
    expect(await readCredential(deps({ spawn }), 'docker.io')).toEqual(me)
    expect(asked).toEqual([
      ['docker-credential-own', 'get', 'a.example'],
      ['docker-credential-store', 'get', 'https://index.docker.io/v1/'],
    ])
  })

  test('an identity token comes under the name <token>', async () => {
    await writeConfig({ credsStore: 'store' })
    const { spawn } = helper({ stdout: '{"Username":"<token>","Secret":"t"}' })
    expect(await readCredential(deps({ spawn }), 'a.example')).toEqual({ kind: 'identity', token: 't' })
  })

  test('a helper that holds nothing says nothing', async () => {
    await writeConfig({ credsStore: 'store' })
    const fake = deps({ spawn: helper({ exitCode: 1, stdout: 'credentials not found in native keychain\n' }).spawn })
    expect(await readCredential(fake, 'a.example')).toBeUndefined()
    expect(fake.logged).toEqual([])
  })

  test('a helper that fails is said aloud, and its output is not', async () => {
    await writeConfig({ credsStore: 'store' })
    const missing: Deps['spawn'] = () => Promise.reject(fail('tool-missing', 'is not installed'))
    for (const spawn of [missing, helper({ exitCode: 2, stdout: 'secret' }).spawn, helper({ stdout: '"secret"' }).spawn]) {
      const fake = deps({ spawn })
      expect(await readCredential(fake, 'a.example')).toBeUndefined()
      expect(fake.logged).toEqual([expect.stringContaining('warn: docker-credential-store gave no credentials')])
      expect(fake.logged.join()).not.toContain('secret')
    }
  })

  test('a helper is a name, never a path', async () => {
    await writeConfig({ credsStore: '../../bin/evil' })
    const { asked, spawn } = helper({})
    expect(await readCredential(deps({ spawn }), 'a.example')).toBeUndefined()
    expect(asked).toEqual([])
  })

  test('a real program is called', async () => {
    const bin = join(dir, 'docker-credential-test')
    await fs.writeFile(bin, '#!/bin/sh\nread host\nprintf \'{"Username":"me","Secret":"%s"}\' "for-$host"\n', { mode: 0o755 })
    await writeConfig({ credsStore: 'test' })
    const { spawn } = testDeps()
    const onPath: Deps['spawn'] = (file, args, options) => spawn(join(dir, file), args, options)
    expect(await readCredential(deps({ spawn: onPath }), 'a.example')).toMatchObject({ username: 'me', password: 'for-a.example' })
  })
})

describe('storeCredential', () => {
  test('writes the file for its owner alone and keeps the rest', async () => {
    await writeConfig({ auths: { 'b.example': auth('x:y') }, psFormat: 'table', nested: { a: 1 } })
    expect(await storeCredential(deps(), 'a.example', { username: 'me', password: 'se:cret' })).toBe(configFile())
    expect(await readConfig()).toEqual({
      auths: { 'a.example': auth('me:se:cret'), 'b.example': auth('x:y') },
      psFormat: 'table',
      nested: { a: 1 },
    })
    expect((await fs.stat(configFile())).mode & 0o777).toBe(0o600)
    expect(await readCredential(deps(), 'a.example')).toEqual(me)
  })

  test('makes folder and file, and uses the old key for Docker Hub', async () => {
    const home = testDeps({ env: { HOME: dir } })
    await storeCredential(home, 'docker.io', { username: 'me', password: 'se:cret' })
    expect((await fs.stat(join(dir, '.docker'))).mode & 0o777).toBe(0o700)
    expect(await fs.readFile(join(dir, '.docker/config.json'), 'utf8')).toContain('https://index.docker.io/v1/')
    expect(await readCredential(home, 'docker.io')).toEqual(me)
  })

  test('a linked file stays a link', async () => {
    await fs.writeFile(join(dir, 'real.json'), '{}')
    await fs.symlink('real.json', configFile())
    await storeCredential(deps(), 'a.example', { username: 'me', password: 'x' })
    expect((await fs.lstat(configFile())).isSymbolicLink()).toBe(true)
    expect(await fs.readFile(join(dir, 'real.json'), 'utf8')).toContain('a.example')
  })

  test('gives it to the helper where there is one, and leaves the file', async () => {
    await writeConfig({ credsStore: 'store' })
    const { asked, spawn } = helper({})
    expect(await storeCredential(deps({ spawn }), 'a.example', { username: 'me', password: 'x' })).toBe('docker-credential-store')
    expect(asked).toEqual([['docker-credential-store', 'store', '{"ServerURL":"a.example","Username":"me","Secret":"x"}']])
    expect(await readConfig()).toEqual({ credsStore: 'store' })
    const failing = deps({ spawn: helper({ exitCode: 1 }).spawn })
    await expect(storeCredential(failing, 'a.example', { username: 'me', password: 'x' })).rejects.toMatchObject({ code: 'login-needed' })
  })

  test.each([
    ['', 'x'],
    ['a:b', 'x'],
    ['me', ''],
  ])('refuses %j with %j', async (username, password) => {
    await expect(storeCredential(deps(), 'a.example', { username, password })).rejects.toMatchObject({ code: 'usage' })
  })
})

import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openTerminal } from './terminal.ts'
import { testDeps } from '../../test/support/deps.ts'
import { sign } from './commands/sign.ts'
import type { Context } from './command.ts'
import { isKeyless, openKeylessOf } from './keyless.ts'
import { parseLine } from './parse-flags.ts'

const GITHUB = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://runner.example/token' }

function contextOf(line: readonly string[], env: Record<string, string> = {}): Context {
  const terminal = openTerminal({ stdout: process.stdout, stderr: process.stderr, stdin: {} }, 'never', {})
  return {
    ...parseLine(sign, [...line, 'x'], env),
    deps: testDeps({ env, now: () => new Date('2026-11-25T12:00:00Z') }),
    terminal,
    cwd: '/nowhere',
    stdin: () => process.stdin,
  }
}

describe('signing by identity', () => {
  test.each([
    ['sign', [], {}, false],
    ['sign --key keyless', ['--key', 'keyless'], {}, true],
    ['sign --key k.pem --yes in a CI job', ['--key', 'k.pem', '--yes'], GITHUB, false],
    ['sign --yes in a CI job', ['--yes'], GITHUB, true],
    ['sign in a CI job', [], GITHUB, false],
    ['sign --yes elsewhere', ['--yes'], {}, false],
    ['sign --yes without a look around', ['--yes', '--oidc-disable-ambient-providers'], GITHUB, false],
    ['sign --identity-token', ['--identity-token', 't'], {}, true],
    ['sign with TALLY_KEY', ['--yes'], { ...GITHUB, TALLY_KEY: 'local' }, false],
  ])('%s', async (_, line, env: Record<string, string>, isAsked) => {
    expect(await isKeyless(contextOf(line, env), 'local')).toBe(isAsked)
  })

  test('is what cosign’s own words mean without a key', async () => {
    expect(await isKeyless(contextOf([]), 'keyless')).toBe(true)
    expect(await isKeyless(contextOf(['--key', 'k.pem']), 'keyless')).toBe(false)
  })

  test.each([
    ['offline', ['--offline'], 'offline'],
    ['without a token and a terminal', [], 'login-needed'],
    ['with a provider that is not known', ['--oidc-provider', 'spiffe'], 'flag-unsupported'],
    ['with a token that is none', ['--identity-token', 'a.b.c'], 'usage'],
    ['with a token file that is not there', ['--identity-token', './token'], 'not-found'],
    ['with a signing configuration that is not there', ['--signing-config', 'c.json'], 'not-found'],
  ])('%s is refused', async (_, line, code) => {
    const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    try {
      const env = { TALLY_DATA_DIR: join(dir, 'data'), TALLY_CACHE_DIR: join(dir, 'cache') }
      await expect(openKeylessOf(contextOf(line, env))).rejects.toThrow(expect.objectContaining({ code }))
    } finally {
      await fs.rm(dir, { recursive: true })
    }
  })
})

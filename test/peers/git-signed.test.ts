import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/kernel/bytes.ts'
import { signGitsign } from '../support/gitsign.ts'
import { findPeer } from '../support/peers.ts'
import { runTally } from '../support/run-tally.ts'
import { newPair } from '../support/sigstore-in-memory/certificates.ts'
import { IDENTITY, ISSUER, trustedRootJson } from '../support/sigstore-in-memory/instance.ts'

// Commits and tags that real git signs with real keys are verified from the bytes git stores.
const git = findPeer('git')
const keygen = findPeer('ssh-keygen')
const gpg = findPeer('gpg')

describe.skipIf(git === undefined || keygen === undefined)('git with SSH keys', () => {
  let dir = ''
  let env: Record<string, string> = {}
  const run = (file: string, ...args: readonly string[]): string =>
    execFileSync(file, args, { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  const verify = async (name: string, ...flags: readonly string[]) => await runTally({ dir, env }, 'verify', name, ...flags)
  const commit = (message: string, ...flags: readonly string[]): string => {
    run('git', 'commit', '-q', '--allow-empty', '-m', message, ...flags)
    return run('git', 'rev-parse', 'HEAD')
  }

  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    env = { PATH: process.env['PATH'] ?? '', HOME: dir, TALLY_DATA_DIR: join(dir, 'data'), GIT_CONFIG_NOSYSTEM: '1' }
    const lines: string[] = []
    for (const [name, ...kind] of [
      ['ed25519', '-t', 'ed25519'],
      ['ecdsa', '-t', 'ecdsa', '-b', '384'],
      ['rsa', '-t', 'rsa', '-b', '2048'],
      ['stranger', '-t', 'ed25519'],
    ]) {
      run('ssh-keygen', '-q', '-N', '', '-C', '', ...kind, '-f', join(dir, `${name}`))
      if (name !== 'stranger') lines.push(`${name}@example.com namespaces="git" ${await fs.readFile(join(dir, `${name}.pub`), 'utf8')}`)
    }
    await fs.writeFile(join(dir, 'signers'), lines.join(''))
    run('git', 'init', '-q', '-b', 'main')
    const settings = { 'user.name': 'Dev', 'user.email': 'dev@example.com', 'gpg.format': 'ssh', 'user.signingKey': join(dir, 'ed25519') }
    for (const [name, value] of Object.entries(settings)) run('git', 'config', name, value)
  })
  afterAll(async () => {
    await fs.rm(dir, { recursive: true })
  })

  test.each(['ed25519', 'ecdsa', 'rsa'])('a commit signed with a key of kind %s', async (kind) => {
    run('git', 'config', 'user.signingKey', join(dir, kind))
    const id = commit(`by ${kind}`, '-S')
    const found = await verify('git:HEAD', '--allowed-signers', 'signers')
    expect(found).toMatchObject({ exitCode: 0, stderr: '' })
    expect(found.stdout).toContain(`${kind}@example.com (ssh)`)
    const json = JSON.parse((await verify(`git:${id}`, '--allowed-signers', 'signers', '--format', 'json')).stdout) as unknown
    expect(json).toMatchObject({
      id,
      type: 'commit',
      ok: true,
      signer: `${kind}@example.com`,
      maker: { email: 'dev@example.com' },
      exitCode: 0,
    })
  })

  test('an annotated tag, and one that is not', async () => {
    run('git', 'config', 'user.signingKey', join(dir, 'ed25519'))
    run('git', 'tag', '-s', '-m', 'The first release', 'v1')
    run('git', 'tag', '-a', '-m', 'Not signed', 'v2')
    const found = await verify('git:v1', '--allowed-signers', 'signers')
    expect(found).toMatchObject({ exitCode: 0 })
    expect(found.stdout).toContain(run('git', 'rev-parse', 'HEAD'))
    expect(await verify('git:v2', '--allowed-signers', 'signers')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no-evidence') as unknown,
    })
  })

  test('what is not signed by somebody in the list, is not', async () => {
    run('git', 'config', 'user.signingKey', join(dir, 'stranger'))
    commit('by a stranger', '-S')
    expect(await verify('git:HEAD', '--allowed-signers', 'signers')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('untrusted') as unknown,
    })
    commit('by nobody', '--no-gpg-sign')
    expect(await verify('git:HEAD', '--allowed-signers', 'signers')).toMatchObject({ exitCode: 1 })
    const both = await verify('git:HEAD', 'git:HEAD~2', '--allowed-signers', 'signers', '--format', 'json')
    expect(both.exitCode).toBe(1)
    expect(
      both.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { ok: boolean }).ok),
    ).toEqual([false, true])
  })

  test('a commit that was replaced is judged by its own bytes', async () => {
    run('git', 'config', 'user.signingKey', join(dir, 'ed25519'))
    const good = commit('good', '-S')
    const bad = commit('bad', '--no-gpg-sign')
    run('git', 'replace', bad, good)
    expect(await verify(`git:${bad}`, '--allowed-signers', 'signers')).toMatchObject({ exitCode: 1 })
    run('git', 'replace', '-d', bad)
  })

  test('the list may be that of one’s own configuration, never that of the repository', async () => {
    run('git', 'config', 'user.signingKey', join(dir, 'ed25519'))
    commit('good', '-S')
    run('git', 'config', 'gpg.ssh.allowedSignersFile', join(dir, 'signers'))
    expect(await verify('git:HEAD')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--allowed-signers') as unknown })
    run('git', 'config', '--global', 'gpg.ssh.allowedSignersFile', '~/signers')
    expect(await verify('git:HEAD')).toMatchObject({ exitCode: 0 })
  })

  test.skipIf(gpg === undefined)('a commit and a tag signed with GnuPG', async () => {
    const home = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    env = { ...env, GNUPGHOME: home }
    run('gpg', '--batch', '--quiet', '--passphrase', '', '--quick-generate-key', 'Dev <dev@example.com>', 'ed25519', 'sign', 'never')
    await fs.writeFile(join(dir, 'dev.asc'), `${run('gpg', '--armor', '--export', 'dev@example.com')}\n`)
    const openpgp = ['-c', 'gpg.format=openpgp', '-c', 'user.signingKey=dev@example.com']
    run('git', ...openpgp, 'commit', '-q', '--allow-empty', '-S', '-m', 'by GnuPG')
    run('git', ...openpgp, 'tag', '-s', '-m', 'by GnuPG', 'v3')
    for (const name of ['git:HEAD', 'git:v3']) {
      const found = await verify(name, '--openpgp-keys', 'dev.asc')
      expect(found).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Dev <dev@example.com>') as unknown })
      expect(await verify(name, '--allowed-signers', 'signers')).toMatchObject({ exitCode: 1 })
    }
    run('gpgconf', '--kill', 'all')
    await fs.rm(home, { recursive: true, force: true })
  })

  test('a commit signed by gitsign, in the objects of real git', async () => {
    const text = `tree ${run('git', 'write-tree')}\nauthor Dev <dev@example.com> 1767225600 +0000\ncommitter Dev <dev@example.com> 1767225600 +0000\n`
    const signature = signGitsign({ payload: utf8(`${text}\nby gitsign\n`), key: newPair() })
    const whole = `${text}gpgsig ${signature.trimEnd().replaceAll('\n', '\n ')}\n\nby gitsign\n`
    await fs.writeFile(join(dir, 'commit'), whole)
    await fs.writeFile(join(dir, 'root.json'), JSON.stringify(trustedRootJson()))
    const id = run('git', 'hash-object', '-w', '-t', 'commit', join(dir, 'commit'))
    const flags = ['--certificate-oidc-issuer', ISSUER, '--trusted-root', 'root.json', '--offline']
    const found = await verify(`git:${id}`, '--certificate-identity', IDENTITY, ...flags)
    expect(found).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`(by ${ISSUER}) (x509)`) as unknown })
    expect(await verify(`git:${id}`, '--certificate-identity', `${IDENTITY}x`, ...flags)).toMatchObject({ exitCode: 1 })
    // By the public root nobody knows this authority; by a list of SSH keys it is nobody.
    const unknown = ['--certificate-oidc-issuer', ISSUER, '--offline', '--insecure-allow-stale-root']
    expect(await verify(`git:${id}`, '--certificate-identity', IDENTITY, ...unknown)).toMatchObject({ exitCode: 1 })
    expect(await verify(`git:${id}`, '--allowed-signers', 'signers')).toMatchObject({ exitCode: 1 })
  })

  test.each([
    ['git:no-such-name', 5],
    ['git:HEAD^{tree}', 2],
    ['git:', 2],
  ])('%s is neither commit nor tag', async (name, exitCode) => {
    expect(await verify(name, '--allowed-signers', 'signers')).toMatchObject({ exitCode })
  })

  test('commits and artifacts are not judged in one breath', async () => {
    expect(await runTally({ dir, env }, 'verify', 'git:HEAD', 'signers')).toMatchObject({ exitCode: 2 })
  })
})

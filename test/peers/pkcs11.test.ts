import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cosign, runCosign } from '../support/cosign.ts'
import { findPeer } from '../support/peers.ts'
import { runTally } from '../support/run-tally.ts'

// A key in a PKCS#11 token (SoftHSM), through the plug-in of examples/signers: tally signs, a real cosign verifies.
const tool = findPeer('pkcs11-tool')
const softhsm = findPeer('softhsm2-util')
const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
]
const found = MODULES.find((path) => existsSync(path))

describe.skipIf(tool === undefined || softhsm === undefined || found === undefined || cosign === undefined)('a PKCS#11 token', () => {
  const module = found ?? ''
  let dir = ''
  let env: Record<string, string> = {}
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.mkdir(join(dir, 'tokens'))
    await fs.writeFile(join(dir, 'softhsm.conf'), `directories.tokendir = ${join(dir, 'tokens')}\n`)
    await fs.writeFile(join(dir, 'release.txt'), 'the released file\n')
    const plugIns = resolve(import.meta.dirname, '../../examples/signers')
    const path = [plugIns, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
    env = { PATH: path, HOME: dir, SOFTHSM2_CONF: join(dir, 'softhsm.conf'), TALLY_DATA_DIR: join(dir, 'data'), TALLY_PKCS11_PIN: '1234' }
    const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { env, stdio: 'ignore' })
    run(softhsm ?? '', '--init-token', '--free', '--label', 'team', '--pin', '1234', '--so-pin', '1234')
    const generate = ['--module', module, '--login', '--pin', '1234', '--keypairgen']
    for (const [id, type, label] of [
      ['01', 'EC:prime256v1', 'release'],
      ['02', 'EC:secp521r1', 'wide'],
      ['03', 'rsa:2048', 'old'],
    ] as const) {
      run(tool ?? '', ...generate, '--id', id, '--key-type', type, '--label', label)
    }
  })
  afterAll(async () => {
    await fs.rm(dir, { recursive: true })
  })
  const uri = (label = 'release') => `pkcs11:token=team;object=${label}?module-path=${module}`

  test.each([
    ['on P-256', 'release'],
    ['on P-521', 'wide'],
    ['for RSA', 'old'],
  ])('signs a file with a key %s, and cosign verifies it by the public key that `key export` prints', async (_, label) => {
    const signed = await runTally({ dir, env }, 'sign-blob', '--key', uri(label), '--bundle', 'out.json', 'release.txt')
    expect(signed).toMatchObject({ exitCode: 0 })
    const exported = await runTally({ dir, env }, 'key', 'export', uri(label))
    await fs.writeFile(join(dir, 'release.pub'), exported.stdout)
    const verify = ['verify-blob', '--key', 'release.pub', '--bundle', 'out.json', '--insecure-ignore-tlog=true', 'release.txt']
    expect(await runCosign(dir, verify)).toMatchObject({ ok: true })
  })

  test('with a wrong PIN, or no such key, signs nothing and says why', async () => {
    const wrong = await runTally({ dir, env: { ...env, TALLY_PKCS11_PIN: '9999' } }, 'sign-blob', '--key', uri(), 'release.txt')
    expect(wrong).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('pkcs11-tool') as unknown })
    const other = await runTally({ dir, env }, 'sign-blob', '--key', uri('other'), 'release.txt')
    expect(other).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('tally-signer-pkcs11') as unknown })
  })
})

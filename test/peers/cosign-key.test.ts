import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseBundle } from '../../src/evidence/bundle.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { exportCosignKey } from '../../src/trust/cosign-key.ts'
import { exportPrivateKey, generateKey, loadPublicKey, publicKeyOf, verifyWith } from '../../src/trust/keys.ts'
import { openSigner, parseSignerReference } from '../../src/trust/open-signer.ts'
import { COSIGN_KINDS, cosign, NO_LOG, runCosign } from '../support/cosign.ts'
import { testDeps } from '../support/deps.ts'

// Keys in cosign's own encrypted form, both ways, with a real cosign.
describe.skipIf(cosign === undefined)('cosign’s key files', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, 'release.txt'), 'the released file\n')
  })
  afterAll(async () => {
    await fs.rm(dir, { recursive: true })
  })
  const open = async (name: string, password: string) =>
    await openSigner(testDeps({ env: { COSIGN_PASSWORD: password } }), parseSignerReference(name), { dataDir: dir, baseDir: dir })
  const publicIdOf = async (name: string) => {
    return loadPublicKey(await fs.readFile(join(dir, name), 'utf8')).keyId
  }

  test.each(['cosign pass', ''])('that it makes with the passphrase %j sign here', async (password) => {
    const args = ['generate-key-pair', '--output-key-prefix', 'theirs']
    await fs.rm(join(dir, 'theirs.key'), { force: true })
    expect(await runCosign(dir, args, { COSIGN_PASSWORD: password })).toMatchObject({ ok: true })
    expect((await open('theirs.key', password)).signer.keyId).toBe(await publicIdOf('theirs.pub'))
    await expect(open('theirs.key', 'another')).rejects.toThrow(expect.objectContaining({ code: 'passphrase-wrong' }))
  })

  test.each(COSIGN_KINDS)('that it imports (%s) sign here', async (kind) => {
    const key = generateKey(kind)
    await fs.writeFile(join(dir, `${kind}.pem`), exportPrivateKey(key, undefined))
    const args = ['import-key-pair', '--key', `${kind}.pem`, '--output-key-prefix', `in-${kind}`, '--yes']
    expect(await runCosign(dir, args)).toMatchObject({ ok: true })
    expect((await open(`in-${kind}.key`, 'cosign pass')).signer.keyId).toBe(publicKeyOf(key).keyId)
  })

  test.each([
    ['PKCS#1', { type: 'pkcs1', format: 'pem' }, 'rsa'],
    ['SEC1', { type: 'sec1', format: 'pem' }, 'ecdsa-p521'],
  ] as const)('that it imports from %s are those we read from there', async (_, form, kind) => {
    const key = generateKey(kind)
    const pem = key.export(form)
    await fs.writeFile(join(dir, 'old.pem'), pem)
    await fs.rm(join(dir, 'old.key'), { force: true })
    const args = ['import-key-pair', '--key', 'old.pem', '--output-key-prefix', 'old', '--yes']
    expect(await runCosign(dir, args)).toMatchObject({ ok: true })
    const { keyId } = (await open('old.key', 'cosign pass')).signer
    expect(keyId).toBe((await open('old.pem', '')).signer.keyId)
    expect(keyId).toBe(publicKeyOf(key).keyId)
  })

  test.each(COSIGN_KINDS)('that we write (%s) sign there', async (kind) => {
    const key = generateKey(kind)
    await fs.writeFile(join(dir, 'ours.key'), await exportCosignKey(key, 'cosign pass'))
    const signed = await runCosign(dir, ['sign-blob', '--key', 'ours.key', '--bundle', 'out.json', ...NO_LOG, 'release.txt'])
    expect(signed).toMatchObject({ ok: true })
    const { content } = parseBundle(new Uint8Array(await fs.readFile(join(dir, 'out.json'))), 'out.json')
    const signature = content.kind === 'message' ? content.signature : new Uint8Array(0)
    expect(await verifyWith(publicKeyOf(key), utf8('the released file\n'), signature)).toBe(true)
    const locked = await runCosign(dir, ['sign-blob', '--key', 'ours.key', '--bundle', 'out.json', ...NO_LOG, 'release.txt'], {
      COSIGN_PASSWORD: 'wrong',
    })
    expect(locked).toMatchObject({ ok: false })
  })
})

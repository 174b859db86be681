import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exportPrivateKey, generateKey, publicKeyOf } from './keys.ts'
import type { PassphraseSources } from './passphrase.ts'
import { testDeps } from '../../test/support/deps.ts'
import { openSigner, parseSignerReference } from './open-signer.ts'

describe('a signer reference', () => {
  test.each([
    ['local', { kind: 'local' }],
    ['file:k.pem', { kind: 'file', path: 'k.pem' }],
    ['file:///abs/k.pem', { kind: 'file', path: '/abs/k.pem' }],
    ['cosign.key', { kind: 'file', path: 'cosign.key' }],
    ['./local', { kind: 'file', path: './local' }],
    ['env:MY_KEY', { kind: 'env', name: 'MY_KEY' }],
    ['env://MY_KEY', { kind: 'env', name: 'MY_KEY' }],
    ['awskms:///alias/x', { kind: 'service', scheme: 'awskms', uri: 'awskms:///alias/x' }],
    ['pkcs11:token=x', { kind: 'service', scheme: 'pkcs11', uri: 'pkcs11:token=x' }],
  ])('%s', (text, reference) => {
    expect(parseSignerReference(text)).toEqual(reference)
  })
  test.each([
    ['k8s://ns/x', 'flag-unsupported'],
    ['gitlab://project', 'flag-unsupported'],
    ['constructor:x', 'flag-unsupported'],
    ['', 'usage'],
    ['file:', 'usage'],
    ['env:', 'usage'],
    ['env:A B', 'usage'],
  ])('%j is refused', (text, code) => {
    expect(() => parseSignerReference(text)).toThrow(expect.objectContaining({ code }))
  })
})

describe('opening a signer', () => {
  const key = generateKey()
  const { keyId } = publicKeyOf(key)
  let dir = ''
  beforeEach(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, 'plain.pem'), exportPrivateKey(key, undefined), { mode: 0o600 })
    await fs.writeFile(join(dir, 'locked.pem'), exportPrivateKey(key, 'right'), { mode: 0o600 })
    await fs.writeFile(join(dir, 'pass'), 'right\n')
    await fs.writeFile(join(dir, 'empty'), '\n')
  })
  afterEach(async () => {
    await fs.rm(dir, { recursive: true })
  })
  const said: string[] = []
  const open = (text: string, env: Record<string, string> = {}, passphrase = {}) =>
    openSigner({ ...testDeps({ env }), log: (_, message) => void said.push(message) }, parseSignerReference(text), {
      dataDir: join(dir, 'data'),
      baseDir: dir,
      passphrase,
      offline: true,
    })

  test('from a plain file needs no passphrase', async () => {
    expect((await open('plain.pem')).signer.keyId).toBe(keyId)
  })
  test('from an environment variable', async () => {
    expect((await open('env:KEY', { KEY: exportPrivateKey(key, undefined) })).signer.keyId).toBe(keyId)
    await expect(open('env:KEY')).rejects.toThrow(expect.objectContaining({ code: 'key-invalid', where: 'env:KEY' }))
  })
  test('local makes the data directory’s own key, and says that it is local', async () => {
    expect(await open('local')).toMatchObject({ kind: 'local', publicKeyFile: join(dir, 'data/keys/local.pub.pem') })
  })
  test('a file everybody may read is used and warned about', async () => {
    said.length = 0
    await fs.chmod(join(dir, 'plain.pem'), 0o644)
    await open('plain.pem')
    expect(said).toEqual([expect.stringContaining('chmod 600 plain.pem')])
  })

  test.each([
    ['the first variable', { TALLY_KEY_PASSPHRASE: 'right', COSIGN_PASSWORD: 'wrong' }, {}],
    ['cosign’s variable', { TALLY_KEY_PASSPHRASE: '', COSIGN_PASSWORD: 'right' }, {}],
    ['a file', {}, { file: 'pass' }],
    ['a prompt', {}, { prompt: async () => 'right' }],
  ])(
    'a locked key opens with the passphrase from %s',
    async (_, env, { file, prompt }: { file?: string; prompt?: () => Promise<string> }) => {
      const sources = { ...(file === undefined ? {} : { file: join(dir, file) }), ...(prompt === undefined ? {} : { prompt }) }
      expect((await open('locked.pem', env, sources)).signer.keyId).toBe(keyId)
    },
  )
  test.each<[string, Record<string, string>, PassphraseSources, string, RegExp]>([
    ['no source', {}, {}, 'passphrase-missing', /no passphrase was given/],
    ['a wrong one', { COSIGN_PASSWORD: 'wrong' }, {}, 'passphrase-wrong', /passphrase from COSIGN_PASSWORD/],
    ['an empty file', {}, { file: 'empty' }, 'passphrase-missing', /is empty/],
    ['a missing file', {}, { file: 'none' }, 'not-found', /not there/],
    ['a prompt nobody answers', {}, { prompt: () => Promise.resolve(undefined) }, 'passphrase-missing', /no passphrase was given/],
  ])('a locked key with %s stays shut', async (_, env, sources: PassphraseSources, code, why) => {
    const given = sources.file === undefined ? sources : { file: join(dir, sources.file) }
    const opening = open('locked.pem', env, given)
    await expect(opening).rejects.toThrow(expect.objectContaining({ code }))
    await expect(opening).rejects.toThrow(why)
    await opening.catch((error: Error) => expect(error.message).not.toContain("wrong'"))
  })

  test.each(['awskms:///alias/x', 'gcpkms://x', 'azurekms://x', 'hashivault://x'])(
    'at %s offline is refused before anything is asked',
    async (uri) => {
      await expect(open(uri)).rejects.toThrow(expect.objectContaining({ code: 'offline' }))
    },
  )
})

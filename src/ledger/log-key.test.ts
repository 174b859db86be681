import { generateKeyPairSync } from 'node:crypto'
import { chmod, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failAt } from './failing-fs-for-tests.ts'
import { ledgerDeps, makeDataDir } from './log-for-tests.ts'
import { logVerifierOf, openLogKey } from './log-key.ts'

test('the key is made once, for its owner only, beside the log and not in it', async () => {
  await using data = await makeDataDir()
  const key = await data.key()
  const path = join(data.path, 'keys/log.pem')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(data.path, 'keys'))).mode & 0o777).toBe(0o700)
  expect(await data.key()).toMatchObject({ origin: key.origin, publicKeyPem: key.publicKeyPem })
  expect(key.origin).toMatch(/^local\.tallystick\.dev\/[0-9a-f]{16}$/)
  expect(key.signer.name).toBe(key.origin)
})

test('who has the public key has the verifier and the origin', async () => {
  await using data = await makeDataDir()
  const key = await data.key()
  const verifier = logVerifierOf(key.publicKeyPem)
  const text = new TextEncoder().encode('text\n')
  expect(verifier).toMatchObject({ name: key.origin, origin: key.origin, keyHash: key.signer.keyHash })
  expect(verifier.verify(text, await key.signer.sign(text))).toBe(true)
  expect(verifier.verify(text.subarray(1), await key.signer.sign(text))).toBe(false)
  expect(() => logVerifierOf('no key')).toThrow(expect.objectContaining({ code: 'key-invalid' }))
})

test('of many that make it at once, one wins and all have its key', async () => {
  await using data = await makeDataDir()
  const keys = await Promise.all(Array.from({ length: 8 }, () => data.key()))
  expect(new Set(keys.map((key) => key.origin)).size).toBe(1)
  expect(await readdir(join(data.path, 'keys'))).toEqual(['log.pem'])
})

test('a full disk or a kill while it is made leaves no half key', async () => {
  for (const how of ['full-disk', 'kill'] as const) {
    for (let n = 1; ; n += 1) {
      await using data = await makeDataDir()
      const failing = failAt(n, how)
      await openLogKey(ledgerDeps(failing.fs), join(data.path, 'keys')).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'disk' })
      })
      expect((await data.key()).origin).toBe((await data.key()).origin)
      if (!failing.reached()) break
    }
  }
})

test('what is no Ed25519 private key is refused, and never replaced', async () => {
  await using data = await makeDataDir()
  await data.key()
  const path = join(data.path, 'keys/log.pem')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pems = ['', 'x', privateKey.export({ format: 'pem', type: 'pkcs8' }), publicKey.export({ format: 'pem', type: 'spki' })]
  for (const pem of pems) {
    await writeFile(path, pem)
    await expect(data.key()).rejects.toMatchObject({ code: 'key-invalid', where: path })
  }
  await writeFile(path, 'x'.repeat(100_000))
  await expect(data.key()).rejects.toMatchObject({ code: 'limit-exceeded' })
})

test('a key others can read is told', async () => {
  await using data = await makeDataDir()
  await data.key()
  await chmod(join(data.path, 'keys/log.pem'), 0o644)
  const told: string[] = []
  await openLogKey({ ...ledgerDeps(), log: (_level, message) => told.push(message) }, join(data.path, 'keys'))
  expect(told).toEqual([expect.stringContaining('chmod 600')])
})

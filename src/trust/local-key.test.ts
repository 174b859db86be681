import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLocalKey, readLocalPublicKey } from './local-key.ts'

const deps = { fs, randomBytes: (size: number) => new Uint8Array(randomBytes(size)) }
let dir = ''
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterEach(async () => {
  await fs.rm(dir, { recursive: true })
})

describe('the key of a data directory', () => {
  test('is made once, for its owner only, with its public half beside it', async () => {
    expect(await readLocalPublicKey(deps, dir)).toBeUndefined()
    const first = await openLocalKey(deps, dir)
    const second = await openLocalKey(deps, dir)
    expect([first.created, second.created]).toEqual([true, false])
    expect(second.signer.keyId).toBe(first.signer.keyId)
    expect((await fs.stat(join(dir, 'keys/local.pem'))).mode & 0o777).toBe(0o600)
    expect((await readLocalPublicKey(deps, dir))?.keyId).toBe(first.signer.keyId)
    expect(await fs.readFile(first.publicKeyFile, 'utf8')).toBe(first.signer.publicKeyPem)
  })

  test('is the same for all who ask at once, and no half-made file stays', async () => {
    const keys = await Promise.all(Array.from({ length: 16 }, () => openLocalKey(deps, dir)))
    expect(new Set(keys.map((one) => one.signer.keyId)).size).toBe(1)
    expect(keys.filter((one) => one.created)).toHaveLength(1)
    expect((await fs.readdir(join(dir, 'keys'))).toSorted()).toEqual(['local.pem', 'local.pub.pem'])
  })

  test.each([0o640, 0o604, 0o622])('is refused when others may read or write it (%o)', async (mode) => {
    await openLocalKey(deps, dir)
    await fs.chmod(join(dir, 'keys/local.pem'), mode)
    await expect(openLocalKey(deps, dir)).rejects.toThrow(
      expect.objectContaining({ code: 'key-invalid', hint: expect.stringContaining('chmod 600') }),
    )
  })

  test('wins over a public file that is not its own', async () => {
    const { signer, publicKeyFile } = await openLocalKey(deps, dir)
    await fs.writeFile(publicKeyFile, 'something else')
    await openLocalKey(deps, dir)
    expect(await fs.readFile(publicKeyFile, 'utf8')).toBe(signer.publicKeyPem)
  })
})

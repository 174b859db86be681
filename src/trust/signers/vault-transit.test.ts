import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { generateKey, loadPublicKey, publicKeyOf } from '../keys.ts'
import { KEY_ALGORITHMS } from '../schemes.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { startFakeVault } from '../../../test/support/fake-vault.ts'
import { openVaultTransit } from './vault-transit.ts'

const TOKEN = 'hvs.token'
const open = async (env: Record<string, string>, uri = 'hashivault://release') =>
  await openVaultTransit(testDeps({ env: { HOME: '/nowhere', ...env } }), uri)

describe('HashiCorp Vault', () => {
  test.each(KEY_ALGORITHMS.filter((kind) => !kind.startsWith('ml-dsa')))(
    'signs with a key of kind %s, with the version whose public half was read',
    async (kind) => {
      const versions = [generateKey(kind), generateKey(kind)]
      const vault = await startFakeVault({ token: TOKEN }, versions)
      const signer = await open({ VAULT_ADDR: vault.origin, VAULT_TOKEN: TOKEN })
      // A newer version that appears in between is not used.
      versions.push(generateKey(kind))
      const signature = await signer.sign(utf8('a statement'))
      const [, second = generateKey()] = versions
      expect(signer.keyId).toBe(publicKeyOf(second).keyId)
      expect(loadPublicKey(signer.publicKeyPem).verify(utf8('a statement'), signature)).toBe(true)
      await vault.close()
    },
  )

  test('refuses a key of kind ml-dsa-65 by its kind', async () => {
    const vault = await startFakeVault({ token: TOKEN }, [generateKey('ml-dsa-65')])
    const opening = open({ VAULT_ADDR: vault.origin, VAULT_TOKEN: TOKEN })
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'key-invalid' }))
    await expect(opening).rejects.toThrow('is a key of kind ml-dsa-65, which does not sign here in Vault')
    await vault.close()
  })

  test('in a namespace, at a mount of another name, by the token `vault login` left', async () => {
    const home = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(home, '.vault-token'), `${TOKEN}\n`)
    const key = generateKey()
    const vault = await startFakeVault({ token: TOKEN, namespace: 'team/a', mount: 'keys/transit' }, [key])
    const env = { HOME: home, VAULT_ADDR: `${vault.origin}/`, VAULT_NAMESPACE: 'team/a', TRANSIT_SECRET_ENGINE_PATH: '/keys/transit/' }
    expect((await open(env)).keyId).toBe(publicKeyOf(key).keyId)
    await vault.close()
    await fs.rm(home, { recursive: true })
  })

  test.each([
    ['no address', { VAULT_TOKEN: TOKEN }, 'hashivault://release', 'usage'],
    ['no token', { VAULT_ADDR: 'https://vault.example' }, 'hashivault://release', 'login-needed'],
    [
      'an address that is not https',
      { VAULT_ADDR: 'http://vault.example', VAULT_TOKEN: TOKEN },
      'hashivault://release',
      'insecure-transport',
    ],
    ['a name that is a path', { VAULT_ADDR: 'https://vault.example', VAULT_TOKEN: TOKEN }, 'hashivault://../sys/seal', 'usage'],
    ['a host in its name', { VAULT_ADDR: 'https://vault.example', VAULT_TOKEN: TOKEN }, 'hashivault://evil.example/release', 'usage'],
  ])('with %s is refused before anything is asked', async (_, env: Record<string, string>, uri, code) => {
    await expect(open(env, uri)).rejects.toThrow(expect.objectContaining({ code }))
  })

  test('with a wrong token is refused, and the token stays out of the message', async () => {
    const vault = await startFakeVault({ token: TOKEN }, [generateKey()])
    const opening = open({ VAULT_ADDR: vault.origin, VAULT_TOKEN: 'hvs.wrong' })
    await expect(opening).rejects.toThrow('it answered 403, permission denied')
    await opening.catch((error: Error) => expect(error.message).not.toContain('hvs.'))
    await expect(open({ VAULT_ADDR: vault.origin, VAULT_TOKEN: TOKEN }, 'hashivault://other')).rejects.toThrow(
      expect.objectContaining({ code: 'not-found' }),
    )
    await vault.close()
  })
})

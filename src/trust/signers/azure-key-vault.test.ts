import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { generateKey, loadPublicKey, publicKeyOf } from '../keys.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { AZURE_TOKEN, AZURE_VERSION, startFakeAzureLogin, startFakeKeyVault } from '../../../test/support/fake-azure.ts'
import { fetchVia, startHttpFake } from '../../../test/support/http-fake.ts'
import type { HttpFake } from '../../../test/support/http-fake.ts'
import { openAzureKeyVault, parseAzureUri } from './azure-key-vault.ts'

const VAULT = 'team.vault.azure.net'
const LOGIN = 'login.microsoftonline.com'
const SECRET = { client_id: 'the-app', client_secret: 'the secret', scope: 'https://vault.azure.net/.default' }
const ENV = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'the-app' }
const open = async (uri: string, env: Record<string, string>, hosts: Record<string, HttpFake>) =>
  await openAzureKeyVault(testDeps({ env, fetch: fetchVia(hosts) }), uri)

describe('Azure Key Vault', () => {
  test.each(['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa'] as const)(
    'signs with a key of kind %s by a service principal',
    async (kind) => {
      const key = generateKey(kind)
      const [vault, login] = await Promise.all([startFakeKeyVault('release', key), startFakeAzureLogin('tenant', SECRET)])
      const hosts = { [VAULT]: vault, [LOGIN]: login }
      for (const uri of [`azurekms://${VAULT}/release`, `azurekms://${VAULT}/release/${AZURE_VERSION}`]) {
        const signer = await open(uri, { ...ENV, AZURE_CLIENT_SECRET: 'the secret' }, hosts)
        expect(signer.keyId).toBe(publicKeyOf(key).keyId)
        const { verify } = loadPublicKey(signer.publicKeyPem)
        // Short numbers lose their leading zero in DER: several, so that some are.
        for (let round = 0; round < 20; round += 1) {
          const bytes = utf8(`statement ${round}`)
          expect(verify(bytes, await signer.sign(bytes))).toBe(true)
        }
      }
      expect(vault.seen.at(-1)?.path).toContain(AZURE_VERSION)
      await Promise.all([vault.close(), login.close()])
    },
  )

  test('refuses a key that signs nothing here by its kind', async () => {
    const vault = await startHttpFake(() => ({ json: { key: { kid: `https://${VAULT}/keys/release/${AZURE_VERSION}`, kty: 'oct-HSM' } } }))
    const login = await startFakeAzureLogin('tenant', SECRET)
    const opening = open(`azurekms://${VAULT}/release`, { ...ENV, AZURE_CLIENT_SECRET: 'the secret' }, { [VAULT]: vault, [LOGIN]: login })
    await expect(opening).rejects.toThrow(/kind oct-HSM/)
    await Promise.all([vault.close(), login.close()])
  })

  test('by a workload identity, whose token is read from its file', async () => {
    const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, 'token'), 'the.cluster.token\n')
    const [vault, login] = await Promise.all([
      startFakeKeyVault('release', generateKey()),
      startFakeAzureLogin('tenant', { client_id: 'the-app', client_assertion: 'the.cluster.token' }),
    ])
    const env = { ...ENV, AZURE_FEDERATED_TOKEN_FILE: join(dir, 'token') }
    await open(`azurekms://${VAULT}/release`, env, { [VAULT]: vault, [LOGIN]: login })
    await Promise.all([vault.close(), login.close(), fs.rm(dir, { recursive: true })])
  })

  test('by the managed identity of an app', async () => {
    const vault = await startFakeKeyVault('release', generateKey())
    const identity = await startHttpFake(({ path, headers }) => {
      const isRight =
        headers['x-identity-header'] === 'the secret' &&
        new URL(path, 'http://x').searchParams.get('resource') === 'https://vault.azure.net'
      return isRight ? { json: { access_token: AZURE_TOKEN } } : { status: 401 }
    })
    const env = { IDENTITY_ENDPOINT: `${identity.origin}/msi/token`, IDENTITY_HEADER: 'the secret' }
    await open(`azurekms://${VAULT}/release`, env, { [VAULT]: vault })
    const far = open(`azurekms://${VAULT}/release`, { ...env, IDENTITY_ENDPOINT: 'http://collector.example/' }, { [VAULT]: vault })
    await expect(far).rejects.toThrow(expect.objectContaining({ code: 'insecure-transport' }))
    await Promise.all([vault.close(), identity.close()])
  })

  test('with a wrong secret, or none, is refused before the vault is asked', async () => {
    const [vault, login] = await Promise.all([startFakeKeyVault('release', generateKey()), startFakeAzureLogin('tenant', SECRET)])
    const hosts = { [VAULT]: vault, [LOGIN]: login }
    const wrong = open(`azurekms://${VAULT}/release`, { ...ENV, AZURE_CLIENT_SECRET: 'a wrong secret' }, hosts)
    await expect(wrong).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    await expect(open(`azurekms://${VAULT}/release`, {}, hosts)).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    expect(vault.seen).toEqual([])
    await Promise.all([vault.close(), login.close()])
  })

  test('that names its key at another host is refused', async () => {
    const [vault, login] = await Promise.all([
      startFakeKeyVault('release', generateKey(), 'evil.vault.azure.net'),
      startFakeAzureLogin('tenant', SECRET),
    ])
    const opening = open(`azurekms://${VAULT}/release`, { ...ENV, AZURE_CLIENT_SECRET: 'the secret' }, { [VAULT]: vault, [LOGIN]: login })
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'service-error' }))
    await Promise.all([vault.close(), login.close()])
  })

  test.each([
    'azurekms://team.vault.azure.net',
    'azurekms://vault.azure.net/release',
    'azurekms://team.vault.azure.net.evil.example/release',
    'azurekms://evilvault.azure.net/release',
    'azurekms://evil.example/release',
    'azurekms://team.vault.azure.net/release/../../x',
    'azurekms://user:pass@team.vault.azure.net/release',
  ])('%s names no key, so nothing is sent', (uri) => {
    expect(() => parseAzureUri(uri)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})

import { generateKeyPairSync } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { generateKey, loadPublicKey, publicKeyOf } from '../keys.ts'
import { KEY_ALGORITHMS } from '../schemes.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { GCP_KEY, GCP_TOKEN, startFakeGcpKms, startFakeGoogleLogin } from '../../../test/support/fake-gcp.ts'
import { fetchVia, startHttpFake } from '../../../test/support/http-fake.ts'
import type { HttpFake } from '../../../test/support/http-fake.ts'
import { openGcpKms, parseGcpUri } from './gcp-kms.ts'

const KMS = 'cloudkms.googleapis.com'
const LOGIN = 'oauth2.googleapis.com'
const account = generateKeyPairSync('rsa', { modulusLength: 2048 })
const accountFile = {
  type: 'service_account',
  client_email: 'sign@p.iam.gserviceaccount.com',
  private_key: account.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  // What a hostile file would name; it is not where the assertion goes.
  token_uri: 'https://evil.example/token',
}

describe('Google Cloud KMS', () => {
  let dir = ''
  beforeEach(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  })
  afterEach(async () => {
    await fs.rm(dir, { recursive: true })
  })
  const open = async (uri: string, env: Record<string, string>, hosts: Record<string, HttpFake>) =>
    await openGcpKms(testDeps({ env: { HOME: dir, ...env }, fetch: fetchVia(hosts) }), uri)
  const writeCredentials = async (content: unknown) => {
    await fs.writeFile(join(dir, 'credentials.json'), JSON.stringify(content))
    return { GOOGLE_APPLICATION_CREDENTIALS: join(dir, 'credentials.json') }
  }

  // It has no P-521.
  test.each(KEY_ALGORITHMS.filter((kind) => kind !== 'ecdsa-p521'))(
    'signs with the newest enabled version of a key of kind %s, by a service account',
    async (kind) => {
      const [old, current, next] = [generateKey(kind), generateKey(kind), generateKey(kind)]
      const kms = await startFakeGcpKms({
        '1': { key: old, state: 'ENABLED' },
        '10': { key: current, state: 'ENABLED' },
        '11': { key: next, state: 'PENDING_GENERATION' },
      })
      const login = await startFakeGoogleLogin(account.publicKey)
      const hosts = { [KMS]: kms, [LOGIN]: login }
      const env = await writeCredentials(accountFile)
      const signer = await open(`gcpkms://${GCP_KEY}`, env, hosts)
      expect(signer.keyId).toBe(publicKeyOf(current).keyId)
      const signature = await signer.sign(utf8('a statement'))
      expect(loadPublicKey(signer.publicKeyPem).verify(utf8('a statement'), signature)).toBe(true)
      expect((await open(`gcpkms://${GCP_KEY}/versions/1`, env, hosts)).keyId).toBe(publicKeyOf(old).keyId)
      await expect(open(`gcpkms://${GCP_KEY}/cryptoKeyVersions/11`, env, hosts)).rejects.toThrow('not enabled')
      await Promise.all([kms.close(), login.close()])
    },
  )

  test.each([
    ['RSA_SIGN_PSS_2048_SHA256', 'rsa'],
    ['RSA_SIGN_PKCS1_4096_SHA512', 'rsa'],
    ['RSA_SIGN_RAW_PKCS1_2048', 'rsa'],
    ['PQ_SIGN_HASH_ML_DSA_65', 'ml-dsa-65'],
  ] as const)('refuses a key for %s by its name', async (algorithm, kind) => {
    const key = kind === 'rsa' ? account.privateKey : generateKey(kind)
    const kms = await startFakeGcpKms({ '1': { key, state: 'ENABLED', algorithm } })
    const opening = open(`gcpkms://${GCP_KEY}`, { GOOGLE_OAUTH_ACCESS_TOKEN: GCP_TOKEN }, { [KMS]: kms })
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'key-invalid' }))
    await expect(opening).rejects.toThrow(algorithm)
    await kms.close()
  })

  test('by workload identity federation, and the service account it becomes', async () => {
    const kms = await startFakeGcpKms({ '1': { key: generateKey(), state: 'ENABLED' } })
    const sts = await startHttpFake(({ body }) => {
      const form = new URLSearchParams(Buffer.from(body).toString())
      return form.get('subject_token') === 'the.ci.token' && form.get('audience') === '//iam/pool'
        ? { json: { access_token: 'federated' } }
        : { status: 400 }
    })
    const iam = await startHttpFake(({ path, headers }) =>
      headers['authorization'] === 'Bearer federated' && path === '/v1/projects/-/serviceAccounts/sign@p.iam:generateAccessToken'
        ? { json: { accessToken: GCP_TOKEN } }
        : { status: 403 },
    )
    await fs.writeFile(join(dir, 'token'), 'the.ci.token')
    const external = {
      type: 'external_account',
      audience: '//iam/pool',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      credential_source: { file: join(dir, 'token') },
    }
    const at = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sign@p.iam:generateAccessToken'
    const hosts = { [KMS]: kms, 'sts.googleapis.com': sts, 'iamcredentials.googleapis.com': iam }
    await open(`gcpkms://${GCP_KEY}`, await writeCredentials({ ...external, service_account_impersonation_url: at }), hosts)
    const evil = await writeCredentials({
      ...external,
      service_account_impersonation_url: at.replace('iamcredentials.googleapis.com', 'evil.example'),
    })
    await expect(open(`gcpkms://${GCP_KEY}`, evil, hosts)).rejects.toThrow(expect.objectContaining({ code: 'config-invalid' }))
    await Promise.all([kms.close(), sts.close(), iam.close()])
  })

  test('by a user’s refresh token, a ready token, and the machine’s metadata', async () => {
    const kms = await startFakeGcpKms({ '1': { key: generateKey(), state: 'ENABLED' } })
    const login = await startFakeGoogleLogin(account.publicKey, [{ grant_type: 'refresh_token', refresh_token: 'the refresh token' }])
    const machine = await startHttpFake(({ headers }) =>
      headers['metadata-flavor'] === 'Google' ? { json: { access_token: GCP_TOKEN } } : { status: 403 },
    )
    const hosts = { [KMS]: kms, [LOGIN]: login }
    const uri = `gcpkms://${GCP_KEY}`
    const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'the refresh token' }
    await open(uri, await writeCredentials(user), hosts)
    await open(uri, { GOOGLE_OAUTH_ACCESS_TOKEN: GCP_TOKEN }, hosts)
    await open(uri, { GCE_METADATA_HOST: machine.host }, hosts)
    await expect(open(uri, { GCE_METADATA_HOST: 'evil.example' }, hosts)).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
    await expect(open(uri, {}, hosts)).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    await Promise.all([kms.close(), login.close(), machine.close()])
  })

  test('with a wrong token or a forged account is refused, and secrets stay out of the message', async () => {
    const kms = await startFakeGcpKms({ '1': { key: generateKey(), state: 'ENABLED' } })
    const login = await startFakeGoogleLogin(account.publicKey)
    const hosts = { [KMS]: kms, [LOGIN]: login }
    const uri = `gcpkms://${GCP_KEY}`
    const wrong = open(uri, { GOOGLE_OAUTH_ACCESS_TOKEN: 'ya29.wrong' }, hosts)
    await expect(wrong).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    await wrong.catch((error: Error) => expect(error.message).not.toContain('ya29'))
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    await expect(open(uri, await writeCredentials({ ...accountFile, private_key: other }), hosts)).rejects.toThrow('Invalid JWT Signature')
    await expect(open(uri, await writeCredentials({ ...accountFile, private_key: 'no key' }), hosts)).rejects.toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    )
    await expect(open(uri, { GOOGLE_APPLICATION_CREDENTIALS: join(dir, 'missing') }, hosts)).rejects.toThrow(
      expect.objectContaining({ code: 'not-found' }),
    )
    await Promise.all([kms.close(), login.close()])
  })

  test.each([
    'gcpkms://',
    `gcpkms://${GCP_KEY}/versions/x`,
    `gcpkms://${GCP_KEY}/../..`,
    'gcpkms://projects/p/locations/l/keyRings/r',
    'gcpkms://evil.example/x',
  ])('%s names no key', (uri) => {
    expect(() => parseGcpUri(uri)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})

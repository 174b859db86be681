import type { KeyObject } from 'node:crypto'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { startHttpFake } from './http-fake.ts'
import type { FakeRequest, HttpFake } from './http-fake.ts'
import { signDigestPair, signDigestRsa } from './sign-digest.ts'

export const AZURE_TOKEN = 'eyJ.azure.token'
/** The algorithm of each kind of key, and the size of its digest. */
const ALGORITHMS: Readonly<Record<string, readonly [string, number]>> = {
  'ecdsa-p256': ['ES256', 32],
  'ecdsa-p384': ['ES384', 48],
  'ecdsa-p521': ['ES512', 64],
  rsa: ['RS256', 32],
}
export const AZURE_VERSION = 'aaaabbbbccccddddeeeeffff00001111'

/** The login of Azure: a token for whoever sends all of these form fields, to this tenant. */
export async function startFakeAzureLogin(tenant: string, needed: Readonly<Record<string, string>>): Promise<HttpFake> {
  return await startHttpFake(({ method, path, body }) => {
    const form = new URLSearchParams(Buffer.from(body).toString())
    const isRight = Object.entries({ grant_type: 'client_credentials', ...needed }).every(([name, value]) => form.get(name) === value)
    if (method !== 'POST' || path !== `/${tenant}/oauth2/v2.0/token` || !isRight)
      return { status: 401, json: { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' } }
    return { json: { token_type: 'Bearer', expires_in: 3599, access_token: AZURE_TOKEN } }
  })
}

/** Key Vault: one version of one key, for whoever shows the token. ECDSA signatures are two numbers side by side, as RFC 7518 says. */
export async function startFakeKeyVault(name: string, key: KeyObject, kidHost?: string): Promise<HttpFake> {
  const { algorithm, key: half } = publicKeyOf(key)
  const jwk = half.export({ format: 'jwk' })
  return await startHttpFake(({ method, path, headers, body }) => {
    if (headers['authorization'] !== `Bearer ${AZURE_TOKEN}`)
      return { status: 401, json: { error: { code: 'Unauthorized', message: 'AKV10000: Request is missing a Bearer token.' } } }
    const url = new URL(path, 'https://x')
    if (url.searchParams.get('api-version') !== '7.4') return { status: 400, json: { error: { message: 'api-version must be specified' } } }
    const at = `/keys/${name}/${AZURE_VERSION}`
    if (method === 'GET' && (url.pathname === `/keys/${name}` || url.pathname === at)) {
      return {
        json: { key: { ...jwk, kty: `${jwk.kty}-HSM`, kid: `https://${kidHost ?? hostOf(headers)}${at}`, key_ops: ['sign', 'verify'] } },
      }
    }
    if (method !== 'POST' || url.pathname !== `${at}/sign`)
      return { status: 404, json: { error: { message: 'A key with that name was not found' } } }
    const { alg, value } = JSON.parse(Buffer.from(body).toString()) as { alg: string; value: string }
    const digest = new Uint8Array(Buffer.from(value, 'base64url'))
    const [expected, size] = ALGORITHMS[algorithm] ?? []
    if (alg !== expected || digest.byteLength !== size)
      return { status: 400, json: { error: { message: 'Key and signing algorithm are incompatible' } } }
    const made = algorithm === 'rsa' ? signDigestRsa(key, digest) : signDigestPair(key, digest)
    return { json: { kid: `https://${hostOf(headers)}${at}`, value: Buffer.from(made).toString('base64url') } }
  })
}

function hostOf(headers: FakeRequest['headers']): string {
  return headers['host'] ?? ''
}

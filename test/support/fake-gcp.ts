import { sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { startHttpFake } from './http-fake.ts'
import type { HttpFake } from './http-fake.ts'
import { signDigestDer } from './sign-digest.ts'

export const GCP_TOKEN = 'ya29.token'
export const GCP_KEY = 'projects/p/locations/global/keyRings/r/cryptoKeys/release'

/** Google's token endpoint: checks the signature and the claims of a service account's assertion, or the fields of another grant. */
export async function startFakeGoogleLogin(
  serviceAccount: KeyObject,
  others: readonly Readonly<Record<string, string>>[] = [],
): Promise<HttpFake> {
  return await startHttpFake(({ path, body }) => {
    const form = new URLSearchParams(Buffer.from(body).toString())
    const refused = { status: 400, json: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } }
    if (others.some((fields) => Object.entries(fields).every(([name, value]) => form.get(name) === value)))
      return { json: { access_token: GCP_TOKEN } }
    if (path !== '/token' || form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refused
    const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const isSigned = verify('sha256', Buffer.from(`${header}.${claims}`), serviceAccount, Buffer.from(signature, 'base64url'))
    const { aud, scope, exp, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
    const isRight = aud === 'https://oauth2.googleapis.com/token' && scope === 'https://www.googleapis.com/auth/cloudkms'
    return isSigned && isRight && Number(exp) - Number(iat) <= 3600 ? { json: { access_token: GCP_TOKEN, token_type: 'Bearer' } } : refused
  })
}

/** Cloud KMS: the versions of one key by number, for whoever shows the token. */
export async function startFakeGcpKms(
  versions: Readonly<Record<string, { readonly key: KeyObject; readonly state: string }>>,
): Promise<HttpFake> {
  return await startHttpFake(({ method, path, headers, body }) => {
    if (headers['authorization'] !== `Bearer ${GCP_TOKEN}`)
      return { status: 401, json: { error: { code: 401, message: 'Request had invalid authentication credentials.' } } }
    const url = new URL(path, 'https://x')
    const base = `/v1/${GCP_KEY}/cryptoKeyVersions`
    if (method === 'GET' && url.pathname === base) {
      const all = Object.entries(versions).map(([number, { state }]) => ({ name: `${GCP_KEY}/cryptoKeyVersions/${number}`, state }))
      return { json: { cryptoKeyVersions: all } }
    }
    const [, number = '', verb] = /^\/v1\/.*\/cryptoKeyVersions\/(\d+)(\/publicKey|:asymmetricSign)$/.exec(url.pathname) ?? []
    const version = versions[number]
    if (version === undefined || !url.pathname.startsWith(base))
      return { status: 404, json: { error: { code: 404, message: 'CryptoKeyVersion not found.' } } }
    if (version.state !== 'ENABLED')
      return {
        status: 400,
        json: { error: { code: 400, message: `CryptoKeyVersion is not enabled, current state is: ${version.state}.` } },
      }
    const name = `${GCP_KEY}/cryptoKeyVersions/${number}`
    if (method === 'GET' && verb === '/publicKey')
      return { json: { name, pem: publicKeyOf(version.key).pem, algorithm: 'EC_SIGN_P256_SHA256' } }
    const asked = JSON.parse(Buffer.from(body).toString()) as { data?: string; digest?: Record<string, string> }
    if (version.key.asymmetricKeyType === 'ed25519') {
      const signature = sign(null, Buffer.from(asked.data ?? '', 'base64'), version.key).toString('base64')
      return { json: { name, signature } }
    }
    const hash = publicKeyOf(version.key).algorithm === 'ecdsa-p256' ? 'sha256' : 'sha384'
    const digest = Buffer.from(asked.digest?.[hash] ?? '', 'base64')
    if (digest.byteLength !== Number(hash.slice(3)) / 8)
      return { status: 400, json: { error: { code: 400, message: 'Digest is of the wrong length.' } } }
    return { json: { name, signature: Buffer.from(signDigestDer(version.key, digest)).toString('base64') } }
  })
}

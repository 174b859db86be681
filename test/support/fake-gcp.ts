import { sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { startHttpFake } from './http-fake.ts'
import type { HttpFake } from './http-fake.ts'
import { signDigestDer, signDigestRsa } from './sign-digest.ts'

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

/** How the algorithms of Cloud KMS are named, by kind of key; RSA by bits. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  'ecdsa-p256': 'EC_SIGN_P256_SHA256',
  'ecdsa-p384': 'EC_SIGN_P384_SHA384',
  ed25519: 'EC_SIGN_ED25519',
  rsa: 'RSA_SIGN_PKCS1_3072_SHA256',
  'ml-dsa-44': 'PQ_SIGN_ML_DSA_44',
  'ml-dsa-65': 'PQ_SIGN_ML_DSA_65',
  'ml-dsa-87': 'PQ_SIGN_ML_DSA_87',
}

/** Cloud KMS: the versions of one key by number, for whoever shows the token. */
export async function startFakeGcpKms(
  versions: Readonly<Record<string, { readonly key: KeyObject; readonly state: string; readonly algorithm?: string }>>,
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
    const half = publicKeyOf(version.key)
    const algorithm = version.algorithm ?? ALGORITHMS[half.algorithm]
    if (method === 'GET' && verb === '/publicKey') {
      if (!half.algorithm.startsWith('ml-dsa')) return { json: { name, pem: half.pem, algorithm } }
      if (url.searchParams.get('publicKeyFormat') !== 'NIST_PQC')
        return { status: 400, json: { error: { code: 400, message: 'public_key_format must be specified for PQC algorithms.' } } }
      return { json: { name, algorithm, publicKey: { data: rawMlDsa(half.key).toString('base64'), crc32cChecksum: '1' } } }
    }
    const asked = JSON.parse(Buffer.from(body).toString()) as { data?: string; digest?: Record<string, string> }
    if (half.algorithm === 'ed25519' || half.algorithm.startsWith('ml-dsa')) {
      const signature = sign(null, Buffer.from(asked.data ?? '', 'base64'), version.key).toString('base64')
      return { json: { name, signature } }
    }
    const hash = half.algorithm === 'ecdsa-p384' ? 'sha384' : 'sha256'
    const digest = Buffer.from(asked.digest?.[hash] ?? '', 'base64')
    if (digest.byteLength !== Number(hash.slice(3)) / 8)
      return { status: 400, json: { error: { code: 400, message: 'Digest is of the wrong length.' } } }
    const made = half.algorithm === 'rsa' ? signDigestRsa(version.key, digest) : signDigestDer(version.key, digest)
    return { json: { name, signature: Buffer.from(made).toString('base64') } }
  })
}

/** The bits of the key, which end its SubjectPublicKeyInfo: 1312, 1952 or 2592 bytes (FIPS 204, table 2). */
function rawMlDsa(key: KeyObject): Buffer {
  const sizes: Readonly<Record<string, number>> = { 'ml-dsa-44': 1312, 'ml-dsa-65': 1952, 'ml-dsa-87': 2592 }
  const size = sizes[key.asymmetricKeyType ?? ''] ?? 0
  return key.export({ type: 'spki', format: 'der' }).subarray(-size)
}

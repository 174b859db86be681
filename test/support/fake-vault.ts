import { sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { startHttpFake } from './http-fake.ts'
import type { HttpFake } from './http-fake.ts'
import { signDigestDer, signDigestRsa } from './sign-digest.ts'

export type VaultAt = { readonly token: string; readonly namespace?: string; readonly mount?: string }

/** Vault's transit engine on loopback: the versions of one key, `release`, the last one the newest, for whoever shows the token. */
export async function startFakeVault(at: VaultAt, versions: readonly KeyObject[]): Promise<HttpFake> {
  const mount = at.mount ?? 'transit'
  return await startHttpFake(({ method, path, headers, body }) => {
    if (headers['x-vault-request'] !== 'true') return { status: 400, json: { errors: ["missing 'X-Vault-Request' header"] } }
    if (headers['x-vault-token'] !== at.token || headers['x-vault-namespace'] !== at.namespace)
      return { status: 403, json: { errors: ['permission denied'] } }
    if (method === 'GET' && path === `/v1/${mount}/keys/release`) {
      const keys = Object.fromEntries(versions.map((key, index) => [String(index + 1), { public_key: publicTextOf(key) }]))
      return { json: { data: { type: publicKeyOf(versions[0] ?? fail()).algorithm, latest_version: versions.length, keys } } }
    }
    const hash = new RegExp(`^/v1/${mount}/sign/release(?:/(sha2-256|sha2-384))?$`).exec(path)
    if (method !== 'POST' || hash === null) return { status: 404, json: { errors: [] } }
    const asked = JSON.parse(Buffer.from(body).toString()) as {
      input: string
      prehashed?: boolean
      key_version: number
      marshaling_algorithm?: string
      signature_algorithm?: string
    }
    const key = versions[asked.key_version - 1] ?? fail()
    const input = new Uint8Array(Buffer.from(asked.input, 'base64'))
    if (key.asymmetricKeyType === 'ed25519') return signature(asked.key_version, sign(null, input, key))
    const isRsa = key.asymmetricKeyType === 'rsa'
    const isFormed = isRsa ? asked.signature_algorithm === 'pkcs1v15' : asked.marshaling_algorithm === 'asn1'
    if (asked.prehashed !== true || !isFormed || input.byteLength !== Number(hash[1]?.slice(-3)) / 8)
      return { status: 400, json: { errors: ['cannot use prehashed input of this size'] } }
    return signature(asked.key_version, isRsa ? signDigestRsa(key, input) : signDigestDer(key, input))
  })
}

function signature(version: number, bytes: Uint8Array) {
  return { json: { data: { signature: `vault:v${version}:${Buffer.from(bytes).toString('base64')}` } } }
}

function publicTextOf(key: KeyObject): string {
  const half = publicKeyOf(key)
  if (half.algorithm.startsWith('ml-dsa')) return half.key.export({ type: 'spki', format: 'der' }).subarray(22).toString('base64')
  if (half.algorithm !== 'ed25519') return half.pem
  return Buffer.from(half.key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')
}

function fail(): never {
  throw new Error('there is no such version')
}

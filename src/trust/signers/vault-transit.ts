import { createPublicKey } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { fromBase64, textOf, toBase64 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import type { HashName } from '../schemes.ts'
import type { Signer } from '../signer.ts'
import { callService, serviceUrl } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'
import { byDigest, byMessage, serviceSigner } from './service-signer.ts'

const keySchema = z.object({
  data: z.object({
    type: z.string(),
    latest_version: z.number().int().min(1),
    keys: z.record(z.string(), z.object({ public_key: z.string().optional() })),
  }),
})
const signatureSchema = z.object({ data: z.object({ signature: z.string() }) })

/**
 * A key of the transit engine of HashiCorp Vault (or OpenBao): `hashivault://KEY`. VAULT_ADDR says where, VAULT_TOKEN or ~/.vault-token who
 * asks, VAULT_NAMESPACE and TRANSIT_SECRET_ENGINE_PATH (default `transit`) where in there, as for cosign. ECDSA, RSA as PKCS#1 v1.5,
 * Ed25519. Signs with the version of the key whose public half was read.
 */
export async function openVaultTransit(deps: ServiceDeps & Pick<Deps, 'fs' | 'env'>, uri: string): Promise<Signer> {
  const { env } = deps
  const name = /^hashivault:\/\/([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?)$/.exec(uri)?.[1]
  if (name === undefined) throw fail('usage', 'does not name a key of Vault', { where: uri, hint: 'write hashivault://KEY' })
  const address = env['VAULT_ADDR']
  if (address === undefined || address === '') throw fail('usage', 'does not say where Vault is', { where: uri, hint: 'set VAULT_ADDR' })
  const mount = (env['TRANSIT_SECRET_ENGINE_PATH'] ?? 'transit').replace(/^\/+|\/+$/g, '')
  const base = serviceUrl(address, 'VAULT_ADDR')
  const namespace = env['VAULT_NAMESPACE']
  const headers = {
    'x-vault-request': 'true',
    'x-vault-token': await findToken(deps),
    ...(namespace === undefined || namespace === '' ? {} : { 'x-vault-namespace': namespace }),
  }
  const ask = async <T>(path: string, schema: z.ZodType<T>, body?: Json): Promise<T> => {
    const url = new URL(base)
    url.pathname = `${base.pathname.replace(/\/$/, '')}/v1/${mount}/${path}`
    return await callService(deps, { url, headers, service: 'Vault', repeatable: true, ...(body === undefined ? {} : { body }) }, schema)
  }
  const { data } = await ask(`keys/${name}`, keySchema)
  const version = data.latest_version
  const publicKey = data.keys[String(version)]?.public_key
  if (publicKey === undefined) {
    throw fail('key-invalid', `is a key of kind ${data.type.slice(0, 40)}, which has no public half`, { where: uri })
  }
  const sign = async (hash: string, body: Readonly<Record<string, Json>>): Promise<Uint8Array> => {
    const answer = await ask(`sign/${name}${hash}`, signatureSchema, { key_version: version, ...body })
    const [, text] = /^vault:v\d+:([A-Za-z0-9+/=]+)$/.exec(answer.data.signature) ?? []
    if (text === undefined) throw fail('service-error', 'gave a signature that is none', { where: uri })
    return fromBase64(text, 'service-error', uri)
  }
  const signDigest = (form: Readonly<Record<string, Json>>) => async (digest: Uint8Array, hash: HashName) =>
    await sign(`/${hash.replace('sha', 'sha2-')}`, { input: toBase64(digest), prehashed: true, ...form })
  const ecdsa = signDigest({ marshaling_algorithm: 'asn1' })
  return serviceSigner(pemOf(publicKey, data.type, uri), uri, 'Vault', {
    'ecdsa-p256': byDigest('sha256', ecdsa),
    // The engine signs any digest; SHA-256 is what cosign accepts by key, on every curve.
    'ecdsa-p384': byDigest('sha256', ecdsa),
    'ecdsa-p521': byDigest('sha256', ecdsa),
    // It would choose PSS by itself.
    rsa: byDigest('sha256', signDigest({ signature_algorithm: 'pkcs1v15' })),
    ed25519: byMessage(async (bytes) => await sign('', { input: toBase64(bytes) })),
  })
}

async function findToken(deps: Pick<Deps, 'fs' | 'env'>): Promise<string> {
  const named = deps.env['VAULT_TOKEN']
  if (named !== undefined && named !== '') return named
  const path = join(deps.env['HOME'] ?? homedir(), '.vault-token')
  try {
    return textOf(await readFileBounded(deps, path, 'keyFileBytes'), 'config-invalid', path).trim()
  } catch (error) {
    if (!(error instanceof TallyError) || error.code !== 'not-found') throw error
    throw fail('login-needed', 'has no token for Vault', { where: 'Vault', hint: 'set VAULT_TOKEN, or run `vault login`' })
  }
}

/** Vault writes ECDSA keys as PEM and Ed25519 keys as their bare 32 bytes. */
function pemOf(text: string, type: string, where: string): string {
  if (text.includes('-----BEGIN')) return text
  if (type !== 'ed25519') {
    throw fail('key-invalid', `is a key of kind ${type.slice(0, 40)}, which does not sign here in Vault`, {
      where,
      hint: 'use an ECDSA, RSA or Ed25519 key',
    })
  }
  const x = Buffer.from(fromBase64(text, 'service-error', where)).toString('base64url')
  try {
    return String(createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
  } catch (cause) {
    throw fail('service-error', 'gave a public key that cannot be read', { where, cause })
  }
}

import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { fromBase64 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import type { Signer } from '../signer.ts'
import { findAzureToken } from './azure-credentials.ts'
import type { AzureCloud } from './azure-credentials.ts'
import { callService } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'
import { byDigest, derOfPair, serviceSigner } from './service-signer.ts'

/** The clouds of Azure by the domain of their vaults. A token is sent to hosts under these and to no other. */
const CLOUDS: Readonly<Record<string, AzureCloud>> = {
  'vault.azure.net': { authority: 'https://login.microsoftonline.com', resource: 'https://vault.azure.net' },
  'managedhsm.azure.net': { authority: 'https://login.microsoftonline.com', resource: 'https://managedhsm.azure.net' },
  'vault.azure.cn': { authority: 'https://login.chinacloudapi.cn', resource: 'https://vault.azure.cn' },
  'vault.usgovcloudapi.net': { authority: 'https://login.microsoftonline.us', resource: 'https://vault.usgovcloudapi.net' },
}

const API = '7.4'

const keySchema = z.object({
  key: z.object({
    kid: z.string().max(1024),
    kty: z.string(),
    crv: z.string().optional(),
    x: z.string().optional(),
    y: z.string().optional(),
    n: z.string().optional(),
    e: z.string().optional(),
  }),
})
const signatureSchema = z.object({ value: z.string() })

/**
 * A key of Azure Key Vault or Managed HSM: `azurekms://VAULT.vault.azure.net/KEY[/VERSION]`. Signs with the version whose public half was
 * read. ECDSA with the hash of its curve, RSA.
 */
export async function openAzureKeyVault(deps: ServiceDeps & Pick<Deps, 'fs' | 'env'>, uri: string): Promise<Signer> {
  const { host, path, cloud } = parseAzureUri(uri)
  const authorization = `Bearer ${await findAzureToken(deps, cloud)}`
  const at = (pathname: string): URL => new URL(`https://${host}${pathname}?api-version=${API}`)
  const call = { headers: { authorization }, service: 'Azure Key Vault', repeatable: true }
  const { key } = await callService(deps, { ...call, url: at(path) }, keySchema)
  const kid = URL.canParse(key.kid) ? new URL(key.kid) : undefined
  if (kid === undefined || kid.host !== host || !/^\/keys\/[A-Za-z0-9-]{1,127}\/[0-9a-f]{32}$/.test(kid.pathname)) {
    throw fail('service-error', 'named its key by an address that is not the vault’s own', { where: uri })
  }
  const sign = (alg: string) => async (digest: Uint8Array) => {
    const body = { alg, value: Buffer.from(digest).toString('base64url') }
    const { value } = await callService(deps, { ...call, url: at(`${kid.pathname}/sign`), body }, signatureSchema)
    return fromBase64(value, 'service-error', uri)
  }
  const signPair = (alg: string) => async (digest: Uint8Array) => derOfPair(await sign(alg)(digest), uri)
  return serviceSigner(pemOf(key, uri), uri, 'Azure Key Vault', {
    'ecdsa-p256': byDigest('sha256', signPair('ES256')),
    'ecdsa-p384': byDigest('sha384', signPair('ES384')),
    'ecdsa-p521': byDigest('sha512', signPair('ES512')),
    rsa: byDigest('sha256', sign('RS256')),
  })
}

/** Reads `azurekms://HOST/KEY[/VERSION]`. Throws `usage`, also for a host that is not a vault of Azure's. */
export function parseAzureUri(uri: string): { readonly host: string; readonly path: string; readonly cloud: AzureCloud } {
  const [, name = '', domain = '', key, version] =
    /^azurekms:\/\/([a-z0-9-]{1,64})\.([a-z.]{1,64})\/([A-Za-z0-9-]{1,127})(?:\/([0-9a-f]{32}))?$/.exec(uri) ?? []
  const cloud = Object.hasOwn(CLOUDS, domain) ? CLOUDS[domain] : undefined
  if (key === undefined || cloud === undefined) {
    throw fail('usage', 'does not name a key of Azure Key Vault', { where: uri, hint: 'write azurekms://VAULT.vault.azure.net/KEY' })
  }
  return { host: `${name}.${domain}`, path: `/keys/${key}/${version ?? ''}`.replace(/\/$/, ''), cloud }
}

function pemOf(key: z.infer<typeof keySchema>['key'], where: string): string {
  const kty = key.kty.replace(/-HSM$/, '')
  if (kty !== 'EC' && kty !== 'RSA') {
    throw fail('key-invalid', `is a key of kind ${key.kty.slice(0, 20)}, which does not sign here`, { where, hint: 'use an EC or RSA key' })
  }
  try {
    const { crv = '', x = '', y = '', n = '', e = '' } = key
    const jwk = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e }
    return String(createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
  } catch (cause) {
    throw fail('service-error', 'gave a public key that cannot be read', { where, cause })
  }
}

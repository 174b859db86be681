import { z } from 'zod'
import { fromBase64, toBase64 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import type { Signer } from '../signer.ts'
import { findGcpToken } from './gcp-credentials.ts'
import { callService } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'
import { serviceSigner } from './service-signer.ts'

const ROOT = 'https://cloudkms.googleapis.com/v1/'

const versionsSchema = z.object({ cryptoKeyVersions: z.array(z.object({ name: z.string(), state: z.string() })).default([]) })
const publicKeySchema = z.object({ pem: z.string(), algorithm: z.string(), name: z.string() })
const signatureSchema = z.object({ signature: z.string(), name: z.string() })

/**
 * A key of Google Cloud KMS: `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/versions/V]` as cosign writes it
 * (`/cryptoKeyVersions/V` too); without a version, the newest enabled one, once, so that one signer is one key. ECDSA on P-256 and P-384,
 * Ed25519.
 */
export async function openGcpKms(deps: ServiceDeps & Pick<Deps, 'fs' | 'env'>, uri: string): Promise<Signer> {
  const named = parseGcpUri(uri)
  const call = { headers: { authorization: `Bearer ${await findGcpToken(deps)}` }, service: 'Google Cloud KMS', repeatable: true }
  const version = named.version ?? (await newestVersion(deps, call, named.key, uri))
  const name = `${named.key}/cryptoKeyVersions/${version}`
  const { pem, name: found } = await callService(deps, { ...call, url: new URL(`${ROOT}${name}/publicKey`) }, publicKeySchema)
  if (found !== name) throw fail('service-error', 'gave the public key of another key than it was asked for', { where: uri })
  const ask = async (body: Readonly<Record<string, string | Readonly<Record<string, string>>>>): Promise<Uint8Array> => {
    const answer = await callService(deps, { ...call, url: new URL(`${ROOT}${name}:asymmetricSign`), body }, signatureSchema)
    return fromBase64(answer.signature, 'service-error', uri)
  }
  return serviceSigner(pem, uri, {
    digest: (digest, hash) => ask({ digest: { [hash]: toBase64(digest) } }),
    message: (bytes) => ask({ data: toBase64(bytes) }),
  })
}

/** Reads `gcpkms://projects/…`. Throws `usage`. */
export function parseGcpUri(uri: string): { readonly key: string; readonly version?: string } {
  const part = '[A-Za-z0-9:._-]{1,128}'
  const form = new RegExp(
    `^gcpkms://(projects/${part}/locations/${part}/keyRings/${part}/cryptoKeys/${part})(?:/(?:cryptoKeyVersions|versions)/(\\d{1,9}))?$`,
  )
  const [, key, version] = form.exec(uri) ?? []
  if (key === undefined) {
    throw fail('usage', 'does not name a key of Google Cloud KMS', {
      where: uri,
      hint: 'write gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K',
    })
  }
  return { key, ...(version === undefined ? {} : { version }) }
}

async function newestVersion(
  deps: ServiceDeps,
  call: { readonly headers: Readonly<Record<string, string>>; readonly service: string; readonly repeatable: boolean },
  key: string,
  uri: string,
): Promise<string> {
  const url = new URL(`${ROOT}${key}/cryptoKeyVersions?filter=state%3DENABLED&pageSize=1000`)
  const { cryptoKeyVersions } = await callService(deps, { ...call, url }, versionsSchema)
  const numbers = cryptoKeyVersions
    .filter(({ state, name }) => state === 'ENABLED' && name.startsWith(`${key}/cryptoKeyVersions/`))
    .map(({ name }) => Number(name.slice(name.lastIndexOf('/') + 1)))
    .filter(Number.isSafeInteger)
  if (numbers.length === 0) throw fail('key-invalid', 'has no version that is enabled', { where: uri })
  return String(Math.max(...numbers))
}

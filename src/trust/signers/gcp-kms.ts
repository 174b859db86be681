import { z } from 'zod'
import { fromBase64, toBase64 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { pemOf } from '../keys.ts'
import { DER, writeDer, writeDerOid } from '../der.ts'
import type { Signer } from '../signer.ts'
import { findGcpToken } from './gcp-credentials.ts'
import { callService } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'
import { byDigest, byMessage, serviceSigner } from './service-signer.ts'

const ROOT = 'https://cloudkms.googleapis.com/v1/'

const versionsSchema = z.object({ cryptoKeyVersions: z.array(z.object({ name: z.string(), state: z.string() })).default([]) })
const publicKeySchema = z.object({ pem: z.string(), algorithm: z.string(), name: z.string() })
const rawKeySchema = z.object({ publicKey: z.object({ data: z.string() }), algorithm: z.string(), name: z.string() })
const signatureSchema = z.object({ signature: z.string(), name: z.string() })

/**
 * A key of Google Cloud KMS: `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/versions/V]` as cosign writes it
 * (`/cryptoKeyVersions/V` too); without a version, the newest enabled one, once, so that one signer is one key. ECDSA on P-256 and P-384, RSA
 * with PKCS#1 v1.5 and SHA-256, Ed25519, ML-DSA.
 */
export async function openGcpKms(deps: ServiceDeps & Pick<Deps, 'fs' | 'env'>, uri: string): Promise<Signer> {
  const named = parseGcpUri(uri)
  const call = { headers: { authorization: `Bearer ${await findGcpToken(deps)}` }, service: 'Google Cloud KMS', repeatable: true }
  const version = named.version ?? (await newestVersion(deps, call, named.key, uri))
  const name = `${named.key}/cryptoKeyVersions/${version}`
  const { pem, algorithm, name: found } = await publicHalf(deps, call, name, uri)
  if (found !== name) throw fail('service-error', 'gave the public key of another key than it was asked for', { where: uri })
  const ask = async (body: Readonly<Record<string, string | Readonly<Record<string, string>>>>): Promise<Uint8Array> => {
    const answer = await callService(deps, { ...call, url: new URL(`${ROOT}${name}:asymmetricSign`), body }, signatureSchema)
    return fromBase64(answer.signature, 'service-error', uri)
  }
  refuseOtherRsa(algorithm, uri)
  const digest = (bytes: Uint8Array, hash: string): Promise<Uint8Array> => ask({ digest: { [hash]: toBase64(bytes) } })
  const message = byMessage((bytes) => ask({ data: toBase64(bytes) }))
  return serviceSigner(pem, uri, 'Google Cloud KMS', {
    'ecdsa-p256': byDigest('sha256', digest),
    'ecdsa-p384': byDigest('sha384', digest),
    rsa: byDigest('sha256', digest),
    ed25519: message,
    'ml-dsa-44': message,
    'ml-dsa-65': message,
    'ml-dsa-87': message,
  })
}

type Asking = { readonly headers: Readonly<Record<string, string>>; readonly service: string; readonly repeatable: boolean }
type Half = { readonly pem: string; readonly algorithm: string; readonly name: string }

/** The public half of a version. That of a post-quantum key is given in its bare form, and only to who asks for that. */
async function publicHalf(deps: ServiceDeps, call: Asking, name: string, uri: string): Promise<Half> {
  const url = new URL(`${ROOT}${name}/publicKey`)
  try {
    return await callService(deps, { ...call, url }, publicKeySchema)
  } catch (error) {
    if (!(error instanceof TallyError) || error.code !== 'service-error') throw error
    const raw = new URL(url)
    raw.searchParams.set('publicKeyFormat', 'NIST_PQC')
    const half = await callService(deps, { ...call, url: raw }, rawKeySchema).catch(() => {
      throw error
    })
    return { ...half, pem: pemOfRaw(half.algorithm, fromBase64(half.publicKey.data, 'service-error', uri), uri) }
  }
}

/** ML-DSA in a SubjectPublicKeyInfo (RFC 9881, 2 and 4). */
const ML_DSA: Readonly<Record<string, string>> = {
  PQ_SIGN_ML_DSA_44: '2.16.840.1.101.3.4.3.17',
  PQ_SIGN_ML_DSA_65: '2.16.840.1.101.3.4.3.18',
  PQ_SIGN_ML_DSA_87: '2.16.840.1.101.3.4.3.19',
}

function pemOfRaw(algorithm: string, bytes: Uint8Array, where: string): string {
  const oid = Object.hasOwn(ML_DSA, algorithm) ? ML_DSA[algorithm] : undefined
  if (oid === undefined) {
    throw fail('key-invalid', `is a key for ${algorithm.slice(0, 60)}, which does not sign here`, {
      where,
      hint: 'use an ECDSA key on P-256',
    })
  }
  const bits = writeDer(DER.bits, Uint8Array.of(0), bytes)
  return pemOf('PUBLIC KEY', writeDer(DER.sequence, writeDer(DER.sequence, writeDerOid(oid)), bits))
}

/** A version signs in one way. Who verifies by an RSA key expects PKCS#1 v1.5 with SHA-256. */
function refuseOtherRsa(algorithm: string, where: string): void {
  if (!algorithm.startsWith('RSA_') || /^RSA_SIGN_PKCS1_\d+_SHA256$/.test(algorithm)) return
  throw fail('key-invalid', `is a key for ${algorithm.slice(0, 60)}, whose signatures verifiers by key do not expect`, {
    where,
    hint: 'use one for RSA_SIGN_PKCS1_3072_SHA256',
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

async function newestVersion(deps: ServiceDeps, call: Asking, key: string, uri: string): Promise<string> {
  const url = new URL(`${ROOT}${key}/cryptoKeyVersions?filter=state%3DENABLED&pageSize=1000`)
  const { cryptoKeyVersions } = await callService(deps, { ...call, url }, versionsSchema)
  const numbers = cryptoKeyVersions
    .filter(({ state, name }) => state === 'ENABLED' && name.startsWith(`${key}/cryptoKeyVersions/`))
    .map(({ name }) => Number(name.slice(name.lastIndexOf('/') + 1)))
    .filter(Number.isSafeInteger)
  if (numbers.length === 0) throw fail('key-invalid', 'has no version that is enabled', { where: uri })
  return String(Math.max(...numbers))
}

import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { isLoopback } from '../../artifact/registry/hosts.ts'
import { fromBase64, toBase64, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import { awsDomain, findAwsCredentials, findAwsRegion } from './aws-credentials.ts'
import { callService, serviceUrl } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'
import { signByRepresentative } from './ml-dsa-representative.ts'
import { byDigest, byMessage, serviceSigner } from './service-signer.ts'
import { signAwsRequest } from './sigv4.ts'
import type { Signer } from '../signer.ts'

type Named = { readonly endpoint: string; readonly keyId: string; readonly region?: string }

const publicKeySchema = z.object({ PublicKey: z.string(), KeyUsage: z.literal('SIGN_VERIFY') })
const signatureSchema = z.object({ Signature: z.string() })

/**
 * A key of AWS KMS: `awskms://[ENDPOINT]/KEY` with a key id, an ARN or `alias/NAME`, as cosign writes it. Uses GetPublicKey and Sign of its
 * JSON API with Signature Version 4. ECDSA with the hash of its curve, RSA, ML-DSA; Ed25519 of messages of up to 4096 bytes. Throws as `callService` and `findAwsCredentials` do.
 */
export async function openAwsKms(deps: ServiceDeps & Pick<Deps, 'fs' | 'env'>, uri: string): Promise<Signer> {
  const named = parseAwsUri(uri)
  const region = named.region ?? (await findAwsRegion(deps))
  if (region === undefined || !/^[a-z0-9-]{1,32}$/.test(region)) {
    throw fail('usage', 'does not say which region, and nor does the environment', {
      where: uri,
      hint: 'set AWS_REGION, or name the key by its ARN',
    })
  }
  const url = endpointOf(deps.env, named.endpoint, region)
  const credentials = await findAwsCredentials(deps, region)
  const ask = async <T>(action: string, body: Readonly<Record<string, string>>, schema: z.ZodType<T>): Promise<T> => {
    const bytes = utf8(JSON.stringify({ KeyId: named.keyId, ...body }))
    const headers = signAwsRequest(
      {
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${action}` },
        body: bytes,
        region,
        service: 'kms',
      },
      credentials,
      deps.now(),
    )
    return await callService(deps, { url, method: 'POST', body: bytes, headers, service: 'AWS KMS', repeatable: true }, schema)
  }
  const { PublicKey } = await ask('GetPublicKey', {}, publicKeySchema)
  const sign = (MessageType: 'DIGEST' | 'EXTERNAL_MU' | 'RAW', SigningAlgorithm: string) => async (bytes: Uint8Array) => {
    const body = { Message: toBase64(bytes), MessageType, SigningAlgorithm }
    return fromBase64((await ask('Sign', body, signatureSchema)).Signature, 'service-error', uri)
  }
  const mlDsa = signByRepresentative(sign('EXTERNAL_MU', 'ML_DSA_SHAKE_256'))
  return serviceSigner(pemOf(PublicKey, uri), uri, 'AWS KMS', {
    'ecdsa-p256': byDigest('sha256', sign('DIGEST', 'ECDSA_SHA_256')),
    'ecdsa-p384': byDigest('sha384', sign('DIGEST', 'ECDSA_SHA_384')),
    'ecdsa-p521': byDigest('sha512', sign('DIGEST', 'ECDSA_SHA_512')),
    rsa: byDigest('sha256', sign('DIGEST', 'RSASSA_PKCS1_V1_5_SHA_256')),
    ed25519: byMessage(async (bytes) => await sign('RAW', 'ED25519_SHA_512')(refuseLong(bytes, uri))),
    'ml-dsa-44': mlDsa,
    'ml-dsa-65': mlDsa,
    'ml-dsa-87': mlDsa,
  })
}

/** KMS takes messages of this size; with Ed25519 there is no digest to give instead that verifiers of Ed25519 know. */
const MOST_MESSAGE = 4096

function refuseLong(bytes: Uint8Array, where: string): Uint8Array {
  if (bytes.byteLength <= MOST_MESSAGE) return bytes
  throw fail('limit-exceeded', `signs messages of ${MOST_MESSAGE} bytes with an Ed25519 key, and this has ${bytes.byteLength}`, {
    where,
    hint: 'use an ECDSA key',
  })
}

/** Reads `awskms://[ENDPOINT]/KEY`. Throws `usage`. */
export function parseAwsUri(uri: string): Named {
  const [, endpoint, keyId] = /^awskms:\/\/([A-Za-z0-9.:-]{0,255})\/([A-Za-z0-9:/_-]{1,1024})$/.exec(uri) ?? []
  const isKey =
    keyId !== undefined && /^(?:[0-9a-f-]{36}|mrk-[0-9a-f]{32}|alias\/.+|arn:aws[a-z-]*:kms:.+:\d{12}:(?:key|alias)\/.+)$/.test(keyId)
  if (endpoint === undefined || !isKey) {
    throw fail('usage', 'does not name a key of AWS KMS', {
      where: uri,
      hint: 'write awskms:///KEY-ID, awskms:///alias/NAME or awskms:///ARN',
    })
  }
  const region = /^arn:[^:]*:kms:([a-z0-9-]+):/.exec(keyId)?.[1]
  return { endpoint, keyId, ...(region === undefined ? {} : { region }) }
}

/**
 * Where KMS is. A key reference may stand in a file of a project, so the endpoint it names must be AWS's or on this machine; any
 * other is named by whoever runs this, in AWS_ENDPOINT_URL_KMS.
 */
function endpointOf(env: Deps['env'], endpoint: string, region: string): URL {
  const ours = env['AWS_ENDPOINT_URL_KMS'] ?? env['AWS_ENDPOINT_URL']
  if (endpoint === '') return serviceUrl(ours ?? `https://kms.${region}.${awsDomain(region)}/`, 'AWS_ENDPOINT_URL_KMS')
  const hostname = URL.canParse(`https://${endpoint}/`) ? new URL(`https://${endpoint}/`).hostname : ''
  if (isLoopback(hostname)) return serviceUrl(`http://${endpoint}/`, endpoint)
  if (/\.(?:amazonaws\.com|amazonaws\.com\.cn|api\.aws)$/.test(hostname)) return serviceUrl(`https://${endpoint}/`, endpoint)
  throw fail('usage', 'names an endpoint that is not AWS’s, which would be sent credentials', {
    where: `awskms://${endpoint}`,
    hint: 'if you mean it, leave it out there and set AWS_ENDPOINT_URL_KMS',
  })
}

function pemOf(der: string, where: string): string {
  try {
    const key = createPublicKey({ key: Buffer.from(fromBase64(der, 'service-error', where)), format: 'der', type: 'spki' })
    return String(key.export({ type: 'spki', format: 'pem' }))
  } catch (cause) {
    throw fail('service-error', 'gave a public key that cannot be read', { where, cause })
  }
}

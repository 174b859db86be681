import { createHash, createHmac } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { startHttpFake } from './http-fake.ts'
import type { FakeAnswer, FakeRequest, HttpFake } from './http-fake.ts'
import { signDigestDer } from './sign-digest.ts'

const DIGEST_SIZES: Readonly<Record<string, number>> = {
  ECDSA_SHA_256: 32,
  ECDSA_SHA_384: 48,
}

export type AwsAccount = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly region: string
}

/**
 * AWS KMS on loopback: GetPublicKey and Sign of one key, for whoever signs the request with the account's secret (Signature Version 4,
 * worked out anew here from what came over the wire). It signs digests as KMS does: without the message.
 */
export async function startFakeAws(account: AwsAccount, keyId: string, key: KeyObject): Promise<HttpFake> {
  const half = publicKeyOf(key)
  return await startHttpFake((request) => {
    const refused = checkSigV4(request, account)
    if (refused !== undefined) return refused
    const asked = JSON.parse(Buffer.from(request.body).toString()) as Record<string, string>
    if (asked['KeyId'] !== keyId)
      return { status: 400, json: { __type: 'NotFoundException', message: `Key '${asked['KeyId']}' does not exist` } }
    if (request.headers['x-amz-target'] === 'TrentService.GetPublicKey') {
      const spki = half.key.export({ type: 'spki', format: 'der' }).toString('base64')
      return { json: { KeyId: keyId, PublicKey: spki, KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: ['ECDSA_SHA_256'] } }
    }
    const size = DIGEST_SIZES[asked['SigningAlgorithm'] ?? '']
    const digest = Buffer.from(asked['Message'] ?? '', 'base64')
    if (request.headers['x-amz-target'] !== 'TrentService.Sign' || asked['MessageType'] !== 'DIGEST' || digest.byteLength !== size)
      return { status: 400, json: { __type: 'ValidationException', message: 'Digest is invalid length for algorithm' } }
    return { json: { Signature: Buffer.from(signDigestDer(key, digest)).toString('base64'), KeyId: keyId } }
  })
}

/** Whether a request is signed by the account; undefined, or AWS's own refusal. */
function checkSigV4({ method, path, headers, body }: FakeRequest, account: AwsAccount): FakeAnswer | undefined {
  const refuse = (type: string, message: string): FakeAnswer => ({ status: 403, json: { __type: type, message } })
  const [, id, date, region, service, names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    ) ?? []
  if (id !== account.accessKeyId) return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.')
  if (headers['x-amz-security-token'] !== account.sessionToken) return refuse('ExpiredTokenException', 'The session token is wrong.')
  const time = headers['x-amz-date'] ?? ''
  const needed = ['host', 'x-amz-date', 'x-amz-target', ...(account.sessionToken === undefined ? [] : ['x-amz-security-token'])]
  if (
    region !== account.region ||
    service !== 'kms' ||
    !time.startsWith(date ?? 'x') ||
    !needed.every((name) => names.split(';').includes(name))
  )
    return refuse('InvalidSignatureException', 'Credential should be scoped to a valid region.')
  const [pathname, query = ''] = path.split('?')
  const canonical = `${method}\n${pathname}\n${query}\n${names
    .split(';')
    .map((name) => `${name}:${(headers[name] ?? '').trim()}\n`)
    .join('')}\n${names}\n${createHash('sha256').update(body).digest('hex')}`
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
  const dateKey = createHmac('sha256', `AWS4${account.secretAccessKey}`)
    .update(date ?? '')
    .digest()
  const regionKey = createHmac('sha256', dateKey).update(account.region).digest()
  const serviceKey = createHmac('sha256', regionKey).update('kms').digest()
  const signingKey = createHmac('sha256', serviceKey).update('aws4_request').digest()
  if (createHmac('sha256', signingKey).update(text).digest('hex') === signature) return undefined
  return refuse('InvalidSignatureException', 'The request signature we calculated does not match the signature you provided.')
}

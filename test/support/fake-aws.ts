import { createHash, createHmac, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { startHttpFake } from './http-fake.ts'
import type { FakeAnswer, FakeRequest, HttpFake } from './http-fake.ts'
import { signDigestDer, signDigestRsa } from './sign-digest.ts'

/** What a kind of key signs, and how it is given: the one algorithm KMS has for it that this is about. */
const ALGORITHMS: Readonly<Record<string, { readonly algorithm: string; readonly type: string; readonly size?: number }>> = {
  'ecdsa-p256': { algorithm: 'ECDSA_SHA_256', type: 'DIGEST', size: 32 },
  'ecdsa-p384': { algorithm: 'ECDSA_SHA_384', type: 'DIGEST', size: 48 },
  'ecdsa-p521': { algorithm: 'ECDSA_SHA_512', type: 'DIGEST', size: 64 },
  rsa: { algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', type: 'DIGEST', size: 32 },
  ed25519: { algorithm: 'ED25519_SHA_512', type: 'RAW' },
  'ml-dsa-44': { algorithm: 'ML_DSA_SHAKE_256', type: 'EXTERNAL_MU', size: 64 },
}

export type AwsAccount = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly region: string
}

/**
 * AWS KMS on loopback: GetPublicKey and Sign of one key, for whoever signs the request with the account's secret (Signature Version 4,
 * worked out anew here from what came over the wire). It signs digests as KMS does: without the message. What it would sign with ML-DSA,
 * which Node does for messages only, is told to it.
 */
export async function startFakeAws(
  account: AwsAccount,
  keyId: string,
  key: KeyObject,
  mlDsa?: (representative: Uint8Array) => Uint8Array,
): Promise<HttpFake> {
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
    const expected = ALGORITHMS[half.algorithm]
    const message = new Uint8Array(Buffer.from(asked['Message'] ?? '', 'base64'))
    const isRight = asked['SigningAlgorithm'] === expected?.algorithm && asked['MessageType'] === expected?.type
    if (
      request.headers['x-amz-target'] !== 'TrentService.Sign' ||
      !isRight ||
      message.byteLength !== (expected?.size ?? message.byteLength) ||
      message.byteLength > 4096
    )
      return { status: 400, json: { __type: 'ValidationException', message: 'Digest is invalid length for algorithm' } }
    const signature =
      half.algorithm === 'ed25519'
        ? sign(null, message, key)
        : half.algorithm === 'rsa'
          ? signDigestRsa(key, message)
          : (mlDsa?.(message) ?? signDigestDer(key, message))
    return { json: { Signature: Buffer.from(signature).toString('base64'), KeyId: keyId } }
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

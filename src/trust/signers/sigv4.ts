import { createHash, createHmac } from 'node:crypto'

export type AwsCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

export type AwsRequest = {
  readonly method: string
  readonly url: URL
  /** Without `host`; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly region: string
  readonly service: string
}

/**
 * Signs a request as AWS asks for it (Signature Version 4). In: request, credentials, the time. Out: all headers to send, but `host`,
 * which follows from the URL.
 */
export function signAwsRequest(request: AwsRequest, credentials: AwsCredentials, now: Date): Readonly<Record<string, string>> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const sent: Record<string, string> = {
    ...request.headers,
    'x-amz-date': time,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  }
  const signed = Object.entries({ ...sent, host: request.url.host })
    .map(([name, value]): readonly [string, string] => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(request.body),
  ].join('\n')
  const scope = `${time.slice(0, 8)}/${request.region}/${request.service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Uint8Array>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`)
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { ...sent, authorization }
}

function canonicalQuery(url: URL): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function hmac(key: string | Uint8Array, content: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(content).digest())
}

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FakeRequest = {
  readonly method: string
  /** Path and query, as they came. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
export type FakeAnswer = {
  readonly status?: number
  readonly json?: unknown
  readonly body?: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
}

export type HttpFake = {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly host: string
  /** Every request that came, in order. */
  readonly seen: FakeRequest[]
  readonly close: () => Promise<void>
}

/** An HTTP server on loopback whose answers are those of a function. What the function throws is answered with 500 and its message. */
export async function startHttpFake(answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>): Promise<HttpFake> {
  const seen: FakeRequest[] = []
  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    headers['host'] = headers['x-asked-host'] ?? headers['host'] ?? ''
    const request = { method: incoming.method ?? '', path: incoming.url ?? '', headers, body: new Uint8Array(Buffer.concat(parts)) }
    seen.push(request)
    const given = await Promise.resolve()
      .then(() => answer(request))
      .catch((error: unknown): FakeAnswer => ({ status: 500, json: { message: String(error) } }))
    const body = given.json === undefined ? (given.body ?? '') : JSON.stringify(given.json)
    outgoing.writeHead(given.status ?? 200, {
      'content-type': given.json === undefined ? 'application/octet-stream' : 'application/json',
      ...given.headers,
    })
    outgoing.end(body)
  }
  const server = createServer((incoming, outgoing) => void respond(incoming, outgoing))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: `http://${host}`,
    host,
    seen,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** A fetch that finds the named hosts at fakes: the request is the same, only the connection goes elsewhere. */
export function fetchVia(hosts: Readonly<Record<string, HttpFake>>): typeof globalThis.fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input))
    const fake = Object.hasOwn(hosts, url.host) ? hosts[url.host] : undefined
    if (fake === undefined && url.hostname !== '127.0.0.1') throw new Error(`the test let a call through to ${url.host}`)
    if (fake === undefined) return await fetch(url, init)
    const headers = new Headers(init?.headers)
    headers.set('x-asked-host', url.host)
    return await fetch(`${fake.origin}${url.pathname}${url.search}`, { ...init, headers })
  }
}

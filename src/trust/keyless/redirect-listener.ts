import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asTallyError, fail } from '../../kernel/errors.ts'

export type RedirectListener = {
  /** Where the browser is to be sent back to. */
  readonly redirectUri: string
  /** The query of the one redirect that is taken. */
  readonly query: Promise<URLSearchParams>
  readonly close: () => void
}

const PATH = '/auth/callback'
const PAGE = '<!doctype html><meta charset="utf-8"><title>tally</title><p>You may close this page and go back to the terminal.</p>'

/**
 * Waits on loopback for a browser to be sent back. Only a GET of the one path, addressed to this machine by name, whose query `accept`
 * takes, ends the waiting; everything else is answered with 404 and changes nothing, so that a page elsewhere can neither end nor
 * hijack it. In: a port (0 for any free one). Throws `port-in-use`.
 */
export async function listenForRedirect(
  accept: (query: URLSearchParams) => boolean,
  port: number,
  signal: AbortSignal,
): Promise<RedirectListener> {
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>()
  promise.catch(() => {
    // Whoever waits hears of it; nobody may wait yet.
  })
  const server = createServer((request, response) => {
    const url = URL.canParse(request.url ?? '', 'http://localhost') ? new URL(request.url ?? '', 'http://localhost') : undefined
    const isOurs = /^(?:localhost|127\.0\.0\.1):\d{1,5}$/.test(request.headers.host ?? '') && request.method === 'GET'
    const isTaken = isOurs && url?.pathname === PATH && accept(url.searchParams)
    response.writeHead(isTaken ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', connection: 'close' })
    response.end(isTaken ? PAGE : '')
    if (isTaken) resolve(url.searchParams)
  })
  const onAbort = (): void => reject(asTallyError(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  await new Promise<void>((ready, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => failed(asTallyError(error, `127.0.0.1:${port}`)))
    server.listen(port, '127.0.0.1', ready)
  })
  const address = server.address() as AddressInfo | null
  if (address === null) throw fail('bug', 'a listening server has no address')
  return {
    redirectUri: `http://localhost:${address.port}${PATH}`,
    query: promise,
    close: () => {
      signal.removeEventListener('abort', onAbort)
      server.close()
      server.closeAllConnections()
    },
  }
}

import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import type { AddressInfo } from 'node:net'
import { asTallyError, fail } from '../kernel/errors.ts'

export type Listening = { readonly port: number; readonly close: () => Promise<void> }

/** Listens on an address. Port 0 takes any free one. Throws `port-in-use` or `permission`, naming address and port. */
export async function listen(app: Pick<Hono, 'fetch'>, hostname: string, port: number): Promise<Listening> {
  return await new Promise<Listening>((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, (address: AddressInfo) => {
      resolve({
        port: address.port,
        close: async () => {
          await new Promise<void>((done) => {
            server.close(() => done())
            if ('closeAllConnections' in server) server.closeAllConnections()
          })
        },
      })
    })
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${hostname}:${port}`
      reject(
        error.code === 'EADDRINUSE'
          ? fail('port-in-use', 'another program listens there', { where, cause: error })
          : asTallyError(error, where),
      )
    })
  })
}

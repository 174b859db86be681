import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely } from 'kysely'
import type { Deps } from '../kernel/deps.ts'
import type { BlobStore } from './blobs.ts'
import type { Dialect } from './dialect.ts'

/** For files of this room only: the way to the engine without a tenant. A test holds the rest of src/ to not importing it. */
export const engine: unique symbol = Symbol('engine')

/** An open store. Rows are reached through `tenantDb(store, scope)`, which is the only way for other rooms. */
export type Store = {
  readonly dialect: Dialect
  /** For people: the path of the SQLite file, or `postgres://host/database`. */
  readonly place: string
  readonly blobs: BlobStore
  readonly close: () => Promise<void>
  readonly [engine]: Engine
}

export type StoreDeps = Pick<Deps, 'fs' | 'randomBytes' | 'now' | 'signal' | 'log'>

export type Engine = {
  readonly deps: StoreDeps
  readonly db: Kysely<unknown>
  /** Set in flows that run inside a transaction of this store: there, a query beside the transaction would wait for itself. */
  readonly insideTransaction: AsyncLocalStorage<true>
}

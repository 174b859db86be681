import { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { openDirectoryBlobs, sweepTemporaryBlobs } from './blobs.ts'
import { openDataDir } from './data-dir.ts'
import type { Migration } from './migrations.ts'
import { engine } from './store.ts'
import type { Store, StoreDeps } from './store.ts'

export type StoreOptions = {
  /** Absolute path; made if missing. Holds blobs always, and `tally.db` where there is no `databaseUrl`. */
  readonly dataDir: string
  /** TALLY_DATABASE_URL: postgres://… */
  readonly databaseUrl?: string
  /** Longest wait for another process that writes to the SQLite file, milliseconds. Default LIMITS.databaseWaitMs. */
  readonly waitMs?: number
  /** Every migration of the program, in one order; see `migrate`. The store's own are added. */
  readonly migrations: readonly Migration[]
}

/** Opens the store, bringing its schema up to date. Throws `permission`, `disk`, `database`, `busy`, `config-invalid` or `data-newer`, each naming the place. */
export async function openStore(deps: StoreDeps, options: StoreOptions): Promise<Store> {
  await openDataDir(deps, options.dataDir)
  const blobDirectory = join(options.dataDir, 'blobs')
  await sweepTemporaryBlobs(deps, blobDirectory)
  const { db, dialect, place } = await connect(deps, options)
  const store: Store = {
    dialect,
    place,
    blobs: openDirectoryBlobs(deps, blobDirectory),
    close: async () => await db.destroy(),
    [engine]: { deps, db, insideTransaction: new AsyncLocalStorage<true>() },
  }
  try {
    const { migrate } = await import('./migrations.ts')
    const { jobMigrations } = await import('./jobs.ts')
    await migrate(store, [...jobMigrations, ...options.migrations])
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

// Each driver is loaded only where it is used: pg and Kysely's compilers are most of the time it takes to start.
async function connect(
  deps: StoreDeps,
  options: StoreOptions,
): Promise<Pick<Store, 'dialect' | 'place'> & { readonly db: Kysely<unknown> }> {
  if (options.databaseUrl !== undefined) {
    const { describeDatabase, openPostgres } = await import('./postgres-driver.ts')
    return { dialect: 'postgres', place: describeDatabase(options.databaseUrl), db: openPostgres<unknown>(deps, options.databaseUrl) }
  }
  const { openSqlite } = await import('./sqlite-driver.ts')
  const place = join(options.dataDir, 'tally.db')
  return { dialect: 'sqlite', place, db: openSqlite<unknown>(deps, place, options.waitMs) }
}

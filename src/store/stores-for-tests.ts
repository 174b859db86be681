import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { systemDeps } from '../kernel/system.ts'
import type { Migration } from './migrations.ts'
import { openStore } from './open-store.ts'
import { citusForTests, onServer, postgresForTests } from './postgres-for-tests.ts'
import type { TestDatabase } from './postgres-for-tests.ts'
import type { Dialect } from './dialect.ts'
import type { Store, StoreDeps } from './store.ts'

/** Real dependencies that never abort and say nothing. */
export const testDeps: StoreDeps = systemDeps({ log: () => {}, signal: new AbortController().signal })

/** What a suite gets: an open store, and what it takes to open the same one again, here or in another process. */
export type StoreUnderTest = {
  readonly dialect: Dialect
  readonly store: () => Store
  readonly options: () => { readonly dataDir: string; readonly databaseUrl?: string; readonly migrations: readonly Migration[] }
  /** A temporary directory of this suite. */
  readonly directory: () => string
}

/**
 * Declares one suite once for each engine there is: SQLite in a temporary directory, PostgreSQL, and Citus where
 * TALLY_TEST_CITUS_URL says so (with the tables in `sharded` distributed by tenant). An engine that is missing is said on stderr.
 */
export async function describeStores(
  name: string,
  setup: { readonly migrations: readonly Migration[]; readonly sharded?: readonly string[] },
  suite: (under: StoreUnderTest) => void,
): Promise<void> {
  const engines: readonly { readonly engine: string; readonly database?: TestDatabase }[] = [
    { engine: 'sqlite' },
    ...named('postgres', await postgresForTests()),
    ...named('citus', await citusForTests()),
  ]
  for (const { engine, database } of engines) {
    describe(`${name} on ${engine}`, () => {
      let directory = ''
      let store: Store | undefined
      const options = (): ReturnType<StoreUnderTest['options']> => ({
        dataDir: join(directory, 'data'),
        migrations: setup.migrations,
        ...(database === undefined ? {} : { databaseUrl: database.url }),
      })
      beforeAll(async () => {
        directory = await mkdtemp(join(tmpdir(), 'tally-store-'))
        store = await openStore(testDeps, options())
        if (engine === 'citus' && database !== undefined) {
          for (const table of setup.sharded ?? []) await onServer(database.url, `select create_distributed_table('${table}', 'tenant')`)
        }
      })
      afterAll(async () => {
        await store?.close()
        await database?.drop()
        await rm(directory, { recursive: true, force: true })
      })
      suite({
        dialect: database === undefined ? 'sqlite' : 'postgres',
        options,
        directory: () => directory,
        store: () => {
          if (store === undefined) throw new Error('the store is not open yet')
          return store
        },
      })
    })
  }
}

function named(engine: string, database: TestDatabase | undefined): readonly { engine: string; database: TestDatabase }[] {
  return database === undefined ? [] : [{ engine, database }]
}

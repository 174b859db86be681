import { CompiledQuery } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import { fail } from '../kernel/errors.ts'
import type { Dialect } from './dialect.ts'
import { engine } from './store.ts'
import type { Store } from './store.ts'
import { retriedTransaction } from './transaction.ts'

/**
 * One step of a schema. Names are forever and unique over all rooms (`inventory-0001-first`). `statements` gives one
 * statement an entry, `if not exists` where the grammar has it; schema only, and rows only where a table must be made anew to change it.
 */
export type Migration = { readonly name: string; readonly statements: (dialect: Dialect) => readonly string[] }

type MigrationTable = { tally_migration: { name: string; applied_at: string } }

/**
 * Brings the database to the given migrations, in their order. Several processes may do this at once on an empty database: the
 * row that names a migration is written before its statements, in one transaction, so its primary key is the lock, and it
 * is gone if the process dies. Throws `data-newer` when the database has a migration that is not in the list, therefore
 * every caller gives the whole list of the program.
 */
export async function migrate(store: Pick<Store, 'dialect' | 'place' | typeof engine>, migrations: readonly Migration[]): Promise<void> {
  const { db, deps } = store[engine]
  const applied = await appliedMigrations(store)
  refuseUnknown(applied, migrations, store.place)
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue
    await retriedTransaction(store, async (transaction) => {
      // Citus changes several sharded tables in one transaction only so; plain PostgreSQL takes the setting and ignores it.
      if (store.dialect === 'postgres')
        await transaction.executeQuery(CompiledQuery.raw(`set local citus.multi_shard_modify_mode = 'sequential'`))
      if (!(await claimMigration(transaction, migration.name, deps.now()))) return
      for (const statement of migration.statements(store.dialect)) await transaction.executeQuery(CompiledQuery.raw(statement))
    })
  }
  // A newer program may have come in between.
  refuseUnknown(await readApplied(db), migrations, store.place)
}

async function appliedMigrations(store: Pick<Store, 'dialect' | typeof engine>): Promise<ReadonlySet<string>> {
  const { db } = store[engine]
  if (await hasMigrationTable(store)) return await readApplied(db)
  await createMigrationTable(store)
  return await readApplied(db)
}

async function hasMigrationTable(store: Pick<Store, 'dialect' | typeof engine>): Promise<boolean> {
  const sql =
    store.dialect === 'sqlite'
      ? `select 1 as found from sqlite_schema where type = 'table' and name = 'tally_migration'`
      : `select 1 as found where to_regclass('tally_migration') is not null`
  const { rows } = await store[engine].db.executeQuery(CompiledQuery.raw(sql))
  return rows.length > 0
}

async function createMigrationTable(store: Pick<Store, 'dialect' | typeof engine>): Promise<void> {
  const text = store.dialect === 'sqlite' ? 'text' : 'text collate "C"'
  const sql = `create table if not exists "tally_migration" ("name" ${text} primary key, "applied_at" ${text} not null)`
  try {
    await store[engine].db.executeQuery(CompiledQuery.raw(sql))
  } catch (error) {
    // PostgreSQL's `if not exists` still fails for one of two that create the same table at the same moment.
    if (!(await hasMigrationTable(store))) throw error
  }
}

async function readApplied(db: Kysely<unknown>): Promise<ReadonlySet<string>> {
  const rows = await migrationTable(db).selectFrom('tally_migration').select('name').orderBy('name').execute()
  return new Set(rows.map((row) => row.name))
}

/** Takes the migration for this transaction; waits for another that has it. False when the other one finished it. */
async function claimMigration(transaction: Transaction<unknown>, name: string, now: Date): Promise<boolean> {
  const rows = await migrationTable(transaction)
    .insertInto('tally_migration')
    .values({ name, applied_at: now.toISOString() })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .execute()
  return rows.length > 0
}

function migrationTable(db: Kysely<unknown>): Kysely<MigrationTable> {
  return db
}

function refuseUnknown(applied: ReadonlySet<string>, migrations: readonly Migration[], where: string): void {
  const known = new Set(migrations.map((migration) => migration.name))
  if (known.size !== migrations.length) throw fail('bug', 'two migrations have one name')
  for (const name of applied) {
    if (!known.has(name)) throw fail('data-newer', `has the migration ${name}, which this version does not know`, { where })
  }
}

import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { asDatabaseError, isBusySqlite } from './database-errors.ts'
import { createPrivately } from './private-file.ts'
import { backoffMs, pause } from './retry.ts'

type OpenDeps = Pick<Deps, 'fs' | 'randomBytes' | 'signal'>
type DriverDeps = OpenDeps & { readonly waitMs: number }

// SQLite waits inside the call, and the whole process with it. So it waits shortly, and we wait between calls.
const WAIT_INSIDE_MS = 20
const KEPT_STATEMENTS = 200

/** Opens (or makes, mode 0600) the SQLite file: WAL, every commit flushed, foreign keys held. Waits at most `waitMs` milliseconds for another process that writes. Throws `permission`, `disk`, `busy` or `database`, naming the file. */
export function openSqlite<Tables>(given: OpenDeps, path: string, waitMs: number = LIMITS.databaseWaitMs): Kysely<Tables> {
  const deps = { ...given, waitMs }
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createDriver: () => sqliteDriver(deps, path),
    },
  })
}

type Connection = DatabaseConnection & {
  readonly run: (sql: string) => Promise<void>
  /** `failed`: a statement of the open transaction failed. As on PostgreSQL, nothing but a rollback may follow. */
  transaction: 'none' | 'open' | 'failed'
}

/** Kysely gives the one connection to one flow at a time (SqliteAdapter says that there are not several), so statements of two flows never mix in a transaction. */
function sqliteDriver(deps: DriverDeps, path: string): Driver {
  let database: DatabaseSync | undefined
  let connection: Connection | undefined
  const opened = (): Connection => {
    if (connection === undefined) throw new Error('the SQLite driver was used before it was opened')
    return connection
  }
  return {
    init: async () => {
      database = await openDatabase(deps, path)
      connection = sqliteConnection(deps, database, path)
    },
    acquireConnection: async () => opened(),
    releaseConnection: async () => {},
    beginTransaction: async () => {
      // Immediate: the write lock is taken now or not at all, so nothing inside the transaction can find the database busy.
      await opened().run('begin immediate')
      opened().transaction = 'open'
    },
    commitTransaction: async () => {
      if (opened().transaction === 'failed') throw wentOn(path)
      await opened().run('commit')
      opened().transaction = 'none'
    },
    rollbackTransaction: async () => {
      opened().transaction = 'none'
      // A full disk may have ended the transaction by itself.
      if (database?.isTransaction === true) await opened().run('rollback')
    },
    destroy: async () => database?.close(),
  }
}

function sqliteConnection(deps: DriverDeps, database: DatabaseSync, path: string): Connection {
  const kept = new Map<string, { readonly statement: StatementSync; readonly reads: boolean }>()
  const prepare = (sql: string): { readonly statement: StatementSync; readonly reads: boolean } => {
    const known = kept.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    const prepared = { statement, reads: statement.columns().length > 0 }
    if (kept.size >= KEPT_STATEMENTS) kept.clear()
    kept.set(sql, prepared)
    return prepared
  }
  const connection: Connection = {
    transaction: 'none',
    run: async (sql) => await untilFree(deps, path, () => database.exec(sql)),
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      const once = (): QueryResult<R> => {
        const { statement, reads } = prepare(query.sql)
        const parameters = query.parameters as readonly SQLInputValue[]
        if (reads) return { rows: statement.all(...parameters) as R[] }
        return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) }
      }
      if (connection.transaction === 'none') return await untilFree(deps, path, once)
      if (connection.transaction === 'failed') throw wentOn(path)
      try {
        return once()
      } catch (error) {
        connection.transaction = 'failed'
        throw asDatabaseError(error, path)
      }
    },
    // oxlint-disable-next-line require-yield
    streamQuery: async function* (): AsyncGenerator<never> {
      throw new Error('results are paged, not streamed: the one connection would be held while the reader waits')
    },
  }
  return connection
}

function wentOn(where: string): Error {
  return fail('bug', 'a transaction went on after one of its statements had failed', { where })
}

async function openDatabase(deps: DriverDeps, path: string): Promise<DatabaseSync> {
  await createPrivately(deps, path)
  const { DatabaseSync } = await import('node:sqlite')
  return await untilFree(deps, path, () => {
    const database = new DatabaseSync(path, {
      timeout: WAIT_INSIDE_MS,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
    })
    try {
      database.enableDefensive(true)
      database.exec('pragma trusted_schema = off')
      database.exec('pragma synchronous = full')
      const mode = database.prepare('pragma journal_mode').get()?.['journal_mode']
      if (mode !== 'wal') database.exec('pragma journal_mode = wal')
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** Runs a step that may find the database held by another process, again and again, sleeping in between, until the wait is over (`busy`). */
async function untilFree<T>(deps: DriverDeps, path: string, step: () => T): Promise<T> {
  const end = performance.now() + deps.waitMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return step()
    } catch (error) {
      if (!isBusySqlite(error) || performance.now() > end) throw asDatabaseError(error, path)
    }
    await pause(deps, backoffMs(deps, attempt, 2, 100))
  }
}

import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { asDatabaseError, isConnectionLost } from './database-errors.ts'

type DriverDeps = Pick<Deps, 'log'>

const INT8 = 20
const NUMERIC = 1700

/** Opens a pool to PostgreSQL at `url` (TALLY_DATABASE_URL; TLS as its `sslmode` says). Nothing is connected before the first query. Errors name host and database only. */
export function openPostgres<Tables>(deps: DriverDeps, url: string): Kysely<Tables> {
  const where = describeDatabase(url)
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createDriver: () => postgresDriver(deps, url, where),
    },
  })
}

/** The database as a message may name it: scheme, host, port and database; no user, no password, no parameters. Throws `config-invalid` for what is no such URL. */
export function describeDatabase(url: string): string {
  // A host may be missing (`postgres:///db?host=/run/postgresql`), which URL accepts only without a user.
  const parsed = URL.parse(url.replace(/^(postgres(?:ql)?:\/\/)[^/?#]*@(?=[/?#]|$)/, '$1'))
  if (parsed === null || !/^postgres(?:ql)?:$/.test(parsed.protocol)) {
    throw fail('config-invalid', 'is not a URL of the form postgres://user@host/database', { where: 'TALLY_DATABASE_URL' })
  }
  const host = parsed.host === '' ? (parsed.searchParams.get('host') ?? 'localhost') : parsed.host
  return `postgres://${host}${parsed.pathname}`
}

type PooledConnection = DatabaseConnection & {
  readonly query: (sql: string, parameters?: readonly unknown[]) => Promise<QueryResult<unknown> & { readonly command: string }>
  readonly rollback: () => Promise<void>
  readonly release: () => void
}

function postgresDriver(deps: DriverDeps, url: string, where: string): Driver {
  let pool: Pool | undefined
  return {
    init: async () => {
      const { Pool, types } = await import('pg')
      pool = new Pool({
        connectionString: url,
        max: 10,
        // Also the wait for one of the ten to become free.
        connectionTimeoutMillis: LIMITS.databaseWaitMs,
        keepAlive: true,
        fallback_application_name: 'tally',
        types: {
          // Counts and sizes are numbers on SQLite; pg would give text.
          getTypeParser: (oid: number, format?: 'text' | 'binary') =>
            oid === INT8 || oid === NUMERIC ? Number : types.getTypeParser(oid, format),
        },
      })
      pool.on('error', (error) => deps.log('debug', `an idle connection to ${where} was lost: ${error.message}`))
    },
    acquireConnection: async () => {
      if (pool === undefined) throw new Error('the PostgreSQL driver was used before it was opened')
      try {
        return postgresConnection(await pool.connect(), where)
      } catch (error) {
        throw asDatabaseError(error, where)
      }
    },
    releaseConnection: async (connection) => pooled(connection).release(),
    beginTransaction: async (connection, { isolationLevel }) => {
      await pooled(connection).query(`begin isolation level ${isolationLevel ?? 'read committed'}`)
    },
    commitTransaction: async (connection) => {
      // PostgreSQL answers COMMIT of a transaction in which a statement failed with ROLLBACK, not with an error.
      const { command } = await pooled(connection).query('commit')
      if (command !== 'COMMIT') throw fail('bug', 'a transaction went on after one of its statements had failed', { where })
    },
    rollbackTransaction: async (connection) => await pooled(connection).rollback(),
    destroy: async () => await pool?.end(),
  }
}

/** Kysely hands back the very connections the driver gave it. */
function pooled(connection: DatabaseConnection): PooledConnection {
  return connection as PooledConnection
}

function postgresConnection(client: PoolClient, where: string): PooledConnection {
  // Set when the connection is gone or in no known state: it is then closed, not given back to the pool.
  let lost: Error | undefined
  // A connection may end between two queries; without a listener that would end the process.
  const onError = (error: Error): void => {
    lost ??= error
  }
  client.on('error', onError)
  const query: PooledConnection['query'] = async (sql, parameters) => {
    try {
      if (lost !== undefined) throw lost
      const { rows, rowCount, command } = await client.query(sql, parameters === undefined ? undefined : [...parameters])
      return { rows, command, ...(rowCount === null || command === 'SELECT' ? {} : { numAffectedRows: BigInt(rowCount) }) }
    } catch (error) {
      if (isConnectionLost(error) || sqlIsControl(sql)) lost ??= error instanceof Error ? error : new Error(String(error))
      throw asDatabaseError(lost ?? error, where)
    }
  }
  return {
    query,
    rollback: async () => {
      if (lost !== undefined) return
      try {
        await query('rollback')
      } catch {
        // The error that led here says more than this one, and a closed connection is rolled back by the server.
        lost ??= new Error('rollback failed')
      }
    },
    release: () => {
      client.off('error', onError)
      client.release(lost !== undefined)
    },
    executeQuery: async <R>(compiled: CompiledQuery): Promise<QueryResult<R>> =>
      (await query(compiled.sql, compiled.parameters)) as QueryResult<R>,
    // oxlint-disable-next-line require-yield
    streamQuery: async function* (): AsyncGenerator<never> {
      throw new Error('results are paged, not streamed')
    },
  }
}

/** A connection on which begin or commit failed is in no known state. */
function sqlIsControl(sql: string): boolean {
  return sql === 'commit' || sql.startsWith('begin ')
}

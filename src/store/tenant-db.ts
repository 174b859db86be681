import type { Kysely, RawBuilder, SqlBool } from 'kysely'
import { anyOf, insertMissing } from './dialect.ts'
import type { CellValue, Dialect } from './dialect.ts'
import type { Scope } from './scope.ts'
import { engine } from './store.ts'
import type { Store } from './store.ts'
import { tenantPlugin } from './tenant-plugin.ts'
import { refuseInside, retriedTransaction } from './transaction.ts'
import type { Isolation } from './transaction.ts'

/** Queries of one tenant. The tenant stands in every one of them without being named; there is no way to leave it out or to name another. */
export type TenantQueries<Tables> = Pick<Kysely<Tables>, 'selectFrom' | 'insertInto' | 'updateTable' | 'deleteFrom'> & {
  readonly dialect: Dialect
  /** Inserts the rows whose key is not there yet, in few statements whatever their number, sorted so that two writers meet in one order. */
  readonly insertMissing: <T extends keyof Tables & string>(table: T, rows: readonly RowOf<Tables[T]>[]) => Promise<void>
  /** The condition `column = one of values`, for lists of any length. */
  readonly anyOf: (column: string, values: readonly string[]) => RawBuilder<SqlBool>
}

type RowOf<T> = { readonly [C in Exclude<keyof T, 'actor'>]: T[C] & CellValue }

export type TenantDb<Tables> = TenantQueries<Tables> & {
  /** One transaction, retried as a whole (see `retriedTransaction`): idempotent, and all its queries through the handle it is given. */
  readonly transaction: <T>(step: (db: TenantQueries<Tables>) => Promise<T>, isolation?: Isolation) => Promise<T>
}

/** The rows of one tenant, written in the name of one actor. `Tables` are the room's own (`TablesOf<typeof shapes>`). */
export function tenantDb<Tables>(store: Pick<Store, 'dialect' | typeof engine>, scope: Scope): TenantDb<Tables> {
  return {
    ...queriesOf<Tables>(store, scope, store[engine].db, () => refuseInside(store)),
    transaction: async (step, isolation) =>
      await retriedTransaction(store, async (transaction) => await step(queriesOf(store, scope, transaction, () => {})), isolation),
  }
}

const ROWS_AT_ONCE = 2000

function queriesOf<Tables>(store: Pick<Store, 'dialect'>, scope: Scope, db: Kysely<unknown>, check: () => void): TenantQueries<Tables> {
  const scoped = db.withPlugin(tenantPlugin(scope)) as Kysely<Tables>
  const checked = <F extends (...args: never[]) => unknown>(build: F): F =>
    ((...args: Parameters<F>) => {
      check()
      return build(...args)
    }) as F
  return {
    dialect: store.dialect,
    selectFrom: checked(scoped.selectFrom.bind(scoped)),
    insertInto: checked(scoped.insertInto.bind(scoped)),
    updateTable: checked(scoped.updateTable.bind(scoped)),
    deleteFrom: checked(scoped.deleteFrom.bind(scoped)),
    anyOf: (column, values) => anyOf(store.dialect, column, values),
    insertMissing: async (table, rows) => {
      check()
      const same = { tenant: scope.tenant, actor: scope.actor }
      const sorted = rows.map((row) => ({ row: row as Readonly<Record<string, CellValue>>, order: JSON.stringify(Object.values(row)) }))
      sorted.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
      for (let at = 0; at < sorted.length; at += ROWS_AT_ONCE) {
        const some = sorted.slice(at, at + ROWS_AT_ONCE).map(({ row }) => row)
        await insertMissing(store.dialect, table, same, some).execute(db)
      }
    },
  }
}

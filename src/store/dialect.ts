import { sql } from 'kysely'
import type { RawBuilder, SqlBool } from 'kysely'

/** The two engines. `postgres` also stands for what speaks its protocol (Aurora, Citus, YugabyteDB, CockroachDB). */
export type Dialect = 'sqlite' | 'postgres'

/** What can be written into a column. */
export type CellValue = string | number | null

/*
 * Everything the two engines write differently in queries stands in this file and nowhere else: SQLite has no unnest,
 * no `= any` and no `skip locked`.
 */

/** The condition `column = one of values`, with the values as one parameter, however many there are. */
export function anyOf(dialect: Dialect, column: string, values: readonly string[]): RawBuilder<SqlBool> {
  if (dialect === 'postgres') return sql<SqlBool>`${sql.ref(column)} = any(${[...values]}::text[])`
  return sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`
}

/**
 * One statement that inserts rows whose key is not there yet and leaves the others as they are. `same` are the columns with
 * one value for all rows. All rows must have the columns of the first. How many were new is not told: the engines that
 * shard count what was offered.
 */
export function insertMissing(
  dialect: Dialect,
  table: string,
  same: Readonly<Record<string, CellValue>>,
  rows: readonly Readonly<Record<string, CellValue>>[],
): RawBuilder<unknown> {
  const sameNames = Object.keys(same)
  // A column that is null throughout is left out: its values would not tell PostgreSQL what type they are of.
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] !== null))
  const columns = sql.join([...sameNames, ...names].map((name) => sql.ref(name)))
  if (dialect === 'postgres') {
    const arrays = names.map((name) => {
      const cells = rows.map((row) => row[name] ?? null)
      return cells.some((cell) => typeof cell === 'number') ? sql`${cells}::bigint[]` : sql`${cells}::text[]`
    })
    const constants = sameNames.map((name) => (typeof same[name] === 'number' ? sql`${same[name]}::bigint` : sql`${same[name]}::text`))
    const selected = sql.join([...constants, ...names.map((name) => sql.ref(`n.${name}`))])
    const aliases = sql.join(names.map((name) => sql.ref(name)))
    return sql`insert into ${sql.table(table)} (${columns}) select ${selected} from unnest(${sql.join(arrays)}) as n(${aliases}) on conflict do nothing`
  }
  const cells = names.map((_, at) => sql`n.value ->> ${sql.lit(`$[${at}]`)}`)
  const selected = sql.join([...sameNames.map((name) => sql`${same[name] ?? null}`), ...cells])
  const offered = JSON.stringify(rows.map((row) => names.map((name) => row[name] ?? null)))
  return sql`insert into ${sql.table(table)} (${columns}) select ${selected} from json_each(${offered}) as n where true on conflict do nothing`
}

/** Ends a subquery that picks rows to claim: rows another worker holds are passed over. SQLite has one writer, so there are none. */
export function skipLocked(dialect: Dialect): RawBuilder<unknown> {
  return dialect === 'postgres' ? sql`for update skip locked` : sql``
}

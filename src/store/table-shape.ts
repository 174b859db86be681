import type { ColumnType as KyselyColumn } from 'kysely'
import type { Dialect } from './dialect.ts'

/** What a column holds; `?` lets it be null. Times are text (RFC 3339, UTC, milliseconds), JSON is canonical text, there are no booleans. */
export type ColumnKind = 'text' | 'text?' | 'integer' | 'integer?'

/**
 * A table as data. `tenant` (first column of every key and index) and `actor` (who wrote the row last) stand in every
 * table without being named, so that neither can be forgotten.
 */
export type TableShape = {
  readonly columns: Readonly<Record<string, ColumnKind>>
  /** Primary key after `tenant`. Content hashes, UUIDs made by us or names: never a sequence. */
  readonly key: readonly string[]
  readonly indexes?: Readonly<Record<string, IndexShape>>
  /** Foreign keys, both sides after `tenant`. The other table must come earlier in the list. */
  readonly references?: readonly { readonly columns: readonly string[]; readonly table: string; readonly key: readonly string[] }[]
  /** Rows are short and looked up by key only: SQLite then keeps the key once, not twice. */
  readonly lean?: boolean
}

export type IndexShape = {
  readonly columns: readonly string[]
  /** A partial index: the condition, in SQL that both engines read. */
  readonly where?: string
  /** Leaves `tenant` out, for the job queue, whose workers serve all tenants. */
  readonly acrossTenants?: boolean
}

type ValueOf<K extends ColumnKind> = K extends 'text'
  ? string
  : K extends 'text?'
    ? string | null
    : K extends 'integer'
      ? number
      : number | null

/** The row types of tables as rooms see them: without `tenant` (it is added to every query), `actor` for reading only. */
export type TablesOf<S extends Readonly<Record<string, TableShape>>> = {
  [T in keyof S & string]: { -readonly [C in keyof S[T]['columns']]: ValueOf<S[T]['columns'][C]> } & {
    actor: KyselyColumn<string, never, never>
  }
}

/** The statements that create the tables, one statement each, safe to run again where DDL is not transactional. Foreign keys come after all tables on PostgreSQL (Citus wants it so). */
export function createTables(dialect: Dialect, shapes: Readonly<Record<string, TableShape>>): readonly string[] {
  const entries = Object.entries(shapes)
  return [
    ...entries.map(([name, shape]) => createTable(dialect, name, shape)),
    ...entries.flatMap(([name, shape]) => createIndexes(name, shape)),
    ...(dialect === 'postgres' ? entries.flatMap(([name, shape]) => addForeignKeys(name, shape)) : []),
  ]
}

function createTable(dialect: Dialect, name: string, shape: TableShape): string {
  const columns = { tenant: 'text', ...shape.columns, actor: 'text' } as const satisfies Record<string, ColumnKind>
  const parts = Object.entries<ColumnKind>(columns).map(([column, kind]) => `${quoted(column)} ${columnType(dialect, kind)}`)
  parts.push(`primary key (${keyList(shape.key)})`)
  if (dialect === 'sqlite') parts.push(...(shape.references ?? []).map(foreignKey))
  const tail = dialect === 'sqlite' ? ` strict${shape.lean === true ? ', without rowid' : ''}` : ''
  return `create table if not exists ${quoted(name)} (${parts.join(', ')})${tail}`
}

function createIndexes(name: string, shape: TableShape): readonly string[] {
  return Object.entries(shape.indexes ?? {}).map(([index, { columns, where, acrossTenants }]) => {
    const list = acrossTenants === true ? columns.map(quoted).join(', ') : keyList(columns)
    return `create index if not exists ${quoted(`${name}_${index}`)} on ${quoted(name)} (${list})${where === undefined ? '' : ` where ${where}`}`
  })
}

function addForeignKeys(name: string, shape: TableShape): readonly string[] {
  return (shape.references ?? []).map((reference) => `alter table ${quoted(name)} add ${foreignKey(reference)}`)
}

function foreignKey(reference: NonNullable<TableShape['references']>[number]): string {
  return `foreign key (${keyList(reference.columns)}) references ${quoted(reference.table)} (${keyList(reference.key)})`
}

function keyList(columns: readonly string[]): string {
  return ['tenant', ...columns].map(quoted).join(', ')
}

// Collation "C" makes PostgreSQL order text by bytes, as SQLite does: pages and ranges are then the same on both.
function columnType(dialect: Dialect, kind: ColumnKind): string {
  const required = kind.endsWith('?') ? '' : ' not null'
  if (kind.startsWith('text')) return `${dialect === 'postgres' ? 'text collate "C"' : 'text'}${required}`
  return `${dialect === 'postgres' ? 'bigint' : 'integer'}${required}`
}

function quoted(name: string): string {
  return `"${name}"`
}

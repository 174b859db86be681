import { digestOf } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { asOf } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import type { InventoryTables } from './tables.ts'

/** Tables in which a series (an environment, a workload, a tag) has one value at a time. */
export type SeriesTable = 'current_history' | 'deployment' | 'tag_history'

/** What a series has: an artifact by a tag, or (null) nothing any more. */
type Value = { readonly artifact: string | null; readonly tag: string }

/** A period of a series. `confirmedAt` is the last time somebody reported that it still had this value. */
export type Period = Value & { readonly from: string; readonly until: string | null; readonly confirmedAt: string }

export type Change =
  /** It had this value then. */
  | { readonly kind: 'already'; readonly confirmedAt: string }
  /** The covering period ends at the time of the report, `begins` starts there; `resumes` is what the covering period goes on as. */
  | { readonly kind: 'begins'; readonly begins: Period; readonly resumes: Period | undefined }

/**
 * What happens to a series on the report that it had a value at a time. `covering` is the period that holds that time, `nextStart` the
 * start of the first period after it. Reports may come late and twice: periods never overlap, and what the newest report
 * says is what holds last, in whatever order they come.
 */
export function changeOf(value: Value, at: string, covering: Period | undefined, nextStart: string | undefined): Change {
  if (covering === undefined) {
    return { kind: 'begins', begins: { ...value, from: at, until: nextStart ?? null, confirmedAt: at }, resumes: undefined }
  }
  if (covering.artifact === value.artifact && covering.tag === value.tag) {
    return { kind: 'already', confirmedAt: at > covering.confirmedAt ? at : covering.confirmedAt }
  }
  if (covering.confirmedAt <= at) {
    return { kind: 'begins', begins: { ...value, from: at, until: covering.until, confirmedAt: at }, resumes: undefined }
  }
  // A late report: the old value was seen again since, so it came back at the latest then.
  const back = covering.confirmedAt
  return { kind: 'begins', begins: { ...value, from: at, until: back, confirmedAt: at }, resumes: { ...covering, from: back } }
}

type SeriesRow<T extends SeriesTable> = Omit<InventoryTables[T], 'id' | 'valid_from' | 'valid_to' | 'confirmed_at' | 'actor'> &
  Value & { readonly series: string; readonly set_by: string }

/** Reports that a series had a value at `at` (as `utcTime` gives it). Must run in a serializable transaction. Out: whether that was news. */
export async function setInSeries<T extends SeriesTable>(
  db: InventoryQueries,
  given: T,
  value: SeriesRow<T>,
  at: string,
): Promise<boolean> {
  // The three tables share all columns that are touched here; the cast picks one of them for the types.
  const table = given as 'tag_history'
  const { series } = value
  const id = idOf(series, value, at)
  const known = await db
    .selectFrom(table)
    .select('id')
    .where('series', '=', series)
    .where('valid_from', '=', at)
    .where('id', '=', id)
    .execute()
  if (known.length > 0) return false
  const covering = await db.selectFrom(table).selectAll().where('series', '=', series).where(asOf(table, at)).executeTakeFirst()
  const change = changeOf(value, at, covering === undefined ? undefined : periodOf(covering), await nextStart(db, table, series, at))
  if (change.kind === 'already') {
    if (covering !== undefined && covering.confirmed_at !== change.confirmedAt) {
      await db
        .updateTable(table)
        .set({ confirmed_at: change.confirmedAt })
        .where('series', '=', series)
        .where('id', '=', covering.id)
        .execute()
    }
    return false
  }
  if (covering !== undefined) {
    const ended = { valid_to: at, confirmed_at: covering.confirmed_at < at ? covering.confirmed_at : covering.valid_from }
    await db.updateTable(table).set(ended).where('series', '=', series).where('id', '=', covering.id).execute()
  }
  await addPeriod(db, table, value as unknown as SeriesRow<'tag_history'>, change.begins)
  if (covering !== undefined && change.resumes !== undefined) await addPeriod(db, table, covering, change.resumes)
  return true
}

async function nextStart(db: InventoryQueries, table: 'tag_history', series: string, at: string): Promise<string | undefined> {
  const row = await db
    .selectFrom(table)
    .select('valid_from')
    .where('series', '=', series)
    .where('valid_from', '>', at)
    .orderBy('valid_from')
    .limit(1)
    .executeTakeFirst()
  return row?.valid_from
}

async function addPeriod(
  db: InventoryQueries,
  table: 'tag_history',
  value: SeriesRow<'tag_history'> & { readonly actor?: string },
  period: Period,
): Promise<void> {
  const { actor: _, ...own } = value
  const during = {
    id: idOf(value.series, period, period.from),
    valid_from: period.from,
    valid_to: period.until,
    confirmed_at: period.confirmedAt,
  }
  await db
    .insertInto(table)
    .values({ ...own, ...during })
    .execute()
}

function periodOf(row: Omit<InventoryTables['tag_history'], 'actor'>): Period {
  return { artifact: row.artifact, tag: row.tag, from: row.valid_from, until: row.valid_to, confirmedAt: row.confirmed_at }
}

function idOf(series: string, value: Value, from: string): string {
  return digestOf(canonicalBytes([series, value.artifact, value.tag, from]))
}

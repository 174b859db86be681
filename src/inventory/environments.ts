import type { Digest } from '../kernel/digest.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { asOf, inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { makePage, pageLimit, readCursor } from './pages.ts'
import type { Page, PageQuestion } from './pages.ts'
import { utcTime } from './times.ts'

/** What an environment's `current` named, and when. */
export type CurrentPeriod = {
  readonly artifact: Digest
  /** Name and version of the artifact, where it was recorded. */
  readonly name: string | undefined
  readonly version: string | undefined
  readonly tag: string
  readonly from: string
  /** Undefined: it still does. */
  readonly until: string | undefined
  /** Who moved it there. */
  readonly actor: string
}

export type Environment = {
  readonly name: string
  readonly from: string | undefined
  readonly registry: string | undefined
  readonly current: CurrentPeriod | undefined
  /** Workloads that run something. */
  readonly workloads: number
}

/** The environments in the order of tally.yaml, each with what is current in it; with `asOf` (RFC 3339), what was current then. */
export async function environments(store: Store, scope: Scope, question: { readonly asOf?: string } = {}): Promise<readonly Environment[]> {
  const db = inventoryDb(store, scope)
  const time = question.asOf === undefined ? undefined : utcTime(question.asOf, 'asOf')
  const rows = await db.selectFrom('environment').selectAll().orderBy('position').orderBy('name').execute()
  const current = await periods(db).where(asOf('current_history', time)).orderBy('current_history.environment').execute()
  const workloads = await db
    .selectFrom('deployment')
    .select((each) => ['environment', each.fn.countAll<number>().as('count')])
    .where(asOf('deployment', time))
    .where('artifact', 'is not', null)
    .groupBy('environment')
    .orderBy('environment')
    .execute()
  return rows.map((row) => {
    const period = current.find((each) => each.environment === row.name)
    return {
      name: row.name,
      from: row.comes_from ?? undefined,
      registry: row.registry ?? undefined,
      current: period === undefined ? undefined : asPeriod(period),
      workloads: workloads.find((each) => each.environment === row.name)?.count ?? 0,
    }
  })
}

/** What an environment's `current` named over time, the newest first. */
export async function currentHistory(
  store: Store,
  scope: Scope,
  environment: string,
  question: PageQuestion = {},
): Promise<Page<CurrentPeriod>> {
  const limit = pageLimit(question)
  let query = periods(inventoryDb(store, scope))
    .where('current_history.series', '=', environment)
    .orderBy('current_history.valid_from', 'desc')
    .orderBy('current_history.id', 'desc')
    .limit(limit + 1)
  if (question.after !== undefined) {
    const [from = '', id = ''] = readCursor(question.after, 2)
    query = query.where((each) => each(each.refTuple('current_history.valid_from', 'current_history.id'), '<', each.tuple(from, id)))
  }
  return makePage(await query.execute(), limit, (row) => [row.valid_from, row.id], asPeriod)
}

function periods(db: InventoryQueries) {
  return db
    .selectFrom('current_history')
    .leftJoin('artifact', 'artifact.digest', 'current_history.artifact')
    .select(['current_history.environment', 'current_history.artifact', 'current_history.tag', 'current_history.id'])
    .select(['current_history.valid_from', 'current_history.valid_to', 'current_history.set_by', 'artifact.name', 'artifact.version'])
}

function asPeriod(row: {
  readonly artifact: string | null
  readonly name: string | null
  readonly version: string | null
  readonly tag: string
  readonly valid_from: string
  readonly valid_to: string | null
  readonly set_by: string
}): CurrentPeriod {
  return {
    artifact: row.artifact as Digest,
    name: row.name ?? undefined,
    version: row.version ?? undefined,
    tag: row.tag,
    from: row.valid_from,
    until: row.valid_to ?? undefined,
    actor: row.set_by,
  }
}

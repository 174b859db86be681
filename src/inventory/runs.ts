import { isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { inventoryDb } from './inventory-db.ts'
import { makePage, pageLimit, readCursor } from './pages.ts'
import type { Page, PageQuestion } from './pages.ts'
import { utcTime } from './times.ts'

/** A run of `ship`, as people look back at it. What makes it resumable is the chain's own state. */
export type Run = {
  /** The chain's run key: the same run taken up again keeps it. */
  readonly id: string
  readonly project: string
  readonly commit: string
  /** The environment it was to reach. */
  readonly target: string
  readonly outcome: 'running' | 'allow' | 'deny' | 'unknown' | 'failed'
  readonly artifact?: Digest
  readonly startedAt: string
  readonly finishedAt?: string
}

/** Notes a run, or how it went on. The first start stays. */
export async function recordRun(store: Store, scope: Scope, run: Run): Promise<void> {
  const state = {
    outcome: run.outcome,
    artifact: run.artifact ?? null,
    finished_at: run.finishedAt === undefined ? null : utcTime(run.finishedAt, 'finishedAt'),
  }
  const { id, project, commit, target } = run
  await inventoryDb(store, scope)
    .insertInto('run')
    .values({ id, project, source_commit: commit, target, started_at: utcTime(run.startedAt, 'startedAt'), ...state })
    .onConflict((conflict) => conflict.columns(['id']).doUpdateSet(state))
    .execute()
}

/** Runs, the newest first. */
export async function listRuns(store: Store, scope: Scope, question: PageQuestion = {}): Promise<Page<Run>> {
  const limit = pageLimit(question)
  let query = inventoryDb(store, scope)
    .selectFrom('run')
    .selectAll()
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (question.after !== undefined) {
    const [startedAt = '', id = ''] = readCursor(question.after, 2)
    query = query.where((each) => each(each.refTuple('started_at', 'id'), '<', each.tuple(startedAt, id)))
  }
  return makePage(
    await query.execute(),
    limit,
    (row) => [row.started_at, row.id],
    (row): Run => ({
      id: row.id,
      project: row.project,
      commit: row.source_commit,
      target: row.target,
      outcome: row.outcome as Run['outcome'],
      startedAt: row.started_at,
      ...(row.artifact !== null && isDigest(row.artifact) ? { artifact: row.artifact } : {}),
      ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    }),
  )
}

import type { Digest } from '../kernel/digest.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { setInSeries } from './intervals.ts'
import { inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { utcTime } from './times.ts'

export type EnvironmentNote = {
  readonly name: string
  /** The environment artifacts are promoted from. */
  readonly from?: string
  readonly registry?: string
  /** Place in the list people see; the way from source to production. */
  readonly position: number
}

/** Notes an environment as tally.yaml describes it. A later description replaces an earlier one. */
export async function recordEnvironment(store: Store, scope: Scope, note: EnvironmentNote): Promise<void> {
  const described = { comes_from: note.from ?? null, registry: note.registry ?? null, position: note.position }
  await inventoryDb(store, scope)
    .insertInto('environment')
    .values({ name: note.name, ...described })
    .onConflict((conflict) => conflict.columns(['name']).doUpdateSet(described))
    .execute()
}

export type Move = {
  readonly environment: string
  readonly artifact: Digest
  /** The release tag it is known by there. */
  readonly tag: string
  /** RFC 3339: when it became so. */
  readonly at: string
}

/** Notes that the `current` of an environment moved. Again: nothing changes; late: it is put where it belongs (`changeOf`). Out: whether it was news. */
export async function moveCurrent(store: Store, scope: Scope, move: Move): Promise<boolean> {
  const at = utcTime(move.at, 'at')
  const { environment, artifact, tag } = move
  return await inventoryDb(store, scope).transaction(async (db) => {
    await ensureEnvironment(db, environment)
    return await setInSeries(db, 'current_history', { series: environment, environment, artifact, tag, set_by: scope.actor }, at)
  }, 'serializable')
}

export type DeploymentNote = {
  readonly environment: string
  /** Cluster, namespace, kind, name and container, or whatever names one place where one artifact runs. */
  readonly workload: string
  /** Undefined: it no longer runs anything. */
  readonly artifact: Digest | undefined
  readonly tag?: string
  readonly at: string
}

/** Notes what a workload runs since `at`. Again: nothing changes; late: it is put where it belongs (`changeOf`). Out: whether it was news. */
export async function recordDeployment(store: Store, scope: Scope, note: DeploymentNote): Promise<boolean> {
  const at = utcTime(note.at, 'at')
  const { environment, workload, artifact } = note
  const series = JSON.stringify([environment, workload])
  return await inventoryDb(store, scope).transaction(async (db) => {
    await ensureEnvironment(db, environment)
    return await setInSeries(
      db,
      'deployment',
      { series, environment, workload, artifact: artifact ?? null, tag: note.tag ?? '', set_by: scope.actor },
      at,
    )
  }, 'serializable')
}

/** Notes what a tag of a repository named at `at`. Out: whether that is new. */
export async function recordTag(
  store: Store,
  scope: Scope,
  note: { readonly repository: string; readonly tag: string; readonly artifact: Digest; readonly at: string },
): Promise<boolean> {
  const { repository, tag, artifact } = note
  const series = JSON.stringify([repository, tag])
  const at = utcTime(note.at, 'at')
  return await inventoryDb(store, scope).transaction(
    async (db) => await setInSeries(db, 'tag_history', { series, repository, tag, artifact, set_by: scope.actor }, at),
    'serializable',
  )
}

async function ensureEnvironment(db: InventoryQueries, name: string): Promise<void> {
  await db.insertMissing('environment', [{ name, comes_from: null, registry: null, position: 0 }])
}

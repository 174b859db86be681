import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { evidenceOf } from './artifact-detail.ts'
import type { KnownEvidence } from './artifact-detail.ts'
import { equivalentsOf } from './equivalents.ts'
import { inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'

/** Something that happened to an artifact. `at` is RFC 3339, UTC. */
export type TimelineEvent = { readonly at: string; readonly actor: string } & (
  | { readonly kind: 'seen'; readonly digest: Digest; readonly name: string }
  | { readonly kind: 'evidence'; readonly evidence: KnownEvidence }
  | { readonly kind: 'sbom'; readonly id: Digest; readonly components: number; readonly completeness: string }
  | {
      readonly kind: 'verdict'
      readonly id: Digest
      readonly decision: string
      readonly policy: string
      readonly environment: string | undefined
    }
  | { readonly kind: 'tagged'; readonly repository: string; readonly tag: string }
  | { readonly kind: 'became-current' | 'was-replaced'; readonly environment: string; readonly tag: string }
  | { readonly kind: 'deployed' | 'undeployed'; readonly environment: string; readonly workload: string }
)

/** In what order things that bear the same time are shown. */
const ORDER: readonly TimelineEvent['kind'][] = [
  'seen',
  'evidence',
  'sbom',
  'verdict',
  'tagged',
  'became-current',
  'deployed',
  'undeployed',
  'was-replaced',
]

/** What happened to an artifact and its equivalents, the oldest first, at most LIMITS.timelineEvents of each kind (the newest). */
export async function timelineOf(store: Store, scope: Scope, digest: Digest): Promise<readonly TimelineEvent[]> {
  const db = inventoryDb(store, scope)
  const same = (await equivalentsOf(db, [digest])).get(digest) ?? [digest]
  const evidence = await evidenceOf(db, same)
  const events: readonly TimelineEvent[] = [
    ...(await seen(db, same)),
    ...inLogOrder(evidence).map(({ at, each }): TimelineEvent => ({ kind: 'evidence', at, actor: each.actor, evidence: each })),
    ...(await sboms(db, same)),
    ...(await verdicts(db, same)),
    ...(await tags(db, same)),
    ...(await moves(db, same)),
    ...(await deployments(db, same)),
  ]
  return events.toSorted((a, b) => (a.at === b.at ? ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) : a.at < b.at ? -1 : 1))
}

/**
 * Evidence with the time to show it at. What names no time was made no later than anything behind it in the same log, nor
 * than it was recorded: the earliest of these.
 */
function inLogOrder(evidence: readonly KnownEvidence[]): readonly { readonly at: string; readonly each: KnownEvidence }[] {
  const byIndex = evidence.toSorted((a, b) => (a.log?.index ?? Infinity) - (b.log?.index ?? Infinity))
  let bound = '9999'
  return byIndex
    .toReversed()
    .map((each) => {
      const at = each.time.at !== '' ? each.time.at : each.log !== undefined && bound < each.recordedAt ? bound : each.recordedAt
      if (each.log !== undefined && at < bound) bound = at
      return { at, each }
    })
    .toReversed()
}

async function seen(db: InventoryQueries, same: readonly string[]): Promise<readonly TimelineEvent[]> {
  const rows = await db.selectFrom('artifact').selectAll().where(db.anyOf('digest', same)).orderBy('digest').execute()
  return rows.map((row) => ({ kind: 'seen', at: row.first_seen, actor: row.actor, digest: row.digest as Digest, name: row.name }))
}

async function sboms(db: InventoryQueries, same: readonly string[]): Promise<readonly TimelineEvent[]> {
  const rows = await db
    .selectFrom('sbom')
    .selectAll()
    .where(db.anyOf('artifact', same))
    .orderBy('valid_from', 'desc')
    .orderBy('id')
    .limit(LIMITS.timelineEvents)
    .execute()
  return rows.map((row) => {
    const { id, components, completeness } = row
    return { kind: 'sbom', at: row.valid_from, actor: row.actor, id: id as Digest, components, completeness }
  })
}

async function verdicts(db: InventoryQueries, same: readonly string[]): Promise<readonly TimelineEvent[]> {
  const rows = await db
    .selectFrom('verdict')
    .select(['id', 'decision', 'policy_name', 'environment', 'judged_at', 'actor'])
    .where(db.anyOf('artifact', same))
    .orderBy('judged_at', 'desc')
    .orderBy('id')
    .limit(LIMITS.timelineEvents)
    .execute()
  return rows.map((row) => ({
    kind: 'verdict',
    at: row.judged_at,
    actor: row.actor,
    id: row.id as Digest,
    decision: row.decision,
    policy: row.policy_name,
    environment: row.environment ?? undefined,
  }))
}

async function tags(db: InventoryQueries, same: readonly string[]): Promise<readonly TimelineEvent[]> {
  const rows = await db
    .selectFrom('tag_history')
    .selectAll()
    .where(db.anyOf('artifact', same))
    .orderBy('valid_from', 'desc')
    .orderBy('id')
    .limit(LIMITS.timelineEvents)
    .execute()
  return rows.map((row) => ({ kind: 'tagged', at: row.valid_from, actor: row.set_by, repository: row.repository, tag: row.tag }))
}

async function moves(db: InventoryQueries, same: readonly string[]): Promise<readonly TimelineEvent[]> {
  const rows = await db
    .selectFrom('current_history')
    .selectAll()
    .where(db.anyOf('artifact', same))
    .orderBy('valid_from', 'desc')
    .orderBy('id')
    .limit(LIMITS.timelineEvents)
    .execute()
  return [
    ...rows.map(({ valid_from, set_by, environment, tag }): TimelineEvent => ({
      kind: 'became-current',
      at: valid_from,
      actor: set_by,
      environment,
      tag,
    })),
    ...ended(rows).map(({ at, actor, environment, tag }): TimelineEvent => ({ kind: 'was-replaced', at, actor, environment, tag })),
  ]
}

async function deployments(db: InventoryQueries, same: readonly string[]): Promise<readonly TimelineEvent[]> {
  const rows = await db
    .selectFrom('deployment')
    .selectAll()
    .where(db.anyOf('artifact', same))
    .orderBy('valid_from', 'desc')
    .orderBy('id')
    .limit(LIMITS.timelineEvents)
    .execute()
  return [
    ...rows.map(({ valid_from, set_by, environment, workload }): TimelineEvent => ({
      kind: 'deployed',
      at: valid_from,
      actor: set_by,
      environment,
      workload,
    })),
    ...ended(rows).map(({ at, actor, environment, workload }): TimelineEvent => ({ kind: 'undeployed', at, actor, environment, workload })),
  ]
}

/** Periods that are over; `at` is when. */
function ended<R extends { readonly valid_to: string | null }>(rows: readonly R[]): readonly (R & { readonly at: string })[] {
  return rows.flatMap((row) => (row.valid_to === null ? [] : [Object.assign(row, { at: row.valid_to })]))
}

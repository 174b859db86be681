import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { toHex, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { overLimit } from '../kernel/bytes.ts'
import { canonicalJson, parseJson } from '../kernel/json.ts'
import type { Json } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { anyOf, skipLocked } from './dialect.ts'
import type { Migration } from './migrations.ts'
import { backoffMs } from './retry.ts'
import type { ActorId, Scope, TenantId } from './scope.ts'
import { engine } from './store.ts'
import type { Store } from './store.ts'
import { createTables } from './table-shape.ts'
import type { TableShape, TablesOf } from './table-shape.ts'
import { tenantDb } from './tenant-db.ts'
import { retriedTransaction } from './transaction.ts'

const shapes = {
  job: {
    columns: {
      id: 'text',
      kind: 'text',
      payload: 'text',
      state: 'text',
      attempts: 'integer',
      max_attempts: 'integer',
      /** When it may be claimed: its first time, after a failure a later one, while it is leased the end of the lease. */
      due_at: 'text',
      lease: 'text?',
      last_error: 'text?',
      created_at: 'text',
      finished_at: 'text?',
    },
    key: ['id'],
    indexes: { due: { columns: ['kind', 'due_at'], where: `state in ('ready', 'leased')`, acrossTenants: true } },
  },
} as const satisfies Record<string, TableShape>

type JobTables = TablesOf<typeof shapes>

export const jobMigrations: readonly Migration[] = [{ name: 'store-0001-jobs', statements: (dialect) => createTables(dialect, shapes) }]

export type NewJob = {
  readonly kind: string
  /** What makes it the same job: a second one of the same kind and key is not added, also after the first was done. */
  readonly key: string
  /** At most LIMITS.jobPayloadBytes as JSON. */
  readonly payload: Json
  readonly notBefore?: Date
  /** Default 5. */
  readonly maxAttempts?: number
}

/** A job this worker may run until the lease ends. `lease` is fresh for every claim: a worker that lost its lease cannot finish the job of the next. */
export type ClaimedJob = {
  readonly id: Digest
  readonly kind: string
  readonly payload: Json
  readonly scope: Scope
  readonly attempt: number
  readonly lease: string
}

/** Adds a job for a tenant. Out: its id, and whether it is new. Throws `limit-exceeded` for a payload over its cap. */
export async function enqueueJob(store: Store, scope: Scope, job: NewJob): Promise<{ readonly id: Digest; readonly added: boolean }> {
  const id = digestOf(utf8(canonicalJson([job.kind, job.key])))
  const payload = canonicalJson(job.payload)
  if (utf8(payload).byteLength > LIMITS.jobPayloadBytes) throw overLimit('jobPayloadBytes', LIMITS.jobPayloadBytes, job.kind)
  const now = store[engine].deps.now()
  const row = {
    id,
    kind: job.kind,
    payload,
    state: 'ready',
    attempts: 0,
    max_attempts: job.maxAttempts ?? 5,
    due_at: (job.notBefore ?? now).toISOString(),
    created_at: now.toISOString(),
  }
  const added = await tenantDb<JobTables>(store, scope)
    .insertInto('job')
    .values({ ...row, lease: null, last_error: null, finished_at: null })
    .onConflict((conflict) => conflict.columns(['id']).doNothing())
    .returning('id')
    .execute()
  return { id, added: added.length > 0 }
}

/**
 * Takes up to `limit` jobs of the given kinds that are due, of any tenant, for `leaseMs` milliseconds: new ones, ones to be tried
 * again, and ones whose worker let the lease run out (until their tries are used up). No two workers get the same job at the same time.
 */
export async function claimJobs(
  store: Store,
  kinds: readonly string[],
  options: { readonly leaseMs: number; readonly limit?: number },
): Promise<readonly ClaimedJob[]> {
  const { deps } = store[engine]
  const now = deps.now()
  const lease = toHex(deps.randomBytes(16))
  const until = new Date(now.getTime() + options.leaseMs).toISOString()
  const rows = await retriedTransaction(store, async (transaction) => {
    // A job that takes its worker down each time never reaches failJob.
    await sql`update job set state = 'dead', finished_at = ${now.toISOString()}, lease = null, last_error = 'its last lease ran out'
      where state = 'leased' and attempts >= max_attempts and ${anyOf(store.dialect, 'kind', kinds)} and due_at <= ${now.toISOString()}`.execute(
      transaction,
    )
    const chosen = sql`select tenant, id from job where state in ('ready', 'leased') and ${anyOf(store.dialect, 'kind', kinds)}
      and due_at <= ${now.toISOString()} order by due_at, tenant, id limit ${options.limit ?? 1} ${skipLocked(store.dialect)}`
    const claimed = await sql<ClaimedRow>`update job set state = 'leased', attempts = attempts + 1, lease = ${lease}, due_at = ${until}
      where (tenant, id) in (${chosen}) returning tenant, actor, id, kind, payload, attempts`.execute(transaction)
    return claimed.rows
  })
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    payload: parseJson(utf8(row.payload), `job ${row.id}`, { code: 'database' }),
    scope: { tenant: row.tenant, actor: row.actor },
    attempt: row.attempts,
    lease,
  }))
}

type ClaimedRow = {
  readonly tenant: TenantId
  readonly actor: ActorId
  readonly id: Digest
  readonly kind: string
  readonly payload: string
  readonly attempts: number
}

/** Holds the lease for another `leaseMs`. False when it was lost: the worker must stop, another may have the job. */
export async function heartbeatJob(store: Store, job: ClaimedJob, leaseMs: number): Promise<boolean> {
  const until = new Date(store[engine].deps.now().getTime() + leaseMs).toISOString()
  return await updateLeased(store, job, { due_at: until })
}

/** Marks the job done. False when the lease was lost: another worker has it, or finished it. */
export async function completeJob(store: Store, job: ClaimedJob): Promise<boolean> {
  return await updateLeased(store, job, { state: 'done', lease: null, finished_at: store[engine].deps.now().toISOString() })
}

/**
 * Marks the try as failed, with a message for people (no secrets). It will be tried again after 1 s, 2 s, 4 s … at most an hour,
 * until its tries are used up; then it stays as `dead`.
 */
export async function failJob(store: Store, job: ClaimedJob, message: string): Promise<'again' | 'dead' | 'lost'> {
  const { deps } = store[engine]
  const now = deps.now()
  const due = new Date(now.getTime() + backoffMs(deps, job.attempt, 1000, 3_600_000)).toISOString()
  const row = await rawJobs(store)
    .updateTable('job')
    .set((each) => ({
      state: each.case().when('attempts', '>=', each.ref('max_attempts')).then('dead').else('ready').end(),
      finished_at: each.case().when('attempts', '>=', each.ref('max_attempts')).then(now.toISOString()).end(),
      due_at: due,
      lease: null,
      last_error: message.slice(0, 2000),
    }))
    .where('tenant', '=', job.scope.tenant)
    .where('id', '=', job.id)
    .where('lease', '=', job.lease)
    .returning('state')
    .executeTakeFirst()
  if (row === undefined) return 'lost'
  return row.state === 'dead' ? 'dead' : 'again'
}

/** Forgets jobs that were finished (done or dead) before a time; their keys may then be used again. Out: how many. */
export async function forgetJobs(store: Store, finishedBefore: Date): Promise<number> {
  const gone = await rawJobs(store).deleteFrom('job').where('finished_at', '<', finishedBefore.toISOString()).returning('id').execute()
  return gone.length
}

/** How many jobs of each kind and state a tenant has, for people. */
export async function countJobs(store: Store, scope: Scope): Promise<readonly { kind: string; state: string; count: number }[]> {
  return await tenantDb<JobTables>(store, scope)
    .selectFrom('job')
    .select((each) => ['kind', 'state', each.fn.countAll<number>().as('count')])
    .groupBy(['kind', 'state'])
    .orderBy('kind')
    .orderBy('state')
    .execute()
}

async function updateLeased(
  store: Store,
  job: ClaimedJob,
  change: { readonly state?: string; readonly lease?: null; readonly due_at?: string; readonly finished_at?: string },
): Promise<boolean> {
  const rows = await rawJobs(store)
    .updateTable('job')
    .set(change)
    .where('tenant', '=', job.scope.tenant)
    .where('id', '=', job.id)
    .where('lease', '=', job.lease)
    .returning('id')
    .execute()
  return rows.length > 0
}

type RawJobTables = { readonly job: JobTables['job'] & { readonly tenant: string } }

function rawJobs(store: Store): Kysely<RawJobTables> {
  return store[engine].db
}

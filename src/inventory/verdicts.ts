import { z } from 'zod'
import type { ClauseResult, Decision, Verdict } from '../evidence/verdict.ts'
import { utf8 } from '../kernel/bytes.ts'
import { isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { equivalentsOf } from './equivalents.ts'
import { inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { makePage, pageLimit, readCursor } from './pages.ts'
import type { Page, PageQuestion } from './pages.ts'

export type KnownVerdict = Verdict & { readonly id: Digest; readonly environment: string | undefined; readonly actor: string }

const clausesSchema = z.array(
  z.object({
    clause: z.string(),
    result: z.enum(['met', 'failed', 'unknown']),
    expected: z.string(),
    found: z.string(),
    next: z.string(),
    evidence: z.array(z.string().refine(isDigest)),
    waivedBy: z.string().exactOptional(),
  }),
)

/** Verdicts on an artifact and its equivalents, the newest first, clause by clause. */
export async function verdictsOf(store: Store, scope: Scope, digest: Digest, question: PageQuestion = {}): Promise<Page<KnownVerdict>> {
  const db = inventoryDb(store, scope)
  const same = (await equivalentsOf(db, [digest])).get(digest) ?? [digest]
  const limit = pageLimit(question)
  let query = db
    .selectFrom('verdict')
    .selectAll()
    .where(db.anyOf('artifact', same))
    .orderBy('judged_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (question.after !== undefined) {
    const [judgedAt = '', id = ''] = readCursor(question.after, 2)
    query = query.where((each) => each(each.refTuple('judged_at', 'id'), '<', each.tuple(judgedAt, id)))
  }
  return makePage(
    await query.execute(),
    limit,
    (row) => [row.judged_at, row.id],
    (row): KnownVerdict => ({
      id: row.id as Digest,
      artifact: row.artifact as Digest,
      environment: row.environment ?? undefined,
      decision: row.decision as Decision,
      policy: { name: row.policy_name, digest: row.policy_digest as Digest },
      clauses: readClauses(row.clauses, row.id),
      at: row.judged_at,
      actor: row.actor,
    }),
  )
}

/** The newest verdict on each of the given digests, without equivalents. */
export async function latestDecisions(
  db: InventoryQueries,
  digests: readonly string[],
): Promise<ReadonlyMap<string, { readonly decision: Decision; readonly at: string }>> {
  const rows = await db
    .selectFrom('verdict')
    .select(['artifact', 'decision', 'judged_at'])
    .where(db.anyOf('verdict.artifact', digests))
    .where((each) =>
      each.not(
        each.exists(
          each
            .selectFrom('verdict as newer')
            .select('newer.id')
            .whereRef('newer.artifact', '=', 'verdict.artifact')
            .where((inner) => inner(inner.refTuple('newer.judged_at', 'newer.id'), '>', inner.refTuple('verdict.judged_at', 'verdict.id'))),
        ),
      ),
    )
    .execute()
  return new Map(rows.map((row) => [row.artifact, { decision: row.decision as Decision, at: row.judged_at }]))
}

function readClauses(text: string, id: string): readonly ClauseResult[] {
  const parsed = clausesSchema.safeParse(parseJson(utf8(text), `verdict ${id}`, { code: 'database' }))
  if (!parsed.success) throw fail('database', 'holds a verdict whose clauses cannot be read', { where: id, cause: parsed.error })
  return parsed.data
}

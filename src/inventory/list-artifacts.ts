import type { Decision } from '../evidence/verdict.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { equivalentsOf } from './equivalents.ts'
import { inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { makePage, pageLimit, readCursor } from './pages.ts'
import type { Page, PageQuestion } from './pages.ts'
import { latestDecisions } from './verdicts.ts'
import { mergePlaces, placesOf } from './places.ts'

export type ArtifactSummary = {
  readonly digest: Digest
  readonly kind: 'file' | 'manifest'
  readonly name: string
  readonly version: string | undefined
  readonly size: number
  readonly firstSeen: string
  /** The newest verdict on it or its equivalents, in whatever environment. */
  readonly decision: Decision | undefined
  /** Environments it is current in or runs in now. */
  readonly environments: readonly string[]
}

/**
 * Artifacts, the newest first. A file that a known manifest wraps is shown as the manifest only. `search` finds part of a name, or the
 * beginning of a digest.
 */
export async function listArtifacts(
  store: Store,
  scope: Scope,
  question: PageQuestion & { readonly search?: string } = {},
): Promise<Page<ArtifactSummary>> {
  const db = inventoryDb(store, scope)
  const limit = pageLimit(question)
  let query = db
    .selectFrom('artifact')
    .selectAll()
    .where((each) =>
      each.not(
        each.exists(
          each.selectFrom('artifact_alias').select('artifact_alias.alias').whereRef('artifact_alias.alias', '=', 'artifact.digest'),
        ),
      ),
    )
    .orderBy('first_seen', 'desc')
    .orderBy('digest', 'desc')
    .limit(limit + 1)
  if (question.after !== undefined) {
    const [firstSeen = '', digest = ''] = readCursor(question.after, 2)
    query = query.where((each) => each(each.refTuple('first_seen', 'digest'), '<', each.tuple(firstSeen, digest)))
  }
  const search = question.search?.trim().toLowerCase()
  if (search !== undefined && search !== '') {
    const digest = search.startsWith('sha256:') ? search : `sha256:${search}`
    query = query.where((each) =>
      each.or([
        each(each.fn<string>('lower', ['name']), 'like', containing(search)),
        // A range, not a pattern: it uses the key.
        each.and([each('digest', '>=', digest), each('digest', '<', `${digest}g`)]),
      ]),
    )
  }
  const rows = await query.execute()
  const shown = await summariesOf(
    db,
    rows.slice(0, limit).map((row) => row.digest),
  )
  return makePage(
    rows,
    limit,
    (row) => [row.first_seen, row.digest],
    (row) => ({
      digest: row.digest as Digest,
      kind: row.kind as ArtifactSummary['kind'],
      name: row.name,
      version: row.version ?? undefined,
      size: row.size,
      firstSeen: row.first_seen,
      decision: shown.decision(row.digest),
      environments: shown.environments(row.digest),
    }),
  )
}

async function summariesOf(
  db: InventoryQueries,
  digests: readonly string[],
): Promise<{ readonly decision: (digest: string) => Decision | undefined; readonly environments: (digest: string) => readonly string[] }> {
  const equivalents = await equivalentsOf(db, digests)
  const all = [...new Set([...equivalents.values()].flat())]
  const decisions = await latestDecisions(db, all)
  const places = await placesOf(db, all, undefined)
  return {
    decision: (digest) =>
      (equivalents.get(digest) ?? []).flatMap((each) => decisions.get(each) ?? []).toSorted((a, b) => (a.at < b.at ? 1 : -1))[0]?.decision,
    environments: (digest) => [...new Set(mergePlaces(places, equivalents.get(digest) ?? []).map((place) => place.environment))],
  }
}

/** A pattern for LIKE. What would be a wildcard or an escape (which the engines treat differently) matches any one character. */
function containing(search: string): string {
  return `%${search.replaceAll(/[\\%_]/g, '_')}%`
}

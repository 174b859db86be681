import type { Digest } from '../kernel/digest.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { equivalentsOf } from './equivalents.ts'
import { asOf, inventoryDb } from './inventory-db.ts'
import { makePage, pageLimit, readCursor } from './pages.ts'
import type { Page, PageQuestion } from './pages.ts'
import { utcTime } from './times.ts'

export type KnownComponent = {
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly type: string
  readonly scope: string
  readonly licence: string | undefined
  /** Which of the equivalent digests its SBOM was about. */
  readonly artifact: Digest
}

/** What an artifact or its equivalents consist of, by package URL; with `asOf` (RFC 3339), what was known then. */
export async function componentsOf(
  store: Store,
  scope: Scope,
  digest: Digest,
  question: PageQuestion & { readonly asOf?: string } = {},
): Promise<Page<KnownComponent>> {
  const db = inventoryDb(store, scope)
  const same = (await equivalentsOf(db, [digest])).get(digest) ?? [digest]
  const time = question.asOf === undefined ? undefined : utcTime(question.asOf, 'asOf')
  const limit = pageLimit(question)
  let query = db
    .selectFrom('component_by_artifact')
    .innerJoin('component', 'component.purl', 'component_by_artifact.purl')
    .select(['component.purl', 'component.name', 'component.version', 'component.type'])
    .select(['component_by_artifact.artifact', 'component_by_artifact.scope', 'component_by_artifact.licence'])
    .where(db.anyOf('component_by_artifact.artifact', same))
    .where(asOf('component_by_artifact', time))
    .orderBy('component_by_artifact.purl')
    .orderBy('component_by_artifact.artifact')
    .limit(limit + 1)
  if (question.after !== undefined) {
    const [purl = '', artifact = ''] = readCursor(question.after, 2)
    query = query.where((each) =>
      each(each.refTuple('component_by_artifact.purl', 'component_by_artifact.artifact'), '>', each.tuple(purl, artifact)),
    )
  }
  return makePage(
    await query.execute(),
    limit,
    (row) => [row.purl, row.artifact],
    (row) => ({ ...row, licence: row.licence ?? undefined, artifact: row.artifact as Digest }),
  )
}

export type KnownSbom = {
  /** Digest of the blob that holds the whole neutral SBOM (canonical JSON of `Sbom`), edges included. */
  readonly id: Digest
  readonly artifact: Digest
  readonly completeness: string
  readonly components: number
  readonly tool: string
  readonly created: string
  readonly since: string
  readonly until: string | undefined
}

/** The SBOMs there were of an artifact and its equivalents, the newest first; the ones that hold have no `until`. */
export async function sbomsOf(store: Store, scope: Scope, digest: Digest): Promise<readonly KnownSbom[]> {
  const db = inventoryDb(store, scope)
  const same = (await equivalentsOf(db, [digest])).get(digest) ?? [digest]
  const rows = await db
    .selectFrom('sbom')
    .selectAll()
    .where(db.anyOf('artifact', same))
    .orderBy('valid_from', 'desc')
    .orderBy('id')
    .limit(100)
    .execute()
  return rows.map((row) => ({
    id: row.id as Digest,
    artifact: row.artifact as Digest,
    completeness: row.completeness,
    components: row.components,
    tool: row.tool,
    created: row.created_at,
    since: row.valid_from,
    until: row.valid_to ?? undefined,
  }))
}

import type { ExpressionBuilder } from 'kysely'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import { parsePurl } from '../package/purl.ts'
import { judgeQuery, parseQuery } from '../package/query.ts'
import type { PackageQuery } from '../package/query.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { equivalentsOf } from './equivalents.ts'
import { asOf, inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { makePage, pageLimit, readCursor } from './pages.ts'
import type { Page, PageQuestion } from './pages.ts'
import { mergePlaces, placesOf } from './places.ts'
import type { Place } from './places.ts'
import type { InventoryTables } from './tables.ts'
import { utcTime } from './times.ts'

/** `unknown`: its ecosystem cannot order this version, so it may be affected, and is shown. */
export type PackageMatch = { readonly purl: string; readonly match: 'yes' | 'unknown' }

export type AffectedArtifact = {
  readonly digest: Digest
  readonly name: string | undefined
  readonly version: string | undefined
  /** Which of the asked packages it holds. */
  readonly packages: readonly PackageMatch[]
  /** Where it, or an equivalent digest, is current or runs. */
  readonly places: readonly Place[]
}

export type Impact = {
  /** Package versions that are known here and asked for. At most LIMITS.impactPackages; `incomplete` says there were more. */
  readonly packages: readonly PackageMatch[]
  readonly incomplete: boolean
  readonly artifacts: Page<AffectedArtifact>
}

export type ImpactQuestion = PageQuestion & {
  /** RFC 3339: what held and ran what, then. */
  readonly asOf?: string
  /** Only artifacts that are current or run somewhere. */
  readonly onlyRunning?: boolean
}

/**
 * The blast radius of a package: which artifacts hold it, and where each of them runs. In: a package URL or `name@range` (src/package/query.ts).
 * A file is not listed beside the manifest that wraps it where both are known to hold it. Throws `reference-invalid`.
 */
export async function impact(store: Store, scope: Scope, text: string, question: ImpactQuestion = {}): Promise<Impact> {
  const db = inventoryDb(store, scope)
  const time = question.asOf === undefined ? undefined : utcTime(question.asOf, 'asOf')
  const { packages, incomplete } = await packagesAsked(db, parseQuery(text))
  const matches = new Map(packages.map((each) => [each.purl, each]))
  const limit = pageLimit(question)
  const digests = await holders(db, [...matches.keys()], time, { ...question, limit: limit + 1 })
  const shown = digests.slice(0, limit)
  const held = await heldBy(db, shown, [...matches.keys()], time)
  const names = await namesOf(db, shown)
  const equivalents = await equivalentsOf(db, shown)
  const places = await placesOf(db, [...new Set([...equivalents.values()].flat())], time)
  const describe = (digest: string): AffectedArtifact => ({
    digest: digest as Digest,
    ...(names.get(digest) ?? { name: undefined, version: undefined }),
    packages: (held.get(digest) ?? []).flatMap((purl) => matches.get(purl) ?? []),
    places: mergePlaces(places, equivalents.get(digest) ?? []),
  })
  return { packages, incomplete, artifacts: makePage(digests, limit, (digest) => [digest], describe) }
}

async function packagesAsked(db: InventoryQueries, query: PackageQuery): Promise<Pick<Impact, 'packages' | 'incomplete'>> {
  const rows = await db
    .selectFrom('component')
    .select('purl')
    .where('short_name', '=', shortNameOf(query))
    .orderBy('purl')
    .limit(LIMITS.impactPackages + 1)
    .execute()
  const packages = rows.slice(0, LIMITS.impactPackages).flatMap(({ purl }): readonly PackageMatch[] => {
    const match = judgeQuery(parsePurl(purl), query)
    return match === 'no' ? [] : [{ purl, match }]
  })
  return { packages, incomplete: rows.length > LIMITS.impactPackages }
}

/** The last part of the name, in lower case: what all spellings of a name (`@scope/name`, `group:artifact`, `distribution/package`) share. */
function shortNameOf(query: PackageQuery): string {
  return (query.kind === 'purl' ? query.purl.name : (query.name.split(/[/:]/).at(-1) ?? '')).toLowerCase()
}

/** Digests of artifacts that hold one of the packages, in order, each once. */
async function holders(
  db: InventoryQueries,
  purls: readonly string[],
  time: string | undefined,
  question: ImpactQuestion & { readonly limit: number },
): Promise<readonly string[]> {
  if (purls.length === 0) return []
  let query = db
    .selectFrom('artifact_by_purl')
    .select('artifact_by_purl.artifact')
    .distinct()
    .where(db.anyOf('artifact_by_purl.purl', purls))
    .where(asOf('artifact_by_purl', time))
    .where((each) => each.not(each.exists(wrappingHolder(each, time))))
    .orderBy('artifact_by_purl.artifact')
    .limit(question.limit)
  if (question.onlyRunning === true) query = query.where(db.anyOf('artifact_by_purl.artifact', await runningDigests(db, time)))
  if (question.after !== undefined) query = query.where('artifact_by_purl.artifact', '>', readCursor(question.after, 1)[0] ?? '')
  return (await query.execute()).map((row) => row.artifact)
}

/**
 * A manifest that wraps the artifact of this row and holds the same package. Written as one question inside the other: as a
 * join, SQLite would walk all components of the tenant for each row.
 */
function wrappingHolder(each: ExpressionBuilder<InventoryTables, 'artifact_by_purl'>, time: string | undefined) {
  return each
    .selectFrom('artifact_alias')
    .select('artifact_alias.artifact')
    .whereRef('artifact_alias.alias', '=', 'artifact_by_purl.artifact')
    .where((inner) =>
      inner.exists(
        inner
          .selectFrom('component_by_artifact')
          .select('component_by_artifact.purl')
          .whereRef('component_by_artifact.artifact', '=', 'artifact_alias.artifact')
          .whereRef('component_by_artifact.purl', '=', 'artifact_by_purl.purl')
          .where(asOf('component_by_artifact', time)),
      ),
    )
}

/** Everything that is current or runs somewhere, under all its digests. */
async function runningDigests(db: InventoryQueries, time: string | undefined): Promise<readonly string[]> {
  const current = await db.selectFrom('current_history').select('artifact').where(asOf('current_history', time)).execute()
  const running = await db.selectFrom('deployment').select('artifact').where(asOf('deployment', time)).execute()
  const digests = [...new Set([...current, ...running].flatMap((row) => row.artifact ?? []))]
  return [...new Set([...(await equivalentsOf(db, digests)).values()].flat())]
}

async function heldBy(
  db: InventoryQueries,
  digests: readonly string[],
  purls: readonly string[],
  time: string | undefined,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db
    .selectFrom('component_by_artifact')
    .select(['artifact', 'purl'])
    .where(db.anyOf('artifact', digests))
    .where(db.anyOf('purl', purls))
    .where(asOf('component_by_artifact', time))
    .orderBy('artifact')
    .orderBy('purl')
    .execute()
  const held = new Map<string, string[]>(digests.map((digest) => [digest, []]))
  for (const { artifact, purl } of rows) held.get(artifact)?.push(purl)
  return held
}

async function namesOf(
  db: InventoryQueries,
  digests: readonly string[],
): Promise<ReadonlyMap<string, { readonly name: string; readonly version: string | undefined }>> {
  const rows = await db.selectFrom('artifact').select(['digest', 'name', 'version']).where(db.anyOf('digest', digests)).execute()
  return new Map(rows.map((row) => [row.digest, { name: row.name, version: row.version ?? undefined }]))
}

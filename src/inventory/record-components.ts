import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { parsePurl } from '../package/purl.ts'
import type { Component, Sbom } from '../sbom/model.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { asOf, inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { utcTime } from './times.ts'

type Held = { readonly purl: string; readonly scope: string; readonly licence: string | null }

/**
 * Notes what an artifact consists of. The same SBOM again changes nothing. Another SBOM of the same artifact replaces the one
 * before from `at` (RFC 3339) on: what it no longer lists ends then, and stays visible to questions about earlier times. The
 * whole SBOM, edges included, is kept as a blob. Out: the digest of that blob.
 */
export async function recordComponents(store: Store, scope: Scope, artifact: Digest, sbom: Sbom, at: string): Promise<Digest> {
  const bytes = canonicalBytes(sbom)
  const id = digestOf(bytes)
  const from = utcTime(at, 'at')
  const components = [...new Map(sbom.components.map((component) => [component.purl, component])).values()]
  const rows = components.map((component) => componentRow(component))
  await store.blobs.put(bytes)
  await inventoryDb(store, scope).transaction(async (db) => {
    const open = await db
      .selectFrom('sbom')
      .select(['id', 'valid_from'])
      .where('artifact', '=', artifact)
      .where(asOf('sbom', undefined))
      .execute()
    if (open.some((row) => row.id === id)) return
    if (open.some((row) => row.valid_from > from)) {
      // It is older than what is known: kept in the history, without touching what holds now.
      await addSbom(db, artifact, sbom, id, { valid_from: from, valid_to: from })
      return
    }
    await db.updateTable('sbom').set({ valid_to: from }).where('artifact', '=', artifact).where(asOf('sbom', undefined)).execute()
    await forgetNothing(db, 'sbom', artifact, from)
    await addSbom(db, artifact, sbom, id, { valid_from: from, valid_to: null })
    await db.insertMissing('component', rows)
    await replaceHeld(db, artifact, components.map(heldBy), from)
  }, 'serializable')
  return id
}

async function addSbom(
  db: InventoryQueries,
  artifact: Digest,
  sbom: Sbom,
  id: Digest,
  during: { readonly valid_from: string; readonly valid_to: string | null },
): Promise<void> {
  const tool = `${sbom.tool.name} ${sbom.tool.version}`
  const row = {
    artifact,
    id,
    completeness: sbom.completeness,
    components: sbom.components.length,
    tool,
    created_at: utcTime(sbom.created, 'created'),
  }
  await db.insertMissing('sbom', [{ ...row, ...during }])
}

async function replaceHeld(db: InventoryQueries, artifact: Digest, next: readonly Held[], from: string): Promise<void> {
  const before = await db
    .selectFrom('component_by_artifact')
    .select(['purl', 'scope', 'licence'])
    .where('artifact', '=', artifact)
    .where(asOf('component_by_artifact', undefined))
    .execute()
  const { ended, begun } = differ(before, next)
  for (const table of ['component_by_artifact', 'artifact_by_purl'] as const) {
    // Both tables have these columns; the cast picks one of the two for the types.
    const one = table as 'artifact_by_purl'
    if (ended.length > 0) {
      await db
        .updateTable(one)
        .set({ valid_to: from })
        .where(`${one}.artifact`, '=', artifact)
        .where(asOf(one, undefined))
        .where(db.anyOf(`${one}.purl`, ended))
        .execute()
    }
  }
  await forgetNothing(db, 'component_by_artifact', artifact, from)
  await forgetNothing(db, 'artifact_by_purl', artifact, from)
  await db.insertMissing(
    'component_by_artifact',
    begun.map((held) => ({ artifact, ...held, valid_from: from, valid_to: null })),
  )
  await db.insertMissing(
    'artifact_by_purl',
    begun.map(({ purl }) => ({ purl, artifact, valid_from: from, valid_to: null })),
  )
}

/** Takes away rows that ended the moment they began: two SBOMs came with the same time, and the later one counts. */
async function forgetNothing(
  db: InventoryQueries,
  given: 'sbom' | 'component_by_artifact' | 'artifact_by_purl',
  artifact: Digest,
  from: string,
): Promise<void> {
  const table = given as 'artifact_by_purl'
  await db.deleteFrom(table).where('artifact', '=', artifact).where('valid_from', '=', from).where('valid_to', '=', from).execute()
}

/** What ends and what begins when one list of components follows another. A component whose scope or licence changed does both. */
export function differ(
  before: readonly Held[],
  next: readonly Held[],
): { readonly ended: readonly string[]; readonly begun: readonly Held[] } {
  const textOf = (held: Held): string => JSON.stringify([held.purl, held.scope, held.licence])
  const had = new Set(before.map(textOf))
  const has = new Set(next.map(textOf))
  return {
    ended: before.filter((held) => !has.has(textOf(held))).map((held) => held.purl),
    begun: next.filter((held) => !had.has(textOf(held))),
  }
}

function heldBy(component: Component): Held {
  return { purl: component.purl, scope: component.scope, licence: component.licence ?? null }
}

function componentRow({ purl, name, version, type }: Component): {
  readonly purl: string
  readonly short_name: string
  readonly name: string
  readonly version: string
  readonly type: string
} {
  return { purl, short_name: parsePurl(purl).name.toLowerCase(), name, version, type }
}

import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { sbomsOf } from './components.ts'
import type { KnownSbom } from './components.ts'
import { equivalentsOf } from './equivalents.ts'
import { inventoryDb } from './inventory-db.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { mergePlaces, placesOf } from './places.ts'
import type { Place } from './places.ts'

/** A verified piece of evidence, as it was recorded. The bytes are in the blob store under `envelope`. */
export type KnownEvidence = {
  readonly envelope: Digest
  readonly artifact: Digest
  readonly predicateType: string
  readonly signer: {
    readonly authority: string
    readonly kind: string
    readonly keyId: string
    readonly identity?: string
    readonly issuer?: string
  }
  readonly time: { readonly at: string; readonly proof: string }
  readonly log: { readonly index: number; readonly size: number; readonly root: string; readonly checkpointBy: string } | undefined
  readonly matched: string
  readonly where: string
  readonly recordedAt: string
  readonly actor: string
}

export type ArtifactDetail = {
  readonly digest: Digest
  readonly kind: 'file' | 'manifest'
  readonly name: string
  readonly version: string | undefined
  readonly mediaType: string | undefined
  readonly size: number
  readonly firstSeen: string
  /** Other digests of the same thing: the wrapping manifest, the wrapped file, the image's config. */
  readonly alsoKnownAs: readonly Digest[]
  readonly evidence: readonly KnownEvidence[]
  readonly sboms: readonly KnownSbom[]
  readonly places: readonly Place[]
}

/** All that is known of one artifact, asked by any of its digests. Undefined when none of them was recorded. */
export async function artifactDetail(store: Store, scope: Scope, digest: Digest): Promise<ArtifactDetail | undefined> {
  const db = inventoryDb(store, scope)
  const same = (await equivalentsOf(db, [digest])).get(digest) ?? [digest]
  // Manifests first: 'manifest' sorts after 'file'.
  const rows = await db
    .selectFrom('artifact')
    .selectAll()
    .where(db.anyOf('digest', same))
    .orderBy('kind', 'desc')
    .orderBy('digest')
    .execute()
  const row = rows.find((each) => each.digest === digest) ?? rows[0]
  if (row === undefined) return undefined
  const places = await placesOf(db, same, undefined)
  return {
    digest: row.digest as Digest,
    kind: row.kind as ArtifactDetail['kind'],
    name: row.name,
    version: row.version ?? undefined,
    mediaType: row.media_type ?? undefined,
    size: row.size,
    firstSeen: row.first_seen,
    alsoKnownAs: same.filter((each) => each !== row.digest),
    evidence: await evidenceOf(db, same),
    sboms: await sbomsOf(store, scope, digest),
    places: mergePlaces(places, same),
  }
}

/** Evidence about any of the digests, in the order it was signed. At most LIMITS.evidencePerArtifact. */
export async function evidenceOf(db: InventoryQueries, digests: readonly string[]): Promise<readonly KnownEvidence[]> {
  const rows = await db
    .selectFrom('evidence')
    .selectAll()
    .where(db.anyOf('artifact', digests))
    .orderBy('signed_at')
    .orderBy('envelope')
    .orderBy('artifact')
    .orderBy('key_id')
    .limit(LIMITS.evidencePerArtifact)
    .execute()
  return rows.map((row) => ({
    envelope: row.envelope as Digest,
    artifact: row.artifact as Digest,
    predicateType: row.predicate_type,
    signer: {
      authority: row.authority,
      kind: row.signer_kind,
      keyId: row.key_id,
      ...(row.identity === null ? {} : { identity: row.identity }),
      ...(row.issuer === null ? {} : { issuer: row.issuer }),
    },
    time: { at: row.signed_at, proof: row.time_proof },
    log:
      row.log_index === null
        ? undefined
        : { index: row.log_index, size: row.log_size ?? 0, root: row.log_root ?? '', checkpointBy: row.checkpoint_by ?? '' },
    matched: row.matched,
    where: row.place,
    recordedAt: row.recorded_at,
    actor: row.actor,
  }))
}

import type { Artifact } from '../artifact/artifact.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { inventoryDb } from './inventory-db.ts'
import { utcTime } from './times.ts'

export type ArtifactNote = {
  readonly artifact: Artifact
  readonly version?: string
  /** Digest of an image's config, by which docker archives are known. */
  readonly config?: Digest
  /** RFC 3339. */
  readonly seenAt: string
}

/** Notes that an artifact exists, and which other digests mean the same. Again: nothing changes, except that a version is added where none was known. */
export async function recordArtifact(store: Store, scope: Scope, note: ArtifactNote): Promise<void> {
  const { artifact } = note
  const row = {
    digest: artifact.digest,
    kind: artifact.kind,
    name: artifact.name,
    version: note.version ?? null,
    media_type: artifact.kind === 'manifest' ? artifact.mediaType : null,
    size: artifact.size,
    first_seen: utcTime(note.seenAt, 'seenAt'),
  }
  const aliases = [
    ...(artifact.kind === 'manifest' && artifact.file !== undefined
      ? [{ artifact: artifact.digest, alias: artifact.file.digest, role: 'file' }]
      : []),
    ...(note.config === undefined ? [] : [{ artifact: artifact.digest, alias: note.config, role: 'config' }]),
  ]
  await inventoryDb(store, scope).transaction(async (db) => {
    await db.insertMissing('artifact', [row])
    if (row.version !== null) {
      await db.updateTable('artifact').set({ version: row.version }).where('digest', '=', row.digest).where('version', 'is', null).execute()
    }
    await db.insertMissing('artifact_alias', aliases)
  })
}

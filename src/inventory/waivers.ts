import { LIMITS } from '../kernel/limits.ts'
import type { Waiver } from '../kernel/waiver.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { inventoryDb } from './inventory-db.ts'

/** The waivers that were given, those that last longest first, ended ones too. At most LIMITS.evidencePerArtifact. */
export async function listWaivers(store: Store, scope: Scope): Promise<readonly Waiver[]> {
  const rows = await inventoryDb(store, scope)
    .selectFrom('waiver')
    .selectAll()
    .orderBy('not_after', 'desc')
    .orderBy('id')
    .limit(LIMITS.evidencePerArtifact)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    clause: row.clause,
    scope: row.scope,
    askedBy: row.asked_by,
    approvedBy: row.approved_by,
    reason: row.reason,
    ticket: row.ticket,
    notAfter: row.not_after,
  }))
}

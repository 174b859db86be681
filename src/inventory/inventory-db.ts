import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { tenantDb } from '../store/tenant-db.ts'
import type { TenantDb, TenantQueries } from '../store/tenant-db.ts'
import type { InventoryTables } from './tables.ts'

export type InventoryQueries = TenantQueries<InventoryTables>

export function inventoryDb(store: Store, scope: Scope): TenantDb<InventoryTables> {
  return tenantDb<InventoryTables>(store, scope)
}

/** Tables whose rows last for a while. */
export type LastingTable = 'sbom' | 'component_by_artifact' | 'artifact_by_purl' | 'current_history' | 'deployment' | 'tag_history'

/** The condition "was so at `time`"; without a time, "is so". `time` as `utcTime` gives it. */
export function asOf<T extends LastingTable>(
  table: T,
  time: string | undefined,
): (each: ExpressionBuilder<InventoryTables, T>) => Expression<SqlBool> {
  return (given) => {
    // All lasting tables have these two columns; Kysely cannot see it through the type parameter.
    const each = given as unknown as ExpressionBuilder<Pick<InventoryTables, 'sbom'>, 'sbom'>
    const from = `${table}.valid_from` as 'sbom.valid_from'
    const to = `${table}.valid_to` as 'sbom.valid_to'
    if (time === undefined) return each(to, 'is', null)
    return each.and([each(from, '<=', time), each.or([each(to, 'is', null), each(to, '>', time)])])
  }
}

declare const tenantBrand: unique symbol
declare const actorBrand: unique symbol
export type TenantId = string & { readonly [tenantBrand]: true }
export type ActorId = string & { readonly [actorBrand]: true }

/** Whose data a query is about and who asks. Every room's query function takes one first; every row carries both. */
export type Scope = { readonly tenant: TenantId; readonly actor: ActorId }

/** The scope of a single-user installation. */
export function localScope(actor: string): Scope {
  return { tenant: 'local' as TenantId, actor: actor as ActorId }
}

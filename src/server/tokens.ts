import { createHash } from 'node:crypto'
import { toHex } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import type { Migration } from '../store/migrations.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { createTables } from '../store/table-shape.ts'
import type { TableShape, TablesOf } from '../store/table-shape.ts'
import { tenantDb } from '../store/tenant-db.ts'

const shapes = {
  /** Tokens for machines. Only their hash is kept: 256 random bits need no slow hash. */
  api_token: {
    columns: { id: 'text', name: 'text', hash: 'text', created_at: 'text', expires_at: 'text', revoked_at: 'text?' },
    key: ['id'],
    indexes: { hash: { columns: ['hash'] } },
  },
} as const satisfies Record<string, TableShape>

export const tokenMigrations: readonly Migration[] = [
  { name: 'server-0001-tokens', statements: (dialect) => createTables(dialect, shapes) },
]

export type TokenNote = {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly revokedAt: string | undefined
}

const tables = (store: Store, scope: Scope) => tenantDb<TablesOf<typeof shapes>>(store, scope)

/** Makes a token of 256 random bits. Out: the token, shown once and never again, and its note. */
export async function makeToken(
  deps: Pick<Deps, 'randomBytes' | 'now'>,
  store: Store,
  scope: Scope,
  name: string,
  days: number,
): Promise<{ readonly token: string; readonly note: TokenNote }> {
  const token = `tally_${Buffer.from(deps.randomBytes(32)).toString('base64url')}`
  const now = deps.now()
  const note: TokenNote = {
    id: toHex(deps.randomBytes(8)),
    name,
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + days * 86_400_000).toISOString(),
    revokedAt: undefined,
  }
  await tables(store, scope)
    .insertInto('api_token')
    .values({ id: note.id, name, hash: hashOf(token), created_at: note.createdAt, expires_at: note.expiresAt, revoked_at: null })
    .execute()
  return { token, note }
}

/** Whether a token was made here, has not ended and was not revoked. */
export async function tokenHolds(store: Store, scope: Scope, token: string, now: Date): Promise<boolean> {
  const rows = await tables(store, scope)
    .selectFrom('api_token')
    .select(['expires_at', 'revoked_at'])
    .where('hash', '=', hashOf(token))
    .execute()
  return rows.some((row) => row.revoked_at === null && Date.parse(row.expires_at) > now.getTime())
}

/** Every token's note, the newest first. */
export async function listTokens(store: Store, scope: Scope): Promise<readonly TokenNote[]> {
  const rows = await tables(store, scope)
    .selectFrom('api_token')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1000)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
  }))
}

/** Revokes a token for good. Throws `not-found`. */
export async function revokeToken(store: Store, scope: Scope, id: string, now: Date): Promise<void> {
  const rows = await tables(store, scope)
    .updateTable('api_token')
    .set((each) => ({ revoked_at: each.fn.coalesce('revoked_at', each.val(now.toISOString())) }))
    .where('id', '=', id)
    .returning('id')
    .execute()
  if (rows.length === 0) throw fail('not-found', 'is no token of this installation', { where: id, hint: 'see `tally token list`' })
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

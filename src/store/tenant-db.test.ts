import { expect, test } from 'vitest'
import { sql } from 'kysely'
import { describeStores } from './stores-for-tests.ts'
import { localScope } from './scope.ts'
import type { ActorId, Scope, TenantId } from './scope.ts'
import { createTables } from './table-shape.ts'
import type { TableShape, TablesOf } from './table-shape.ts'
import { tenantDb } from './tenant-db.ts'
import type { Store } from './store.ts'

const shapes = {
  tool: { columns: { name: 'text', uses: 'integer', note: 'text?' }, key: ['name'] },
  part: {
    columns: { tool: 'text', part: 'text' },
    key: ['tool', 'part'],
    references: [{ columns: ['tool'], table: 'tool', key: ['name'] }],
    lean: true,
  },
} as const satisfies Record<string, TableShape>
type Tables = TablesOf<typeof shapes>

const migrations = [{ name: 'test-0001', statements: createTables }].map(({ name, statements }) => ({
  name,
  statements: (dialect: 'sqlite' | 'postgres') => statements(dialect, shapes),
}))

function scopeOf(tenant: string, actor = 'someone'): Scope {
  return { tenant: tenant as TenantId, actor: actor as ActorId }
}

await describeStores('rows of one tenant', { migrations, sharded: ['tool', 'part'] }, ({ store }) => {
  const a = () => tenantDb<Tables>(store(), scopeOf('a', 'ann'))
  const b = () => tenantDb<Tables>(store(), scopeOf('b', 'bob'))

  test('the same key may exist once for each tenant', async () => {
    await a().insertInto('tool').values({ name: 'saw', uses: 1, note: 'of a' }).execute()
    await b().insertInto('tool').values({ name: 'saw', uses: 2, note: 'of b' }).execute()
    await a()
      .insertInto('part')
      .values([
        { tool: 'saw', part: 'blade' },
        { tool: 'saw', part: 'grip' },
      ])
      .execute()
    await b().insertInto('part').values({ tool: 'saw', part: 'blade' }).execute()
    expect(await a().selectFrom('tool').selectAll().execute()).toEqual([{ name: 'saw', uses: 1, note: 'of a', actor: 'ann' }])
    expect(await b().selectFrom('tool').select(['note', 'actor']).execute()).toEqual([{ note: 'of b', actor: 'bob' }])
  })

  test('joins, aliases and subqueries see no other tenant', async () => {
    const joined = await a()
      .selectFrom('tool as t')
      .leftJoin('part as p', 'p.tool', 't.name')
      .select(['t.note', 'p.part'])
      .orderBy('p.part')
      .execute()
    expect(joined).toEqual([
      { note: 'of a', part: 'blade' },
      { note: 'of a', part: 'grip' },
    ])
    const inside = await b()
      .selectFrom('tool')
      .select((each) => [
        each
          .selectFrom('part')
          .select((part) => part.fn.countAll<number>().as('n'))
          .as('parts'),
      ])
      .where((each) => each.exists(each.selectFrom('part').select('part.part').where('part.part', '=', 'grip')))
      .execute()
    expect(inside).toEqual([])
    const derived = await b()
      .selectFrom((each) => each.selectFrom('part').select('part.part').as('d'))
      .select((each) => each.fn.countAll<number>().as('n'))
      .execute()
    expect(derived).toEqual([{ n: 1 }])
  })

  test('an `or` does not reach around the tenant', async () => {
    const rows = await a()
      .selectFrom('tool')
      .select('note')
      .where(sql<boolean>`1 = 1 or name = 'none'`)
      .execute()
    expect(rows).toEqual([{ note: 'of a' }])
  })

  test('update and delete touch the own rows only, and leave the name of who did it', async () => {
    await a().updateTable('tool').set({ uses: 7 }).execute()
    await tenantDb<Tables>(store(), scopeOf('a', 'amy')).updateTable('tool').set({ note: null }).where('name', '=', 'saw').execute()
    expect(await a().selectFrom('tool').selectAll().execute()).toEqual([{ name: 'saw', uses: 7, note: null, actor: 'amy' }])
    expect(await b().selectFrom('tool').selectAll().execute()).toEqual([{ name: 'saw', uses: 2, note: 'of b', actor: 'bob' }])
    await a().deleteFrom('part').where('part', '=', 'blade').execute()
    expect(await b().selectFrom('part').select('part').execute()).toEqual([{ part: 'blade' }])
  })

  test('an upsert meets the row of its own tenant', async () => {
    await b()
      .insertInto('tool')
      .values({ name: 'saw', uses: 9, note: null })
      .onConflict((conflict) => conflict.columns(['name']).doUpdateSet((each) => ({ uses: each.ref('excluded.uses') })))
      .execute()
    expect(await a().selectFrom('tool').select('uses').execute()).toEqual([{ uses: 7 }])
    expect(await b().selectFrom('tool').select('uses').execute()).toEqual([{ uses: 9 }])
  })

  test('insertMissing keeps what is there, takes nulls and thousands of rows, and reads them back in order', async () => {
    const names = Array.from({ length: 4321 }, (_, at) => `tool ${String(at).padStart(5, '0')} "quoted" \\ ü`)
    const db = tenantDb<Tables>(store(), scopeOf('many'))
    await db.insertMissing(
      'tool',
      names.map((name, at) => ({ name, uses: at, note: at % 2 === 0 ? null : 'odd' })),
    )
    await db.insertMissing(
      'tool',
      names.map((name) => ({ name, uses: -1, note: 'second' })),
    )
    await db.insertMissing('tool', [])
    await db.insertMissing('tool', [{ name: names[0] ?? '', uses: 5, note: null }])
    const rows = await db.selectFrom('tool').select(['name', 'uses', 'note']).orderBy('name').execute()
    expect(rows.map((row) => row.name)).toEqual(names)
    expect(rows[2]).toEqual({ name: names[2], uses: 2, note: null })
    expect(rows[3]).toEqual({ name: names[3], uses: 3, note: 'odd' })
    const some = await db
      .selectFrom('tool')
      .select('uses')
      .where(db.anyOf('name', [names[5] ?? '', names[9] ?? '', 'none']))
      .orderBy('uses')
      .execute()
    expect(some).toEqual([{ uses: 5 }, { uses: 9 }])
  })

  test('text is ordered by its bytes on every engine', async () => {
    const db = tenantDb<Tables>(store(), scopeOf('order'))
    await db.insertMissing(
      'tool',
      ['b', 'B', 'a', 'Z', '_', 'ä', '-'].map((name) => ({ name, uses: 0, note: null })),
    )
    const rows = await db.selectFrom('tool').select('name').orderBy('name').execute()
    expect(rows.map((row) => row.name).join('')).toBe('-BZ_abä')
  })

  test('what cannot be held to one tenant is refused', async () => {
    const db = a()
    const refused = { code: 'bug', message: expect.stringContaining('cannot be held to one tenant') }
    await expect(
      db
        .insertInto('part')
        .columns(['tool', 'part'])
        .expression((each) => each.selectFrom('part').select(['part.tool', 'part.part']))
        .execute(),
    ).rejects.toMatchObject(refused)
    await expect(db.selectFrom('tool').crossJoin('part').select('part.part').execute()).rejects.toMatchObject(refused)
    await expect(
      db
        .selectFrom(sql<{ name: string }>`tool`.as('t'))
        .select('t.name')
        .execute(),
    ).rejects.toMatchObject(refused)
  })

  test('a foreign key of another tenant does not count', async () => {
    await expect(
      tenantDb<Tables>(store(), scopeOf('c')).insertInto('part').values({ tool: 'saw', part: 'x' }).execute(),
    ).rejects.toMatchObject({
      code: 'bug',
    })
  })

  test('a query around its own transaction fails instead of waiting for ever', async () => {
    const db = a()
    await expect(db.transaction(async () => await a().selectFrom('tool').selectAll().execute())).rejects.toMatchObject({ code: 'bug' })
    await expect(db.transaction(async () => await a().transaction(async () => 1))).rejects.toMatchObject({ code: 'bug' })
  })

  test('a transaction that throws leaves nothing behind', async () => {
    const db = tenantDb<Tables>(store(), scopeOf('rolled-back'))
    const stopped = db.transaction(async (inside) => {
      await inside.insertInto('tool').values({ name: 'x', uses: 1, note: null }).execute()
      throw new Error('stopped')
    })
    await expect(stopped).rejects.toThrow('stopped')
    expect(await db.selectFrom('tool').selectAll().execute()).toEqual([])
  })
})

// Types: never run, held by tsc.
export async function withoutTenantThereIsNoQuery(store: Store): Promise<void> {
  // @ts-expect-error a store has no rows by itself
  store.db.selectFrom('tool')
  // @ts-expect-error there is no handle without a scope
  tenantDb<Tables>(store)
  const db = tenantDb<Tables>(store, localScope('me'))
  // @ts-expect-error the tenant is not a column a room can name …
  db.selectFrom('tool').where('tenant', '=', 'other')
  // @ts-expect-error … or write …
  db.insertInto('tool').values({ name: 'saw', uses: 1, note: null, tenant: 'other' })
  // @ts-expect-error … nor is the actor
  db.updateTable('tool').set({ actor: 'other' })
  // @ts-expect-error raw statements have no way in
  await sql`select * from tool`.execute(db)
  // @ts-expect-error no other plugins, no CTEs
  db.with('x', (each) => each.selectFrom('tool').selectAll())
  await db.transaction(async (inside) => {
    // @ts-expect-error a transaction does not nest
    await inside.transaction(async () => {})
  })
}

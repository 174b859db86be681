import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from './open-store.ts'
import { describeStores, testDeps } from './stores-for-tests.ts'
import { localScope } from './scope.ts'
import { createTables } from './table-shape.ts'
import { tenantDb } from './tenant-db.ts'

const first = {
  name: 'test-0001',
  statements: (dialect: 'sqlite' | 'postgres') => createTables(dialect, { thing: { columns: { name: 'text' }, key: ['name'] } }),
}
const second = { name: 'test-0002', statements: () => ['alter table "thing" add column "colour" text'] }

await describeStores('migrations', { migrations: [first] }, ({ options, store }) => {
  test('what is missing is added; what is there is not done again', async () => {
    const later = { ...options(), migrations: [first, second] }
    const opened = await openStore(testDeps, later)
    const db = tenantDb<{ thing: { name: string; colour: string | null } }>(opened, localScope('me'))
    await db.insertInto('thing').values({ name: 'tally', colour: 'wood' }).execute()
    await opened.close()
    const again = await openStore(testDeps, later)
    expect(
      await tenantDb<{ thing: { name: string; colour: string | null } }>(again, localScope('me'))
        .selectFrom('thing')
        .select('colour')
        .execute(),
    ).toEqual([{ colour: 'wood' }])
    await again.close()
  })

  test('a database that is newer than the program is refused, and named', async () => {
    await expect(openStore(testDeps, options())).rejects.toMatchObject({
      code: 'data-newer',
      message: expect.stringContaining('test-0002'),
      where: store().place,
    })
  })

  test('a migration that fails leaves nothing, so that the mended one can run', async () => {
    const failing = { name: 'test-0003', statements: () => ['create table "half" ("name" text)', 'create nonsense'] }
    const known = [first, second]
    await expect(openStore(testDeps, { ...options(), migrations: [...known, failing] })).rejects.toMatchObject({ code: 'bug' })
    const mended = { name: 'test-0003', statements: () => ['create table "half" ("name" text)'] }
    await (await openStore(testDeps, { ...options(), migrations: [...known, mended] })).close()
  })

  test('two migrations of one name are a bug of the program', async () => {
    await expect(openStore(testDeps, { ...options(), migrations: [first, first] })).rejects.toMatchObject({ code: 'bug' })
  })
})

test('the door without a tenant is used by this room only', async () => {
  const source = new URL('../', import.meta.url).pathname
  for (const name of await readdir(source, { recursive: true })) {
    if (!name.endsWith('.ts') || name.startsWith('store/')) continue
    expect(await readFile(join(source, name), 'utf8'), name).not.toMatch(/import \{[^}]*\bengine\b[^}]*\} from '[^']*store\/store\.ts'/)
  }
})

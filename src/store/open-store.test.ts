import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CompiledQuery } from 'kysely'
import { expect, test } from 'vitest'
import { startChild } from './child-for-tests.ts'
import { openStore } from './open-store.ts'
import { onServer } from './postgres-for-tests.ts'
import { describeStores, testDeps } from './stores-for-tests.ts'
import { localScope } from './scope.ts'
import { engine } from './store.ts'
import type { Store } from './store.ts'
import { createTables } from './table-shape.ts'
import type { TableShape, TablesOf } from './table-shape.ts'
import { tenantDb } from './tenant-db.ts'
import type { TenantQueries } from './tenant-db.ts'

const shapes = { counter: { columns: { name: 'text', value: 'integer' }, key: ['name'] } } as const satisfies Record<string, TableShape>
type Tables = TablesOf<typeof shapes>
const migrations = [{ name: 'test-0001', statements: (dialect: 'sqlite' | 'postgres') => createTables(dialect, shapes) }]
const scope = localScope('me')

// The same in a child: opens the store of `args`, and adds 1 to the counter `args.times` times, each in a transaction.
const CHILD = `
  const { openStore } = await load('./open-store.ts')
  const { createTables } = await load('./table-shape.ts')
  const { tenantDb } = await load('./tenant-db.ts')
  const migrations = [{ name: 'test-0001', statements: (dialect) => createTables(dialect, args.shapes) }]
  const store = await openStore(testDeps, { ...args.options, migrations })
  const db = tenantDb(store, { tenant: 'local', actor: 'child' })
  const add = (inside) => inside.insertInto('counter').values({ name: args.name, value: 1 })
    .onConflict((c) => c.columns(['name']).doUpdateSet((each) => ({ value: each('counter.value', '+', 1) }))).execute()
`

async function valueOf(db: TenantQueries<Tables>, name: string): Promise<number> {
  return (await db.selectFrom('counter').select('value').where('name', '=', name).executeTakeFirst())?.value ?? 0
}

async function bump(db: TenantQueries<Tables>, name: string): Promise<void> {
  await db
    .updateTable('counter')
    .set((each) => ({ value: each('value', '+', 1) }))
    .where('name', '=', name)
    .execute()
}

/** The first row of a statement outside of any tenant. */
async function raw(store: Store, text: string): Promise<unknown> {
  return (await store[engine].db.executeQuery(CompiledQuery.raw(text))).rows[0]
}

await describeStores('an open store', { migrations, sharded: ['counter'] }, ({ dialect, store, options, directory }) => {
  const db = () => tenantDb<Tables>(store(), scope)

  test('several processes open an empty one at once, and all their writes land', async () => {
    const fresh = dialect === 'sqlite' ? { ...options(), dataDir: join(directory(), 'fresh') } : options()
    const args = { options: { dataDir: fresh.dataDir, databaseUrl: fresh.databaseUrl }, shapes, name: 'together' }
    const script = `${CHILD} for (let n = 0; n < 10; n += 1) await db.transaction(async (inside) => {
        const before = await inside.selectFrom('counter').select('value').where('name', '=', args.name).executeTakeFirst()
        if (before === undefined) await add(inside)
        else await inside.updateTable('counter').set({ value: before.value + 1 }).where('name', '=', args.name).execute()
      }, 'serializable')
      await store.close(); console.log('done')`
    const children = [1, 2, 3, 4].map(() => startChild(script, args))
    for (const child of children) expect(await child.ends).toMatchObject({ code: 0, lines: ['done'], errors: '' })
    const opened = await openStore(testDeps, fresh)
    expect(await valueOf(tenantDb<Tables>(opened, scope), 'together')).toBe(40)
    await opened.close()
  })

  test('a process killed inside a transaction leaves nothing of it, and nobody waits for it', async () => {
    const { dataDir, databaseUrl } = options()
    const args = { options: { dataDir, databaseUrl }, shapes, name: 'killed' }
    const script = `${CHILD} await db.transaction(add)
      await db.transaction(async (inside) => { await add(inside); console.log('inside'); await new Promise((go) => setTimeout(go, 60000)) })`
    const child = startChild(script, args)
    await child.says('inside')
    child.process.kill('SIGKILL')
    await child.ends
    expect(await valueOf(db(), 'killed')).toBe(1)
    await db().transaction(async (inside) => await inside.updateTable('counter').set({ value: 5 }).where('name', '=', 'killed').execute())
    expect(await valueOf(db(), 'killed')).toBe(5)
  })

  test('transactions that read and write the same row lose no update, however they meet', async () => {
    await db().insertInto('counter').values({ name: 'lost-update', value: 0 }).execute()
    let tries = 0
    const addOne = async (inside: TenantQueries<Tables>): Promise<void> => {
      tries += 1
      const value = await valueOf(inside, 'lost-update')
      await inside
        .updateTable('counter')
        .set({ value: value + 1 })
        .where('name', '=', 'lost-update')
        .execute()
    }
    await Promise.all(Array.from({ length: 8 }, async () => await db().transaction(addOne, 'serializable')))
    expect(await valueOf(db(), 'lost-update')).toBe(8)
    // PostgreSQL really refused some (40001); SQLite has one writer and refuses none.
    if (dialect === 'postgres') expect(tries).toBeGreaterThan(8)
    else expect(tries).toBe(8)
  })

  test('a transaction in which a statement failed cannot go on, nor commit, even if the failure was swallowed', async () => {
    await db().insertInto('counter').values({ name: 'once', value: 1 }).execute()
    const failing = async (inside: TenantQueries<Tables>): Promise<void> => {
      await inside.insertInto('counter').values({ name: 'before', value: 1 }).execute()
      await expect(inside.insertInto('counter').values({ name: 'once', value: 1 }).execute()).rejects.toMatchObject({ code: 'bug' })
    }
    await expect(db().transaction(failing)).rejects.toMatchObject({ code: 'bug' })
    const goingOn = db().transaction(async (inside) => {
      await failing(inside)
      await inside.insertInto('counter').values({ name: 'after', value: 1 }).execute()
    })
    await expect(goingOn).rejects.toMatchObject({ code: 'bug', message: expect.stringContaining('went on') })
    expect([await valueOf(db(), 'before'), await valueOf(db(), 'after')]).toEqual([0, 0])
  })

  test('many waiting readers do not stop a writer', async () => {
    const reads = Array.from({ length: 20 }, async () => await valueOf(db(), 'killed'))
    await db().insertInto('counter').values({ name: 'meanwhile', value: 1 }).execute()
    expect(await Promise.all(reads)).toHaveLength(20)
  })

  if (dialect === 'postgres') {
    test('two that lock rows in opposite order both get through (40P01 is retried)', async () => {
      await db().insertMissing('counter', [
        { name: 'left', value: 0 },
        { name: 'right', value: 0 },
      ])
      let tries = 0
      let holding = 0
      const both = Promise.withResolvers<void>()
      const cross = async (first: string, second: string): Promise<void> =>
        await db().transaction(async (inside) => {
          tries += 1
          await bump(inside, first)
          holding += 1
          if (holding >= 2) both.resolve()
          await both.promise
          await bump(inside, second)
        })
      await Promise.all([cross('left', 'right'), cross('right', 'left')])
      expect([await valueOf(db(), 'left'), await valueOf(db(), 'right')]).toEqual([2, 2])
      expect(tries).toBeGreaterThan(2)
    })

    test('a transaction whose connection the server ends is tried again on a new one (57P01)', async () => {
      let tries = 0
      await db().transaction(async (inside) => {
        tries += 1
        await inside.insertInto('counter').values({ name: 'cut', value: 1 }).execute()
        if (tries > 1) return
        const others = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
        await onServer(options().databaseUrl ?? '', others)
      })
      expect(tries).toBe(2)
      expect(await valueOf(db(), 'cut')).toBe(1)
    })

    test('a server that is not there, a wrong password in the URL, a URL that is none: said without the secret', async () => {
      const url = new URL(options().databaseUrl ?? '')
      url.password = 'hunter2'
      url.port = '1'
      const gone = openStore(testDeps, { ...options(), databaseUrl: url.href })
      await expect(gone).rejects.toMatchObject({ code: 'database', where: `postgres://127.0.0.1:1${url.pathname}` })
      await expect(gone).rejects.not.toThrow(/hunter2/)
      for (const wrong of ['mysql://u:hunter2@host/db', 'hunter2', 'postgres://u:hunt/er2@@']) {
        const opening = openStore(testDeps, { ...options(), databaseUrl: wrong })
        await expect(opening).rejects.toMatchObject({ code: expect.stringMatching(/config-invalid|database/) })
        await expect(opening).rejects.not.toThrow(/hunt/)
      }
      url.port = new URL(options().databaseUrl ?? '').port
      url.pathname = '/nowhere'
      await expect(openStore(testDeps, { ...options(), databaseUrl: url.href })).rejects.toMatchObject({
        code: 'database',
        message: 'there is no such database (3D000)',
      })
    })
  } else {
    test('the file is for its owner, in WAL mode, flushed at every commit, with foreign keys held', async () => {
      expect((await stat(store().place)).mode & 0o777).toBe(0o600)
      for (const name of await readdir(options().dataDir)) {
        if (name.startsWith('tally.db')) expect((await stat(join(options().dataDir, name))).mode & 0o777).toBe(0o600)
      }
      expect(await raw(store(), 'pragma journal_mode')).toEqual({ journal_mode: 'wal' })
      expect(await raw(store(), 'pragma synchronous')).toEqual({ synchronous: 2 })
      expect(await raw(store(), 'pragma foreign_keys')).toEqual({ foreign_keys: 1 })
    })

    test('a full disk inside a transaction is one `disk` error, leaves nothing of it, and the store goes on', async () => {
      const { page_count } = (await raw(store(), 'pragma page_count')) as { page_count: number }
      await raw(store(), `pragma max_page_count = ${page_count + 2}`)
      const rows = Array.from({ length: 5000 }, (_, at) => ({ name: `full ${at}`, value: at }))
      await expect(db().transaction(async (inside) => await inside.insertMissing('counter', rows))).rejects.toMatchObject({ code: 'disk' })
      expect(await db().selectFrom('counter').select('name').where('name', 'like', 'full %').execute()).toEqual([])
      await raw(store(), 'pragma max_page_count = 1000000')
      await db().transaction(async (inside) => await inside.insertMissing('counter', rows))
      expect(await valueOf(db(), 'full 4999')).toBe(4999)
    })

    test('who waits too long for another writer is told `busy` and which file; readers do not wait', async () => {
      const script = `${CHILD} await db.transaction(async (inside) => { await add(inside); console.log('inside'); await new Promise((go) => setTimeout(go, 60000)) })`
      const child = startChild(script, { options: { dataDir: options().dataDir }, shapes, name: 'held' })
      await child.says('inside')
      const impatient = await openStore(testDeps, { ...options(), waitMs: 60 })
      const other = tenantDb<Tables>(impatient, scope)
      expect(await valueOf(other, 'held')).toBe(0)
      const write = async (inside: TenantQueries<Tables>): Promise<void> => await bump(inside, 'held')
      await expect(other.transaction(write)).rejects.toMatchObject({ code: 'busy', where: store().place })
      await expect(write(other)).rejects.toMatchObject({ code: 'busy', where: store().place })
      child.process.kill('SIGKILL')
      await child.ends
      await other.transaction(write)
      await impatient.close()
    })

    test('a file that is no database is said so', async () => {
      const dataDir = join(directory(), 'damaged')
      await (await openStore(testDeps, { ...options(), dataDir })).close()
      await testDeps.fs.writeFile(join(dataDir, 'tally.db'), 'this is no database, it is a text of some length'.repeat(100))
      await expect(openStore(testDeps, { ...options(), dataDir })).rejects.toMatchObject({
        code: 'database',
        where: join(dataDir, 'tally.db'),
      })
    })
  }
})

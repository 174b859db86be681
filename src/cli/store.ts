import type { Workspace } from '../chain/workspace.ts'
import { inventoryMigrations } from '../inventory/tables.ts'
import { tokenMigrations } from '../server/tokens.ts'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'

/** Opens the database of this program: TALLY_DATABASE_URL, else the embedded one in the data directory. Runs `use` and closes it. */
export async function withStore<T>(workspace: Workspace, use: (store: Store) => Promise<T>): Promise<T> {
  const url = workspace.deps.env['TALLY_DATABASE_URL']
  const store = await openStore(workspace.deps, {
    dataDir: workspace.dataDir,
    ...(url === undefined || url === '' ? {} : { databaseUrl: url }),
    migrations: [...inventoryMigrations, ...tokenMigrations],
  })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

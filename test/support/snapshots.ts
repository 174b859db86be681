import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Every file below a directory: its path from there, and its bytes by digest. A directory that is not there holds none. */
export async function filesBelow(dir: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for (const path of await pathsBelow(dir)) {
    const file = join(dir, path)
    if ((await stat(file)).isFile())
      found[path] = createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
  }
  return found
}

/** The paths of everything below a directory, sorted, directories included. */
export async function pathsBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.map((entry) => relative(dir, join(entry.parentPath, entry.name))).toSorted()
}

/** All rows of the embedded database, by table, without the columns that say when something was last looked at. */
export function inventoryRows(dataDir: string): Readonly<Record<string, readonly unknown[]>> {
  using database = new DatabaseSync(join(dataDir, 'tally.db'), { readOnly: true })
  const tables = database.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name").all()
  return Object.fromEntries(
    tables.map(({ name }) => {
      const rows = database.prepare(`select * from "${String(name)}"`).all()
      const lasting = rows.map(({ confirmed_at: _seen, finished_at: _done, ...rest }) => JSON.stringify(rest))
      return [String(name), lasting.toSorted()]
    }),
  )
}

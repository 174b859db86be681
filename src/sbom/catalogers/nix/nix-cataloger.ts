import { TallyError } from '../../../kernel/errors.ts'
import { purlText } from '../../../package/purl.ts'
import type { Component, Edge } from '../../model.ts'
import { readTable } from '../../sqlite/table.ts'
import type { SqliteRow } from '../../sqlite/table.ts'
import { readWal } from '../../sqlite/wal.ts'
import type { Catalog, CatalogFile, Cataloger } from '../cataloger.ts'
import { parseStorePath } from './store-path.ts'
import type { StorePath } from './store-path.ts'

const STORE = 'nix/store/'
const DATABASE = 'nix/var/nix/db/db.sqlite'
const WAL = `${DATABASE}-wal`

/** The Nix store: what lies in it, by the names of its paths; which needs which, by Nix's database where there is one. */
export const nixCataloger: Cataloger = {
  name: 'nix',
  wants: (path, mode) => mode === 'installed' && (path === DATABASE || path === WAL || (path.startsWith(STORE) && path.endsWith('/'))),
  notes: notedAs,
  databases: [DATABASE],
  limitOf: () => 'packageDatabaseBytes',
  read: readNix,
}

/** The store's own path of whatever lies below it; a file that is one itself stands for itself. */
function notedAs(path: string): string | undefined {
  if (!path.startsWith(STORE)) return undefined
  const slash = path.indexOf('/', STORE.length)
  const segment = path.slice(STORE.length, slash === -1 ? undefined : slash)
  return parseStorePath(segment) === undefined ? undefined : `${STORE}${segment}/`
}

function readNix(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const purls = new Map<string, string>()
  const components: Component[] = []
  for (const path of files.keys()) {
    const found = path.endsWith('/') ? parseStorePath(path.slice(STORE.length, -1)) : undefined
    if (found === undefined) continue
    const component = componentOf(found, path.slice(0, -1))
    components.push(component)
    purls.set(`/${path.slice(0, -1)}`, component.purl)
  }
  const database = files.get(DATABASE)
  const edges = database === undefined ? [] : referencesOf(database.bytes, files.get(WAL)?.bytes, purls)
  return { components, edges: edges ?? [], projects: [], read: [...files.keys()] }
}

function componentOf({ hash, name, version, output }: StorePath, file: string): Component {
  return {
    purl: purlText({ type: 'nix', name, version, qualifiers: { output, outputhash: hash } }),
    name,
    version,
    type: 'library',
    hashes: {},
    evidence: [{ cataloger: 'nix', file, method: 'installed', confidence: 1 }],
    scope: 'required',
  }
}

/** References between paths, by the tables ValidPaths (id, path, …) and Refs (referrer, reference). A broken database costs only edges. */
function referencesOf(bytes: Uint8Array, wal: Uint8Array | undefined, purls: ReadonlyMap<string, string>): Edge[] | undefined {
  try {
    const newer = wal === undefined ? undefined : readWal(wal, WAL)
    const rows = (table: string): Iterable<SqliteRow> => readTable(bytes, DATABASE, table, newer) ?? []
    const paths = new Map<unknown, string>()
    for (const { id, values } of rows('ValidPaths')) {
      const purl = typeof values[1] === 'string' ? purls.get(values[1]) : undefined
      if (purl !== undefined) paths.set(id, purl)
    }
    const edges: Edge[] = []
    for (const { values } of rows('Refs')) {
      const [from, to] = [paths.get(values[0]), paths.get(values[1])]
      if (from !== undefined && to !== undefined && from !== to) edges.push({ from, to })
    }
    return edges
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return undefined
    throw error
  }
}

import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { readOrPass } from '../lockfile-cataloger.ts'
import { catalogJsLock, limitOfJsLock, wantsJsLock } from '../npm/js-lock.ts'
import { parsePnpmLock } from './lockfile.ts'

const LOCKFILE = 'pnpm-lock.yaml'
/** What pnpm keeps beside what it installed: a lockfile of just that. Images often have no other one. */
const INSTALLED = 'node_modules/.pnpm/lock.yaml'

/** pnpm: lockfiles of version 5 to 9, with their workspaces, and what it keeps beside what it installed. */
export const pnpmCataloger: Cataloger = {
  name: 'pnpm',
  only: { names: ['package.json', LOCKFILE, 'lock.yaml'] },
  wants: (path, mode) => wantsJsLock(path, mode, LOCKFILE) || (mode === 'installed' && projectOfInstalled(path) !== undefined),
  limitOf: limitOfJsLock,
  mentions: (path, bytes) => (fileNameOf(path) === LOCKFILE ? foldersOf(path, bytes) : []),
  read: readPnpm,
}

function readPnpm(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const locks = [...files].flatMap(([path, file]) => {
    if (fileNameOf(path) === LOCKFILE) return [{ path, file, directory: directoryOf(path) }]
    const directory = projectOfInstalled(path)
    return directory === undefined || files.has(joinPath(directory, LOCKFILE)) ? [] : [{ path, file, directory }]
  })
  return joinCatalogs(
    locks.map(({ path, file, directory }) =>
      readOrPass(mode, () => catalogJsLock('pnpm', path, parsePnpmLock(file.bytes, path, directory), files, mode)),
    ),
  )
}

/** The folder that pnpm installed into, by the lockfile it keeps there. */
function projectOfInstalled(path: string): string | undefined {
  if (path === INSTALLED) return ''
  const directory = path.endsWith(`/${INSTALLED}`) ? path.slice(0, -INSTALLED.length - 1) : undefined
  return directory === undefined || `/${directory}/`.includes('/node_modules/') ? undefined : directory
}

/** The package.json of workspaces and of local folders, by a look at the lines that name them. */
function foldersOf(path: string, bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  const folders = [...text.matchAll(/^ +resolution: \{directory: '?([^',}\n]+)/gm)].map(([, folder = '']) => folder)
  const lines = text.slice(/^importers:/m.exec(text)?.index ?? text.length).split('\n', 100_000)
  for (const line of lines.slice(1)) {
    if (/^\S/.test(line)) break
    const [, quoted, plain] = /^ {2}(?:'([^']+)'|([^\s':][^:]*)):/.exec(line) ?? []
    if (quoted !== undefined || plain !== undefined) folders.push(quoted ?? plain ?? '')
  }
  return folders.map((folder) => joinPath(directoryOf(path), `${folder}/package.json`))
}

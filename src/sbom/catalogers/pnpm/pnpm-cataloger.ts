import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { readOrPass } from '../lockfile-cataloger.ts'
import { catalogJsLock, limitOfJsLock, wantsJsLock } from '../npm/js-lock.ts'
import { parsePnpmLock } from './lockfile.ts'

const LOCKFILE = 'pnpm-lock.yaml'

/** pnpm: lockfiles of version 5 to 9, with their workspaces. */
export const pnpmCataloger: Cataloger = {
  name: 'pnpm',
  only: { names: ['package.json', LOCKFILE] },
  wants: (path, mode) => wantsJsLock(path, mode, LOCKFILE),
  limitOf: limitOfJsLock,
  mentions: (path, bytes) => (fileNameOf(path) === LOCKFILE ? foldersOf(path, bytes) : []),
  read: readPnpm,
}

function readPnpm(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const locks = [...files].filter(([path]) => fileNameOf(path) === LOCKFILE)
  return joinCatalogs(
    locks.map(([path, file]) =>
      readOrPass(mode, () => catalogJsLock('pnpm', path, parsePnpmLock(file.bytes, path, directoryOf(path)), files, mode)),
    ),
  )
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

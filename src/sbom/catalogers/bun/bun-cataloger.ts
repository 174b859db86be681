import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { readOrPass } from '../lockfile-cataloger.ts'
import { catalogJsLock, limitOfJsLock, wantsJsLock } from '../npm/js-lock.ts'
import { parseBunLock } from './lockfile.ts'

const LOCKFILE = 'bun.lock'

/** Bun: its lockfile in text, with workspaces. The older bun.lockb is binary and is not read. */
export const bunCataloger: Cataloger = {
  name: 'bun',
  only: { names: ['package.json', LOCKFILE] },
  wants: (path, mode) => wantsJsLock(path, mode, LOCKFILE),
  limitOf: limitOfJsLock,
  mentions: (path, bytes) => (fileNameOf(path) === LOCKFILE ? foldersOf(path, bytes) : []),
  read: readBun,
}

function readBun(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const locks = [...files].filter(([path]) => fileNameOf(path) === LOCKFILE)
  return joinCatalogs(
    locks.map(([path, file]) =>
      readOrPass(mode, () => catalogJsLock('bun', path, parseBunLock(file.bytes, path, directoryOf(path)), files, mode)),
    ),
  )
}

/** The package.json of workspaces and local folders, by a look at the entries that name them. */
function foldersOf(path: string, bytes: Uint8Array): string[] {
  const entries = new TextDecoder().decode(bytes).matchAll(/\["(?:@[^"/]+\/)?[^"/@]+@(?:workspace|file|link):([^"]*)"/g)
  return ['', ...[...entries].map(([, folder = '']) => folder)].map((folder) => joinPath(directoryOf(path), `${folder}/package.json`))
}

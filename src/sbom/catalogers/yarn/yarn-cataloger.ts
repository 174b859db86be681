import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { readOrPass } from '../lockfile-cataloger.ts'
import { catalogJsLock, limitOfJsLock, wantsJsLock } from '../npm/js-lock.ts'
import { readManifest } from '../npm/package-file.ts'
import { parseYarnBerry } from './berry.ts'
import { parseYarnClassic } from './classic.ts'
import { projectsUnder, workspaceManifests } from './wanted.ts'

const LOCKFILE = 'yarn.lock'

/** Yarn: lockfiles of version 1, and of yarn 2 and later, with their workspaces. */
export const yarnCataloger: Cataloger = {
  name: 'yarn',
  only: { names: ['package.json', LOCKFILE] },
  wants: (path, mode) => wantsJsLock(path, mode, LOCKFILE),
  limitOf: limitOfJsLock,
  mentions: (path, bytes) => {
    if (fileNameOf(path) === 'package.json') return workspaceManifests(path, readManifest(bytes, path))
    return isBerry(bytes) ? berryFolders(path, bytes) : [joinPath(directoryOf(path), 'package.json')]
  },
  read: readYarn,
}

function readYarn(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const locks = [...files].filter(([path]) => fileNameOf(path) === LOCKFILE)
  return joinCatalogs(
    locks.map(([path, file]) => {
      const directory = directoryOf(path)
      const projects = projectsUnder(files, directory)
      const parse = isBerry(file.bytes) ? parseYarnBerry : parseYarnClassic
      return readOrPass(mode, () => catalogJsLock('yarn', path, parse(file.bytes, path, directory, projects), files, mode))
    }),
  )
}

function isBerry(bytes: Uint8Array): boolean {
  return /^__metadata:/m.test(new TextDecoder().decode(bytes))
}

/** The package.json of workspaces and local folders, by a look at the lines that name them. */
function berryFolders(path: string, bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  const folders = [...text.matchAll(/^ {2}resolution: "?@?[^@\s]+@(?:workspace|portal|file|link):([^"#:\n]+)/gm)].map(
    ([, folder = '']) => folder,
  )
  return folders.map((folder) => joinPath(directoryOf(path), `${folder}/package.json`))
}

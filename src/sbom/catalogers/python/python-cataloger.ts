import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { installedEdges } from './installed-edges.ts'
import { isBesideMetadata, isInstalledMetadata, readInstalled } from './installed.ts'
import { catalogLocks, isPythonLock } from './locks.ts'
import { catalogProjects } from './projects.ts'
import { readPyproject } from './pyproject.ts'
import { normalName } from './requirement.ts'
import { catalogRequirements, includedBy, isRequirements } from './requirements.ts'

const MANIFESTS = new Set(['pyproject.toml', 'Pipfile'])

/** Python: lockfiles of poetry, uv, pdm, pipenv and PEP 751, requirements, and what is installed. */
export const pythonCataloger: Cataloger = {
  name: 'python',
  wants: wantsPython,
  limitOf: (path) => (isPythonLock(path) ? 'lockfileBytes' : 'packageFileBytes'),
  mentions: (path, bytes) => (isPythonLock(path) || isManifest(path) || isInstalledMetadata(path) ? [] : includedBy(path, bytes)),
  read: readPython,
}

function wantsPython(path: string, mode: CatalogMode): boolean {
  if (isInstalledMetadata(path) || isBesideMetadata(path)) return mode === 'installed'
  return isPythonLock(path) || isManifest(path) || (isRequirements(path) && !isInEnvironment(path))
}

function isManifest(path: string): boolean {
  return MANIFESTS.has(fileNameOf(path)) && !isInEnvironment(path)
}

/** What lies inside of installed packages is theirs: their own requirements are said in their metadata. */
function isInEnvironment(path: string): boolean {
  return /(?:^|\/)(?:site|dist)-packages\//.test(path)
}

function readPython(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const installed = readInstalled(files)
  const names = new Set(installed.map(({ name }) => normalName(name)))
  const isInstalled = (name: string): boolean => names.has(normalName(name))
  const pyprojects = new Map(
    [...files].flatMap(([path, file]) => {
      const read = fileNameOf(path) === 'pyproject.toml' ? readPyproject(file.bytes, path) : undefined
      return read === undefined ? [] : [[directoryOf(path), read] as const]
    }),
  )
  const locks = catalogLocks(files, pyprojects, installed, mode)
  const requirements = new Map(
    [...files].filter(
      ([path]) => !isPythonLock(path) && !MANIFESTS.has(fileNameOf(path)) && !isInstalledMetadata(path) && !isBesideMetadata(path),
    ),
  )
  const free = installed.filter(({ file }) => !locks.claimed.has(file))
  return joinCatalogs([
    locks.catalog,
    catalogRequirements(requirements, isInstalled, mode),
    catalogProjects(pyprojects, locks.directories, installed, mode, (directory) => files.get(joinPath(directory, 'pyproject.toml'))),
    {
      components: free.map(({ component }) => component),
      edges: installedEdges(installed),
      projects: [],
      read: [...files.keys()].filter((path) => isInstalledMetadata(path)),
    },
  ])
}

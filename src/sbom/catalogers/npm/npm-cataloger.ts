import type { Catalog, CatalogFile, Cataloger, CatalogMode, Project } from '../cataloger.ts'
import { unlessBroken } from '../lockfile-cataloger.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import { purlOf } from './identity.ts'
import { installedTree } from './installed.ts'
import { parseLockfile } from './lockfile.ts'
import { needsOf, readManifest } from './package-file.ts'
import { catalogTree } from './tree-catalog.ts'
import type { Source } from './tree-catalog.ts'
import { installedName } from './tree.ts'
import type { Place, Tree } from './tree.ts'

/** In the order npm prefers them. */
const LOCKFILES = ['npm-shrinkwrap.json', 'package-lock.json', '.package-lock.json']

/** npm: lockfiles of version 1 to 3 and the tree in node_modules. */
export const npmCataloger: Cataloger = {
  name: 'npm',
  only: { names: ['package.json', ...LOCKFILES] },
  wants: wantsNpm,
  limitOf: (path) => (fileNameOf(path) === 'package.json' ? 'packageFileBytes' : 'lockfileBytes'),
  read: readNpm,
}

function wantsNpm(path: string, mode: CatalogMode): boolean {
  const name = fileNameOf(path)
  const directory = directoryOf(path)
  const inTree = outermostTree(path) !== undefined
  if (name === 'package.json') return inTree ? mode === 'installed' && installedName(directory) !== undefined : true
  if (name === '.package-lock.json')
    return mode === 'installed' && outermostTree(path) === directoryOf(directory) && fileNameOf(directory) === 'node_modules'
  return LOCKFILES.includes(name) && !inTree
}

/** The folder whose node_modules a path lies in, counted from the target's root: `''` for `node_modules/a/node_modules/b`. Undefined outside of any. */
function outermostTree(path: string): string | undefined {
  const at = `/${path}`.indexOf('/node_modules/')
  return at === -1 ? undefined : path.slice(0, Math.max(0, at - 1))
}

function readNpm(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const { locked, lockOf, broken } = readLocks(files, mode)
  const installed = mode === 'installed' ? installedTrees(files) : new Set<string>()
  const tree = mergeTrees(files, locked, lockOf, installed)
  const roots = new Set([...lockOf.keys(), ...[...installed].filter((directory) => projectOf(directory, lockOf) === undefined)])
  const found = catalogTree(tree, roots, (place) => sourceOf(place, files, lockOf, installed), mode)
  const bare = tree.has('') ? [] : bareProject(files)
  return {
    ...found,
    projects: [...found.projects, ...bare],
    read: filesRead(files, tree, lockOf, installed).filter((path) => !broken.has(path)),
  }
}

/** A target that is a package without a lockfile still has a name. */
function bareProject(files: ReadonlyMap<string, CatalogFile>): Project[] {
  const file = files.get('package.json')
  const manifest = file === undefined ? undefined : readManifest(file.bytes, 'package.json')
  if (manifest?.name === undefined) return []
  const identity = { name: manifest.name, version: manifest.version ?? '' }
  return [{ directory: '', ...identity, purl: purlOf(identity) }]
}

/** The folders whose node_modules holds packages. */
function installedTrees(files: ReadonlyMap<string, CatalogFile>): Set<string> {
  const directories = new Set<string>()
  for (const path of files.keys()) {
    const directory = outermostTree(path)
    if (directory !== undefined && fileNameOf(path) === 'package.json') directories.add(directory)
  }
  return directories
}

/**
 * One lockfile for each project: the first in npm's order of preference; the hidden one only where there is no other. In what lies there
 * a broken one of whoever is passed over.
 */
function readLocks(
  files: ReadonlyMap<string, CatalogFile>,
  mode: CatalogMode,
): { locked: Map<string, Place>; lockOf: Map<string, string>; broken: Set<string> } {
  const broken = new Set<string>()
  const locked = new Map<string, Place>()
  const lockOf = new Map<string, string>()
  for (const name of LOCKFILES) {
    for (const [path, file] of files) {
      if (fileNameOf(path) !== name) continue
      const folder = directoryOf(path)
      const directory = name === '.package-lock.json' ? directoryOf(folder) : folder
      if (lockOf.has(directory)) continue
      const manifestPath = directory === '' ? 'package.json' : `${directory}/package.json`
      const manifest = files.get(manifestPath)
      const parse = (): Tree => parseLockfile(file.bytes, path, directory, manifest && readManifest(manifest.bytes, manifestPath))
      const places = mode === 'installed' ? unlessBroken(parse) : parse()
      if (places === undefined) {
        broken.add(path)
        continue
      }
      lockOf.set(directory, path)
      for (const place of places.values()) {
        // A workspace's own place in an outer lockfile is not overwritten by a lockfile that lies inside it.
        if (!locked.has(place.path)) locked.set(place.path, place)
      }
    }
  }
  return { locked, lockOf, broken }
}

/** Where a project has an installed tree, that; where it has none, its lockfile. */
function mergeTrees(
  files: ReadonlyMap<string, CatalogFile>,
  locked: Tree,
  lockOf: ReadonlyMap<string, string>,
  installed: ReadonlySet<string>,
): Tree {
  if (installed.size === 0) return locked
  const merged = new Map(installedTree(files, locked, installed))
  for (const place of locked.values()) {
    const project = projectOf(place.path, lockOf)
    if (project !== undefined && !installed.has(project)) merged.set(place.path, place)
  }
  return merged
}

/** The project whose lockfile speaks of a path: the nearest folder above with one. */
function projectOf(path: string, lockOf: ReadonlyMap<string, string>): string | undefined {
  for (let directory = path; ; directory = directoryOf(directory)) {
    if (lockOf.has(directory)) return directory
    if (directory === '') return undefined
  }
}

function sourceOf(
  place: Place,
  files: ReadonlyMap<string, CatalogFile>,
  lockOf: ReadonlyMap<string, string>,
  installed: ReadonlySet<string>,
): Source {
  const own = place.path === '' ? 'package.json' : `${place.path}/package.json`
  const project = projectOf(place.path, lockOf)
  const lock = project === undefined ? undefined : lockOf.get(project)
  const onDisk = lock === undefined || (installed.size > 0 && installedName(place.path) !== undefined && files.has(own))
  const file = onDisk ? own : lock
  const layer = files.get(file)?.layer
  return { file, method: onDisk ? 'installed' : 'lockfile', ...(layer === undefined ? {} : { layer }) }
}

/** Lockfiles, the package.json of their projects and workspaces, those of installed trees, and those that need nothing. */
function filesRead(
  files: ReadonlyMap<string, CatalogFile>,
  tree: Tree,
  lockOf: ReadonlyMap<string, string>,
  installed: ReadonlySet<string>,
): string[] {
  const read: string[] = []
  for (const [path, file] of files) {
    const directory = directoryOf(path)
    const known = tree.has(directory) && (projectOf(directory, lockOf) !== undefined || outermostTree(path) !== undefined)
    if (fileNameOf(path) !== 'package.json' || known || installed.has(directory) || needsNothing(file, path)) read.push(path)
  }
  return read
}

function needsNothing(file: CatalogFile, path: string): boolean {
  const manifest = readManifest(file.bytes, path)
  return manifest !== undefined && manifest.workspaces === undefined && needsOf(manifest, { dev: true }).length === 0
}

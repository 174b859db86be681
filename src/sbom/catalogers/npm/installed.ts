import type { CatalogFile } from '../cataloger.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import { licenceOf, needsOf, producerOf, readManifest } from './package-file.ts'
import type { Manifest } from './package-file.ts'
import { installedName } from './tree.ts'
import type { Need, Place, Tree } from './tree.ts'

/**
 * The tree that lies on disk. A package is what its package.json says it is; what the lockfile knows of the same package at the same
 * place (name and version agree) adds its hash, origin, marks and edges. A package that was swapped after the installation
 * therefore stands here as what it is, without the lockfile's hash. Folders of the project that the lockfile names
 * (workspaces) are taken from it, since links are not followed.
 */
export function installedTree(files: ReadonlyMap<string, CatalogFile>, locked: Tree, directories: Iterable<string>): Tree {
  const tree = new Map<string, Place>()
  for (const [path, file] of files) {
    if (fileNameOf(path) !== 'package.json') continue
    const place = directoryOf(path)
    const name = installedName(place)
    if (name !== undefined) tree.set(place, installedPlace(place, name, file, path, locked.get(place)))
  }
  for (const place of locked.values()) {
    if (installedName(place.path) === undefined || place.linkTo !== undefined) tree.set(place.path, place)
  }
  for (const directory of directories) if (!tree.has(directory)) addProject(tree, files, directory)
  return tree
}

function installedPlace(path: string, installedAs: string, file: CatalogFile, where: string, locked: Place | undefined): Place {
  const manifest = readManifest(file.bytes, where)
  const name = manifest?.name ?? locked?.name ?? installedAs
  const version = manifest?.version ?? locked?.version ?? ''
  const licence = manifest === undefined ? undefined : licenceOf(manifest)
  const producer = manifest === undefined ? undefined : producerOf(manifest)
  const said = { ...(licence === undefined ? {} : { licence }), ...(producer === undefined ? {} : { producer }) }
  const sameAsLocked = locked !== undefined && locked.linkTo === undefined && locked.name === name && locked.version === version
  if (sameAsLocked) return { ...locked, needs: withPeers(locked.needs, manifest), ...said }
  return {
    path,
    name,
    version,
    needs: manifest === undefined ? [] : needsOf(manifest, { dev: false }),
    ...said,
    ...(locked?.dev === true ? { dev: true } : {}),
    ...(locked?.optional === true ? { optional: true } : {}),
  }
}

/** Lockfiles of version 1 do not record peers; the package itself does. */
function withPeers(locked: readonly Need[], manifest: Manifest | undefined): readonly Need[] {
  const known = new Set(locked.map(({ name }) => name))
  const peers = needsOf(manifest ?? {}, { dev: false }).filter(({ name, kind }) => kind.startsWith('peer') && !known.has(name))
  return peers.length === 0 ? locked : [...locked, ...peers]
}

/** The root of a tree without a lockfile, from its own package.json. */
function addProject(tree: Map<string, Place>, files: ReadonlyMap<string, CatalogFile>, directory: string): void {
  const path = directory === '' ? 'package.json' : `${directory}/package.json`
  const file = files.get(path)
  const manifest = file === undefined ? undefined : readManifest(file.bytes, path)
  if (manifest === undefined) return
  tree.set(directory, {
    path: directory,
    name: manifest.name ?? fileNameOf(directory),
    version: manifest.version ?? '',
    needs: needsOf(manifest, { dev: true }),
  })
}

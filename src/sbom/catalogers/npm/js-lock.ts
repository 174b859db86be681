import type { LimitName } from '../../../kernel/limits.ts'
import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, CatalogMode } from '../cataloger.ts'
import { catalogGraph, layerOf } from '../lock-graph.ts'
import type { LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { distributionsOf, hashesOf, purlOf } from './identity.ts'
import { licenceOf, producerOf, readManifest } from './package-file.ts'
import type { Manifest } from './package-file.ts'
import { installedName } from './tree.ts'

/** A package a lockfile of JavaScript pins, under a key of the lockfile's own kind. */
export type JsPackage = {
  readonly name: string
  readonly version: string
  /** Where it came from, where that was no registry; see `purlOf`. */
  readonly resolved?: string
  readonly integrity?: string
  /** The folder it was taken from, where that is one of the target. */
  readonly directory?: string
  readonly needs: readonly LockNeed[]
  readonly marked?: 'dev' | 'optional'
}

/** A project of a lockfile: its folder, what the lockfile itself calls it, and what it needs. Its key is `projectKey(directory)`. */
export type JsProject = {
  readonly directory: string
  readonly name?: string
  readonly version?: string
  readonly needs: readonly LockNeed[]
}

export type JsLock = { readonly packages: ReadonlyMap<string, JsPackage>; readonly projects: readonly JsProject[] }

/** The key under which others need a project. No key of a package begins so. */
export function projectKey(directory: string): string {
  return `\0project ${directory}`
}

/** What every cataloger of such a lockfile wants: the lockfiles of that name, package.json of projects, and those that are installed. */
export function wantsJsLock(path: string, mode: CatalogMode, lockfile: string): boolean {
  const name = fileNameOf(path)
  if (name !== lockfile && name !== 'package.json') return false
  if (!`/${path}`.includes('/node_modules/')) return true
  return mode === 'installed' && name === 'package.json' && installedName(directoryOf(path)) !== undefined
}

export function limitOfJsLock(path: string): LimitName {
  return fileNameOf(path) === 'package.json' ? 'packageFileBytes' : 'lockfileBytes'
}

/** The package.json of a project, if it was handed in and is sound. */
export function manifestAt(files: ReadonlyMap<string, CatalogFile>, directory: string): Manifest | undefined {
  const path = joinPath(directory, 'package.json')
  const file = files.get(path)
  return file === undefined ? undefined : readManifest(file.bytes, path)
}

/**
 * A lockfile of JavaScript as a catalog. Where its projects have an installed tree, only what lies there is listed, with hashes and
 * edges from the lockfile. In: the cataloger's name, the lockfile's path and content, all files that were handed in.
 */
export function catalogJsLock(
  cataloger: string,
  path: string,
  { packages, projects }: JsLock,
  files: ReadonlyMap<string, CatalogFile>,
  mode: CatalogMode,
): Catalog {
  const directories = new Set(projects.map(({ directory }) => directory))
  const { nodes, claimed, folders } = jsNodes(packages, directories, files, mode)
  const found = catalogGraph(
    { nodes, projects: projects.map((project) => projectOf(project, files)) },
    { cataloger, file: path, ...layerOf(files.get(path)) },
    mode,
  )
  const read = [
    path,
    ...[...directories, ...folders].map((directory) => joinPath(directory, 'package.json')).filter((manifest) => files.has(manifest)),
  ]
  return { ...found, read, claimed }
}

/**
 * The packages as nodes of a graph: where the projects have an installed tree, those that lie there, and the files that are thereby
 * spoken for. `folders` are the folders of the target that packages were taken from.
 */
export function jsNodes(
  packages: ReadonlyMap<string, JsPackage>,
  directories: ReadonlySet<string>,
  files: ReadonlyMap<string, CatalogFile>,
  mode: CatalogMode,
): { readonly nodes: Map<string, LockNode>; readonly claimed: Set<string>; readonly folders: Set<string> } {
  const installed = mode === 'installed' ? installedUnder(files, directories) : new Map<string, Installed>()
  const nodes = new Map<string, LockNode>()
  const claimed = new Set<string>()
  const folders = new Set<string>()
  for (const [key, one] of packages) {
    const manifest = one.directory === undefined ? undefined : manifestAt(files, one.directory)
    if (manifest !== undefined && one.directory !== undefined) folders.add(one.directory)
    const identity = { name: manifest?.name ?? one.name, version: manifest?.version ?? one.version }
    const found = installed.get(`${identity.name}@${identity.version}`)
    if (installed.size > 0 && found === undefined) continue
    for (const at of found?.installedAt ?? []) claimed.add(at)
    nodes.set(key, { ...nodeOf({ ...one, ...identity }), ...found })
  }
  return { nodes, claimed, folders }
}

function nodeOf({ name, version, resolved, integrity, needs, marked }: JsPackage): LockNode {
  return {
    purl: resolved === undefined ? purlOf({ name, version }) : purlOf({ name, version, resolved }),
    name,
    version,
    hashes: hashesOf(integrity),
    ...distributionsOf({ ...(resolved === undefined ? {} : { resolved }), ...(integrity === undefined ? {} : { integrity }) }),
    needs,
    ...(marked === undefined ? {} : { marked }),
  }
}

function projectOf({ directory, needs, ...said }: JsProject, files: ReadonlyMap<string, CatalogFile>): LockProject {
  const manifest = manifestAt(files, directory)
  const name = manifest?.name ?? said.name ?? fileNameOf(directory)
  const version = manifest?.version ?? said.version ?? ''
  return { key: projectKey(directory), directory, name, version, purl: purlOf({ name, version }), needs }
}

type Installed = Required<Pick<LockNode, 'installedAt'>> & Pick<LockNode, 'licence' | 'producer' | 'layer'>

/** What lies in the node_modules of these folders, by `name@version`. */
function installedUnder(files: ReadonlyMap<string, CatalogFile>, directories: ReadonlySet<string>): Map<string, Installed> {
  const found = new Map<string, Installed>()
  for (const [path, file] of files) {
    const at = `/${path}`.indexOf('/node_modules/')
    if (at === -1 || !directories.has(path.slice(0, Math.max(0, at - 1)))) continue
    const manifest = readManifest(file.bytes, path)
    if (manifest?.name === undefined) continue
    const key = `${manifest.name}@${manifest.version ?? ''}`
    const licence = licenceOf(manifest)
    const producer = producerOf(manifest)
    const before = found.get(key)
    found.set(key, {
      ...(licence === undefined ? {} : { licence }),
      ...(producer === undefined ? {} : { producer }),
      ...layerOf(file),
      ...before,
      installedAt: [...(before?.installedAt ?? []), path],
    })
  }
  return found
}

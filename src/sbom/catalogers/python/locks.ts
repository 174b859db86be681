import { addToGroup } from '../../../kernel/groups.ts'
import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { catalogGraph, layerOf } from '../lock-graph.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { readOrPass } from '../lockfile-cataloger.ts'
import type { InstalledPackage } from './installed.ts'
import { parsePdmLock } from './pdm.ts'
import { parsePipfileLock, readPipfile } from './pipfile.ts'
import { parsePoetryLock } from './poetry.ts'
import type { LocalFolder } from './poetry.ts'
import { parsePylock } from './pylock.ts'
import { pythonGraph, wantOf } from './python-lock.ts'
import type { PythonPackage, PythonProject } from './python-lock.ts'
import type { Pyproject } from './pyproject.ts'
import { normalName } from './requirement.ts'
import { parseUvLock } from './uv.ts'

type Lock = {
  readonly packages: readonly PythonPackage[]
  readonly projects?: readonly PythonProject[]
  readonly folders?: readonly LocalFolder[]
}
type Surroundings = { readonly files: ReadonlyMap<string, CatalogFile>; readonly pyproject: Pyproject | undefined }

/** Who reads which lockfile. A new one is a line here. */
const READERS: readonly {
  readonly name: string
  readonly is: RegExp
  readonly parse: (file: CatalogFile, path: string, around: Surroundings) => Lock
}[] = [
  {
    name: 'poetry',
    is: /^poetry\.lock$/,
    parse: ({ bytes }, path, { pyproject }) =>
      parsePoetryLock(bytes, path, directoryOf(path), [...(pyproject?.required ?? []), ...(pyproject?.dev ?? [])]),
  },
  { name: 'uv', is: /^uv\.lock$/, parse: ({ bytes }, path) => parseUvLock(bytes, path, directoryOf(path)) },
  {
    name: 'pdm',
    is: /^pdm\.lock$/,
    parse: ({ bytes }, path, { pyproject }) => parsePdmLock(bytes, path, directoryOf(path), pyproject?.extras ?? []),
  },
  { name: 'pipenv', is: /^Pipfile\.lock$/, parse: ({ bytes }, path) => ({ packages: parsePipfileLock(bytes, path) }) },
  { name: 'pylock', is: /^pylock(?:\.[^./]+)?\.toml$/, parse: ({ bytes }, path) => parsePylock(bytes, path, directoryOf(path)) },
]

export function isPythonLock(path: string): boolean {
  const name = fileNameOf(path)
  return READERS.some(({ is }) => is.test(name))
}

/**
 * All lockfiles as catalogs. Where what a lockfile pins is installed, only that is listed, and `claimed` are the files it speaks for:
 * an environment in the project's own folder, else the ones outside of any project. `directories` have a lockfile.
 */
export function catalogLocks(
  files: ReadonlyMap<string, CatalogFile>,
  pyprojects: ReadonlyMap<string, Pyproject>,
  installed: readonly InstalledPackage[],
  mode: CatalogMode,
): { readonly catalog: Catalog; readonly claimed: ReadonlySet<string>; readonly directories: ReadonlySet<string> } {
  const claimed = new Set<string>()
  const catalogs: Catalog[] = []
  const locked = [...files].filter(([path]) => isPythonLock(path))
  const directories = new Set(locked.map(([path]) => directoryOf(path)))
  for (const [path, file] of locked) {
    const reader = READERS.find(({ is }) => is.test(fileNameOf(path)))
    if (reader === undefined) continue
    const directory = directoryOf(path)
    const around = { files, pyproject: pyprojects.get(directory) }
    const read = (): Catalog => {
      const { packages, projects } = withProjects(reader.parse(file, path, around), directory, pyprojects, files)
      const graph = onlyInstalled(pythonGraph(packages, projects), environmentFor(directory, directories, installed))
      for (const { installedAt } of graph.nodes.values()) for (const at of installedAt ?? []) claimed.add(at)
      const found = catalogGraph(graph, { cataloger: reader.name, file: path, ...layerOf(file) }, mode)
      return { ...found, read: [path, ...manifestsOf(projects, directory, files)] }
    }
    catalogs.push(readOrPass(mode, read))
  }
  return { catalog: joinCatalogs(catalogs), claimed, directories }
}

/** Of a lockfile, what is installed of it; all of it when nothing is. */
function onlyInstalled(graph: LockGraph, there: ReadonlyMap<string, readonly InstalledPackage[]>): LockGraph {
  const nodes = new Map<string, LockNode>()
  for (const [key, node] of graph.nodes) {
    const found = there.get(`${normalName(node.name)} ${node.version}`)
    if (found !== undefined) nodes.set(key, { ...node, installedAt: found.map((one) => one.file), ...asInstalled(found) })
  }
  return nodes.size === 0 ? graph : { nodes, projects: graph.projects }
}

/** What the installed package says of itself and the lockfile does not. */
function asInstalled(found: readonly InstalledPackage[]): Partial<LockNode> {
  const licence = found.find(({ component }) => component.licence !== undefined)?.component.licence
  const layer = found[0]?.component.layer
  const producer = found.find(({ component }) => component.producer !== undefined)?.component.producer
  return {
    ...(licence === undefined ? {} : { licence }),
    ...(producer === undefined ? {} : { producer }),
    ...(layer === undefined ? {} : { layer }),
  }
}

/** The project a lockfile is for, from the manifest beside it; local folders are projects too. */
function withProjects(
  lock: Lock,
  directory: string,
  pyprojects: ReadonlyMap<string, Pyproject>,
  files: ReadonlyMap<string, CatalogFile>,
): { packages: readonly PythonPackage[]; projects: readonly PythonProject[] } {
  const folders = new Map((lock.folders ?? []).map(({ name, directory: folder }) => [name, folder]))
  const local = lock.packages.filter(({ name }) => folders.has(name))
  const said = [
    ...(lock.projects ?? []),
    ...local.map(({ name, version, wants }): PythonProject => ({ directory: folders.get(name) ?? '', name, version, wants })),
  ]
  const projects = said.map((project) => withManifest(project, pyprojects.get(project.directory)))
  const own = pyprojects.get(directory)
  const pipfile = files.get(joinPath(directory, 'Pipfile'))
  if (!projects.some((project) => project.directory === directory)) {
    const wants = [
      ...(own === undefined ? [] : wantsOf(own)),
      ...(pipfile === undefined ? [] : readPipfile(pipfile.bytes, joinPath(directory, 'Pipfile'))),
    ]
    if (own !== undefined || wants.length > 0) projects.push({ directory, name: own?.name ?? '', version: own?.version ?? '', wants })
  }
  return { packages: lock.packages.filter((one) => !local.includes(one)), projects }
}

/** A project's own manifest knows its name and version best, and what it asks for where the lockfile does not say. */
function withManifest(project: PythonProject, pyproject: Pyproject | undefined): PythonProject {
  if (pyproject === undefined) return project
  return {
    directory: project.directory,
    name: pyproject.name === '' ? project.name : pyproject.name,
    version: pyproject.version === '' ? project.version : pyproject.version,
    wants: project.wants.length > 0 ? project.wants : wantsOf(pyproject),
  }
}

/** What a project asks for, by how strongly; of one name the strongest counts. */
export function wantsOf({ required, optional, dev }: Pyproject): PythonProject['wants'] {
  return [...dev.map((one) => wantOf(one, 'dev')), ...optional.map((one) => wantOf(one, 'optional')), ...required.map((one) => wantOf(one))]
}

/** What is installed where a lockfile speaks of it, by name and version. */
function environmentFor(
  directory: string,
  projects: ReadonlySet<string>,
  installed: readonly InstalledPackage[],
): Map<string, readonly InstalledPackage[]> {
  const isUnder = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`)
  const own = installed.filter(({ file }) => isUnder(file, directory))
  const outside = installed.filter(({ file }) => ![...projects].some((folder) => isUnder(file, folder)))
  const found = new Map<string, InstalledPackage[]>()
  for (const one of own.length > 0 ? own : outside) {
    const key = `${normalName(one.name)} ${one.version}`
    addToGroup(found, key, one)
  }
  return found
}

/** The manifests that a lockfile makes good for. What setup.py would say when run is in the lockfile as well. */
function manifestsOf(projects: readonly PythonProject[], directory: string, files: ReadonlyMap<string, CatalogFile>): string[] {
  const folders = new Set([directory, ...projects.map((project) => project.directory)])
  const manifests = [...folders].flatMap((folder) =>
    ['pyproject.toml', 'Pipfile'].map((name) => joinPath(folder, name)).filter((path) => files.has(path)),
  )
  return [...manifests, ...[...folders].flatMap((folder) => ['setup.py', 'setup.cfg'].map((name) => joinPath(folder, name)))]
}

import { joinPath } from '../../path.ts'
import type { Component, Edge } from '../../model.ts'
import type { Catalog, CatalogFile, CatalogMode, Project } from '../cataloger.ts'
import { layerOf } from '../lock-graph.ts'
import { originOf, pythonPurl } from './identity.ts'
import type { InstalledPackage } from './installed.ts'
import type { Pyproject } from './pyproject.ts'
import { normalName, pinnedVersion } from './requirement.ts'
import type { Requirement } from './requirement.ts'

/**
 * Projects without a lockfile. What they ask for and is installed is what they need; what is not installed stands with its range, and
 * the file is read in part only. In: pyproject.toml by folder, the folders with a lockfile, what is installed anywhere.
 */
export function catalogProjects(
  pyprojects: ReadonlyMap<string, Pyproject>,
  locked: ReadonlySet<string>,
  installed: readonly InstalledPackage[],
  mode: CatalogMode,
  fileAt: (directory: string) => CatalogFile | undefined,
): Catalog {
  const purlOf = new Map(installed.map(({ name, component }) => [normalName(name), component.purl]))
  const components: Component[] = []
  const edges: Edge[] = []
  const projects: Project[] = []
  const read: string[] = []
  const partial: string[] = []
  for (const [directory, pyproject] of pyprojects) {
    if (locked.has(directory)) continue
    const path = joinPath(directory, 'pyproject.toml')
    if (pyproject.name === '' && !pyproject.declares) {
      read.push(path)
      continue
    }
    const project = { directory, name: pyproject.name, version: pyproject.version, purl: pythonPurl(pyproject.name, pyproject.version) }
    projects.push(project)
    if (directory !== '') components.push(applicationOf(project, path, fileAt(directory)))
    const wanted = [...withScope(pyproject.required, 'required'), ...(mode === 'installed' ? withScope(pyproject.dev, 'dev') : [])]
    for (const { requirement, scope } of wanted) {
      const there = purlOf.get(normalName(requirement.name))
      const component = there === undefined ? wantedComponent(requirement, scope, path, fileAt(directory)) : undefined
      if (component !== undefined && scope === 'required') components.push(component)
      const to = there ?? (scope === 'required' ? component?.purl : undefined)
      if (to !== undefined) edges.push({ from: project.purl, to })
    }
    const isMet = pyproject.declares && pyproject.required.every(({ name }) => purlOf.has(normalName(name)))
    if (isMet) read.push(path, ...['setup.py', 'setup.cfg'].map((name) => joinPath(directory, name)))
    else partial.push(path)
  }
  return { components, edges, projects, read, partial }
}

function withScope(
  requirements: readonly Requirement[],
  scope: Component['scope'],
): { requirement: Requirement; scope: Component['scope'] }[] {
  return requirements.map((requirement) => ({ requirement, scope }))
}

function applicationOf({ name, version, purl }: Project, path: string, file: CatalogFile | undefined): Component {
  return {
    purl,
    name,
    version,
    type: 'application',
    hashes: {},
    evidence: [{ cataloger: 'python', file: path, method: 'manifest', confidence: 1 }],
    scope: 'required',
    ...layerOf(file),
  }
}

/** A package somebody asks for and that is not there: at a version only when that is pinned. */
function wantedComponent(
  { name, range, url }: Requirement,
  scope: Component['scope'],
  path: string,
  file: CatalogFile | undefined,
): Component {
  const version = pinnedVersion(range) ?? ''
  return {
    purl: pythonPurl(name, version, url === undefined ? undefined : originOf(url)),
    name,
    version,
    type: 'library',
    hashes: {},
    ...(version === '' && url === undefined ? { range: range === '' ? '*' : range } : {}),
    evidence: [{ cataloger: 'python', file: path, method: 'manifest', confidence: version === '' ? 0.5 : 1 }],
    scope,
    ...layerOf(file),
  }
}

import type { DigestSet } from '../../kernel/digest.ts'
import type { Component, Distribution, Edge } from '../model.ts'
import type { CatalogFile, CatalogMode, Project } from './cataloger.ts'

/** Why one part of a lockfile needs another. `dev` counts only for projects; an `optional` part may be absent. */
export type LockNeed = { readonly to: string; readonly kind: 'required' | 'optional' | 'peer' | 'dev' }

/** A package a lockfile pins. Known in its graph by a key of the lockfile's own kind. */
export type LockNode = Pick<Component, 'purl' | 'name' | 'version'> & {
  readonly hashes?: DigestSet
  readonly licence?: string
  readonly producer?: Component['producer']
  readonly range?: string
  readonly distributions?: readonly Distribution[]
  readonly properties?: Component['properties']
  readonly type?: Component['type']
  readonly needs: readonly LockNeed[]
  /** As the lockfile itself marks it, where it does. */
  readonly marked?: 'dev' | 'optional'
  /** Where it is installed, besides being pinned. */
  readonly installedAt?: readonly string[]
  readonly layer?: string
}

/** A project a lockfile is for, with what it needs. It can be needed itself (a workspace), by its key. */
export type LockProject = Project & { readonly key: string; readonly needs: readonly LockNeed[] }

export type LockGraph = { readonly nodes: ReadonlyMap<string, LockNode>; readonly projects: readonly LockProject[] }

export type LockSource = {
  readonly cataloger: string
  readonly file: string
  readonly layer?: string | undefined
  readonly method?: Component['evidence'][number]['method']
  readonly confidence?: number
}

/**
 * A lockfile's graph as components and edges. A package is as strongly needed as the strongest way to it from a project:
 * required, optional (through something that may be absent) or dev; what no project reaches counts as required, or as marked.
 * For `runtime-closure` development is left out. Projects below the target's root stand among the components.
 */
export function catalogGraph(
  graph: LockGraph,
  source: LockSource,
  mode: CatalogMode,
): { components: Component[]; edges: Edge[]; projects: Project[] } {
  const scopes = scopesOf(graph)
  const scopeOf = (key: string): Component['scope'] => scopes.get(key) ?? 'required'
  const purls = new Map<string, string>(graph.projects.map(({ key, purl }) => [key, purl]))
  for (const [key, node] of graph.nodes) if (mode === 'installed' || scopeOf(key) !== 'dev') purls.set(key, node.purl)
  const components: Component[] = []
  const edges: Edge[] = []
  const addEdges = (from: string, needs: readonly LockNeed[]): void => {
    for (const { to, kind } of needs) {
      const target = kind === 'dev' && mode !== 'installed' ? undefined : purls.get(to)
      if (target !== undefined) edges.push({ from, to: target })
    }
  }
  for (const [key, node] of graph.nodes) {
    if (!purls.has(key)) continue
    components.push(componentOf(node, scopeOf(key), source))
    addEdges(node.purl, node.needs)
  }
  for (const { key, purl, name, version, directory, needs } of graph.projects) {
    if (directory !== '') components.push(componentOf({ purl, name, version, type: 'application', needs }, scopeOf(key), source))
    addEdges(purl, needs)
  }
  return { components, edges, projects: graph.projects.map(({ directory, name, version, purl }) => ({ directory, name, version, purl })) }
}

/** The layer a file came from, as a part of a source. */
export function layerOf(file: CatalogFile | undefined): { layer?: string } {
  return file?.layer === undefined ? {} : { layer: file.layer }
}

function componentOf(node: LockNode, scope: Component['scope'], source: LockSource): Component {
  const { cataloger, file, method = 'lockfile', confidence = 1 } = source
  const layer = node.layer ?? source.layer
  const installed = (node.installedAt ?? []).map((at) => ({ cataloger, file: at, method: 'installed' as const, confidence: 1 }))
  return {
    purl: node.purl,
    name: node.name,
    version: node.version,
    type: node.type ?? 'library',
    hashes: node.hashes ?? {},
    ...(node.licence === undefined ? {} : { licence: node.licence }),
    ...(node.producer === undefined ? {} : { producer: node.producer }),
    ...(node.range === undefined ? {} : { range: node.range }),
    ...(node.distributions === undefined || node.distributions.length === 0 ? {} : { distributions: node.distributions }),
    evidence: [...installed, { cataloger, file, method, confidence }],
    scope,
    ...(layer === undefined ? {} : { layer }),
    ...(node.properties === undefined ? {} : { properties: node.properties }),
  }
}

const STRENGTHS: readonly Component['scope'][] = ['required', 'optional', 'dev']

/** How strongly each part is needed, by walking from the projects: first all that is required, then what is optional, then dev. */
function scopesOf({ nodes, projects }: LockGraph): Map<string, Component['scope']> {
  const needsOf = new Map<string, readonly LockNeed[]>(projects.map(({ key, needs }) => [key, needs]))
  for (const [key, { needs }] of nodes) needsOf.set(key, needs)
  const scopes = new Map<string, Component['scope']>()
  const waiting: Record<Component['scope'], string[]> = { required: projects.map(({ key }) => key), optional: [], dev: [] }
  const isProject = new Set(waiting.required)
  for (const scope of STRENGTHS) {
    for (let key = waiting[scope].pop(); key !== undefined; key = waiting[scope].pop()) {
      if (scopes.has(key)) continue
      scopes.set(key, scope)
      for (const { to, kind } of needsOf.get(key) ?? []) {
        if (kind === 'dev' && !isProject.has(key)) continue
        waiting[kind === 'dev' ? 'dev' : kind === 'optional' && scope === 'required' ? 'optional' : scope].push(to)
      }
    }
  }
  addUnreached(scopes, nodes)
  return scopes
}

/** What nothing reaches is as its lockfile marks it, or as the same package under another key; else required. */
function addUnreached(scopes: Map<string, Component['scope']>, nodes: ReadonlyMap<string, LockNode>): void {
  const byPurl = new Map<string, Component['scope']>()
  for (const [key, { purl }] of nodes) {
    const scope = scopes.get(key)
    const before = byPurl.get(purl)
    if (scope !== undefined && (before === undefined || STRENGTHS.indexOf(scope) < STRENGTHS.indexOf(before))) byPurl.set(purl, scope)
  }
  for (const [key, { purl, marked }] of nodes) if (!scopes.has(key)) scopes.set(key, marked ?? byPurl.get(purl) ?? 'required')
}

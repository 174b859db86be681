import type { Component, Edge } from '../../model.ts'
import type { CatalogMode, Project } from '../cataloger.ts'
import { distributionsOf, hashesOf, purlOf } from './identity.ts'
import { installedName, resolveNeed } from './tree.ts'
import type { NeedKind, Place, Tree } from './tree.ts'

/** Where a place was read from: the file, its layer, and how. */
export type Source = { readonly file: string; readonly layer?: string; readonly method: 'lockfile' | 'installed' }

/**
 * A tree as components and edges. For `runtime-closure` only what npm installs without development packages: it goes by
 * its own marks in the lockfile, and so does this, except that a project's workspaces, which lie beside it and are not
 * installed with it, count only where it depends on them. In: the tree, its projects' places, where each place was read.
 */
export function catalogTree(
  tree: Tree,
  projectPaths: ReadonlySet<string>,
  sourceOf: (place: Place) => Source,
  mode: CatalogMode,
): { components: Component[]; edges: Edge[]; projects: Project[] } {
  const beside = mode === 'installed' ? new Set<string>() : workspacesOnly(tree, projectPaths)
  const places = [...tree.values()].filter(
    (place) => place.linkTo === undefined && (mode === 'installed' || (isRuntime(place) && !beside.has(place.path))),
  )
  const purls = new Map(places.map((place) => [place.path, purlOf(place)]))
  const components: Component[] = []
  const edges: Edge[] = []
  const projects: Project[] = []
  for (const place of places) {
    const purl = purls.get(place.path) ?? ''
    if (projectPaths.has(place.path)) projects.push({ directory: place.path, name: place.name, version: place.version, purl })
    if (!projectPaths.has(place.path) || place.path !== '') components.push(componentOf(place, purl, sourceOf(place)))
    for (const need of place.needs) {
      if (!follows(need.kind, mode)) continue
      const target = resolveNeed(tree, place.path, need.name)
      const to = target === undefined ? undefined : purls.get(target.path)
      if (to !== undefined) edges.push({ from: purl, to })
    }
  }
  return { components, edges, projects }
}

/** As `npm ci --omit=dev` chooses: everything not marked as development-only; platforms it would skip here it installs elsewhere. */
function isRuntime(place: Place): boolean {
  return place.dev !== true && place.extraneous !== true
}

/** Places that only workspaces need, the workspaces among them. */
function workspacesOnly(tree: Tree, projectPaths: ReadonlySet<string>): ReadonlySet<string> {
  const projects = [...projectPaths].flatMap((path) => tree.get(path) ?? [])
  const ofProjects = reachable(tree, projects, (kind) => kind !== 'dev' && kind !== 'workspace')
  const workspaces = projects.flatMap((place) =>
    place.needs.flatMap((need) => (need.kind === 'workspace' ? (resolveNeed(tree, place.path, need.name) ?? []) : [])),
  )
  const ofWorkspaces = reachable(tree, workspaces, (kind) => kind !== 'dev')
  return new Set([...ofWorkspaces].filter((path) => !ofProjects.has(path)))
}

function reachable(tree: Tree, from: readonly Place[], through: (kind: NeedKind) => boolean): Set<string> {
  const found = new Set(from.map((place) => place.path))
  const queue = [...from]
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    for (const need of place.needs) {
      const next = through(need.kind) ? resolveNeed(tree, place.path, need.name) : undefined
      if (next === undefined || found.has(next.path)) continue
      found.add(next.path)
      queue.push(next)
    }
  }
  return found
}

function follows(kind: NeedKind, mode: CatalogMode): boolean {
  return kind !== 'dev' || mode === 'installed'
}

function componentOf(place: Place, purl: string, source: Source): Component {
  return {
    purl,
    name: place.name,
    version: place.version,
    type: installedName(place.path) === undefined ? 'application' : 'library',
    hashes: hashesOf(place.integrity),
    ...(place.licence === undefined ? {} : { licence: place.licence }),
    ...(place.producer === undefined ? {} : { producer: place.producer }),
    ...distributionsOf(place),
    evidence: [{ cataloger: 'npm', file: source.file, method: source.method, confidence: 1 }],
    scope: place.dev === true ? 'dev' : place.optional === true ? 'optional' : 'required',
    ...(source.layer === undefined ? {} : { layer: source.layer }),
  }
}

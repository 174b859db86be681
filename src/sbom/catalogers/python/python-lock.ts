import { addToGroup } from '../../../kernel/groups.ts'
import type { Distribution } from '../../model.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { pythonPurl, soleHashes } from './identity.ts'
import type { PythonOrigin } from './identity.ts'
import { normalName } from './requirement.ts'
import type { Requirement } from './requirement.ts'

/** A package that a lockfile of Python pins. */
export type PythonPackage = {
  readonly name: string
  readonly version: string
  readonly origin?: PythonOrigin | undefined
  readonly distributions: readonly Distribution[]
  readonly wants: readonly PythonWant[]
  readonly marked?: LockNode['marked']
}

/** A dependency by name, and by version where the lockfile has several of that name. */
export type PythonWant = { readonly name: string; readonly version?: string | undefined; readonly kind: LockNeed['kind'] }

/** A project with what it asks for. */
export type PythonProject = {
  readonly directory: string
  readonly name: string
  readonly version: string
  readonly wants: readonly PythonWant[]
}

/** Key of a project. No key of a package begins so. */
function projectKey(directory: string): string {
  return `\0project ${directory}`
}

/**
 * Packages and projects as a graph. A dependency leads to every package of its name (of its version, where one is given): of several
 * the markers of the target decide, which nobody knows here. A project of the name comes first.
 */
export function pythonGraph(packages: readonly PythonPackage[], projects: readonly PythonProject[]): LockGraph {
  const byName = new Map<string, { readonly key: string; readonly version: string }[]>()
  const keys = packages.map((one, at) => `${at} ${one.name}`)
  for (const [at, { name, version }] of packages.entries()) {
    const normal = normalName(name)
    addToGroup(byName, normal, { key: keys[at] ?? '', version })
  }
  const projectOf = new Map(
    projects.filter(({ name }) => name !== '').map(({ name, directory }) => [normalName(name), projectKey(directory)]),
  )
  const find = ({ name, version, kind }: PythonWant): LockNeed[] => {
    const normal = normalName(name)
    const project = projectOf.get(normal)
    if (project !== undefined) return [{ to: project, kind }]
    const all = byName.get(normal) ?? []
    const exact = version === undefined ? [] : all.filter((one) => one.version === version)
    return (exact.length > 0 ? exact : all).map(({ key }) => ({ to: key, kind }))
  }
  const nodes = new Map<string, LockNode>()
  for (const [at, one] of packages.entries()) {
    nodes.set(keys[at] ?? '', {
      purl: pythonPurl(one.name, one.version, one.origin),
      name: one.name,
      version: one.version,
      hashes: soleHashes(one.distributions),
      distributions: one.distributions,
      needs: one.wants.flatMap(find),
      ...(one.marked === undefined ? {} : { marked: one.marked }),
    })
  }
  return {
    nodes,
    projects: projects.map(({ directory, name, version, wants }) => ({
      key: projectKey(directory),
      directory,
      name,
      version,
      purl: pythonPurl(name, version),
      needs: wants.flatMap(find),
    })),
  }
}

/** What a requirement asks for. What only an extra needs may be absent. */
export function wantOf(requirement: Requirement, kind: LockNeed['kind'] = 'required'): PythonWant {
  return { name: requirement.name, kind: kind === 'required' && /\bextra\b/.test(requirement.marker) ? 'optional' : kind }
}

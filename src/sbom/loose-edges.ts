import { addToGroup } from '../kernel/groups.ts'
import { parsePurl } from '../package/purl.ts'
import type { LooseEdge } from './catalogers/cataloger.ts'
import type { Component, Edge } from './model.ts'

/**
 * Needs without a version as edges: to the one component of that name, of several to the one that lies nearest. Where the target has none,
 * or several equally near, nothing is known, and no edge is made up.
 */
export function resolveLooseEdges(loose: readonly LooseEdge[], components: readonly Component[]): Edge[] {
  if (loose.length === 0) return []
  const types = new Set(loose.map(({ type }) => `pkg:${type}/`))
  const byName = new Map<string, Component[]>()
  for (const component of components) {
    const { purl } = component
    if (!types.has(purl.slice(0, purl.indexOf('/') + 1))) continue
    const { type, namespace = '', name } = parsePurl(purl)
    const key = keyOf({ type, namespace, name })
    addToGroup(byName, key, component)
  }
  return loose.flatMap((edge) => {
    const to = nearestOf(byName.get(keyOf(edge)) ?? [], edge.near ?? [])
    return to === undefined ? [] : [{ from: edge.from, to }]
  })
}

function nearestOf(found: readonly Component[], near: readonly string[]): string | undefined {
  if (found.length < 2) return found[0]?.purl
  for (const prefix of near) {
    const there = found.filter(({ evidence }) => evidence.some(({ file }) => file.startsWith(prefix)))
    if (there.length > 0) return there.length === 1 ? there[0]?.purl : undefined
  }
  return undefined
}

function keyOf({ type, namespace, name }: Pick<LooseEdge, 'type' | 'namespace' | 'name'>): string {
  return `${type}\0${namespace}\0${name}`
}

import { parsePurl } from '../package/purl.ts'
import type { LooseEdge } from './catalogers/cataloger.ts'
import type { Component, Edge } from './model.ts'

/**
 * Needs without a version as edges: to the one component of that name. Where the target has none or several versions of it nothing is
 * known, and no edge is made up.
 */
export function resolveLooseEdges(loose: readonly LooseEdge[], components: readonly Component[]): Edge[] {
  if (loose.length === 0) return []
  const types = new Set(loose.map(({ type }) => `pkg:${type}/`))
  /** Undefined for a name of several versions. */
  const byName = new Map<string, string | undefined>()
  for (const { purl } of components) {
    if (!types.has(purl.slice(0, purl.indexOf('/') + 1))) continue
    const { type, namespace = '', name } = parsePurl(purl)
    const key = keyOf({ type, namespace, name })
    byName.set(key, byName.has(key) ? undefined : purl)
  }
  return loose.flatMap((edge) => {
    const to = byName.get(keyOf(edge))
    return to === undefined ? [] : [{ from: edge.from, to }]
  })
}

function keyOf({ type, namespace, name }: Omit<LooseEdge, 'from'>): string {
  return `${type}\0${namespace}\0${name}`
}

import { compareText } from '../package/digits.ts'
import type { Edge } from './model.ts'

/** Edges each once, without those from a part to itself, sorted. */
export function uniqueEdges(edges: readonly Edge[]): Edge[] {
  const unique = new Map(edges.filter(({ from, to }) => from !== to).map((edge) => [`${edge.from} ${edge.to}`, edge]))
  return sortEdges([...unique.values()])
}

export function sortEdges(edges: readonly Edge[]): Edge[] {
  return edges.toSorted((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to))
}

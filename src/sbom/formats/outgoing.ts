import { compareText } from '../../package/digits.ts'
import type { Sbom } from '../model.ts'

/**
 * What each part needs, the subject and every component once, all sorted. A part that needs nothing has an empty list: known to be
 * a leaf, which is not the same as not known.
 */
export function outgoing(sbom: Sbom, subjectRef: string): [string, string[]][] {
  const needs = new Map<string, Set<string>>([[subjectRef, new Set()]])
  for (const { purl } of sbom.components) needs.set(purl, new Set())
  for (const { from, to } of sbom.edges) needs.get(from)?.add(to)
  return [...needs].toSorted(([a], [b]) => compareText(a, b)).map(([ref, to]) => [ref, [...to].toSorted(compareText)])
}

import type { DocumentFacts } from '../formats/read-sbom.ts'
import type { Component, Sbom, Withholdable } from '../model.ts'

/** One element that a standard asks for: of how many it is asked, how many have it, and what mends it. */
export type ScoredElement = {
  readonly id: string
  readonly title: string
  readonly met: number
  readonly of: number
  /** So many of those that count as met say that it is withheld. */
  readonly withheld: number
  /** The first few that lack it, as package URLs. */
  readonly missing: readonly string[]
  /** What to do about it; empty when nothing is missing. */
  readonly fix: string
}

export type Standard = {
  readonly id: string
  readonly title: string
  readonly elements: (sbom: Sbom, document: DocumentFacts) => readonly ScoredElement[]
}

const SHOWN = 5

/** An element of the document as a whole. */
export function ofDocument(id: string, title: string, met: boolean, fix: string): ScoredElement {
  return { id, title, met: met ? 1 : 0, of: 1, withheld: 0, missing: [], fix: met ? '' : fix }
}

/** An element of every component. What is withheld in so many words counts as said. */
export function ofComponents(
  id: string,
  title: string,
  sbom: Sbom,
  has: (component: Component) => boolean,
  fix: string,
  withholdable?: Withholdable,
): ScoredElement {
  const isWithheld = ({ withheld = [] }: Component): boolean => withholdable !== undefined && withheld.includes(withholdable)
  const lacking = sbom.components.filter((component) => !has(component) && !isWithheld(component))
  const met = sbom.components.length - lacking.length
  return {
    id,
    title,
    met,
    of: sbom.components.length,
    withheld: sbom.components.filter((component) => !has(component) && isWithheld(component)).length,
    missing: lacking.slice(0, SHOWN).map(({ purl }) => purl),
    fix: sbom.components.length > 0 && lacking.length === 0 ? '' : fix,
  }
}

/** Whether a component says something that other tools can look it up by. */
export function hasIdentifier({ purl }: Component): boolean {
  return !purl.startsWith('pkg:generic/')
}

export function hasHash({ hashes, distributions = [] }: Component): boolean {
  return Object.keys(hashes).length > 0 || distributions.some((one) => Object.keys(one.hashes).length > 0)
}

export function hasLicence({ licence, concluded }: Component): boolean {
  return licence !== undefined || concluded !== undefined
}

/** Whether a component stands in the graph of dependencies. */
export function isRelated(sbom: Sbom): (component: Component) => boolean {
  const related = new Set(sbom.edges.flatMap(({ from, to }) => [from, to]))
  return ({ purl }) => related.has(purl)
}

/** A time with its offset, to the second at least (RFC 3339). */
export function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text)
}

import { addToGroup } from '../kernel/groups.ts'
import type { DigestSet } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { canonicalJson } from '../kernel/json.ts'
import { compareText } from '../package/digits.ts'
import { purlText } from '../package/purl.ts'
import { VERSION } from '../kernel/version.ts'
import { attachLicences } from './attach-licences.ts'
import type { Catalog, Project } from './catalogers/cataloger.ts'
import { sortEdges } from './edges.ts'
import { resolveLooseEdges } from './loose-edges.ts'
import { redirectToOwners, settleOwnership, tellContents } from './ownership.ts'
import type { Component, Edge, Sbom } from './model.ts'

/** What an SBOM is about, as far as the caller knows; the rest comes from the project itself. */
export type SubjectHint = { readonly name?: string; readonly version?: string; readonly purl?: string; readonly digests?: DigestSet }

/**
 * Puts what the catalogers found into one SBOM: one component for each package URL, sorted; every edge once; every
 * component reachable from the subject (what nothing else needs hangs on the subject itself). In: catalogs in any order,
 * the time to write (RFC 3339). The same input gives the same SBOM.
 */
export function assembleSbom(
  catalogs: readonly Catalog[],
  options: {
    readonly subject: SubjectHint
    readonly fallbackName: string
    readonly created: string
    readonly completeness: Sbom['completeness']
    readonly tool?: Sbom['tool'] | undefined
    readonly author?: Sbom['author'] | undefined
    readonly phase?: Sbom['phase'] | undefined
  },
): Sbom {
  const projects = catalogs.flatMap((catalog) => catalog.projects)
  const subject = settleSubject(options.subject, projects, options.fallbackName)
  const roots = new Set(projects.filter(({ directory }) => directory === '').map(({ purl }) => purl))
  const settled = settleOwnership(catalogs)
  const merged = mergeComponents(settled.components.filter(({ purl }) => purl !== subject.purl))
  const components = attachLicences(
    tellContents(merged, settled),
    catalogs.flatMap((catalog) => catalog.licences ?? []),
  )
  const known = new Set(components.map(({ purl }) => purl))
  const loose = resolveLooseEdges(
    catalogs.flatMap((catalog) => catalog.loose ?? []),
    components,
  )
  const found = redirectToOwners([...catalogs.flatMap((catalog) => catalog.edges), ...loose], settled, known)
  const edges = settleEdges(found, subject.purl, roots, known)
  return {
    subject,
    components,
    edges: sortEdges([...edges, ...adopt(subject.purl, components, edges)]),
    completeness: options.completeness,
    created: canonicalTime(options.created),
    ...(options.author === undefined ? {} : { author: options.author }),
    ...(options.phase === undefined ? {} : { phase: options.phase }),
    tool: options.tool ?? { name: 'tally', version: VERSION },
  }
}

/** A time as RFC 3339 in UTC to the second, which both CycloneDX and SPDX accept. Throws `usage` for text that is no time. */
export function canonicalTime(text: string): string {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw fail('usage', 'is not a time of the form 2026-01-31T12:00:00Z', { where: text.slice(0, 60) })
  return `${time.toISOString().slice(0, 19)}Z`
}

function settleSubject(hint: SubjectHint, projects: readonly Project[], fallbackName: string): Sbom['subject'] & { readonly purl: string } {
  const own = projects.toSorted((a, b) => compareText(a.purl, b.purl)).find(({ directory }) => directory === '')
  const name = hint.name ?? (own === undefined || own.name === '' ? fallbackName : own.name)
  const version = hint.version ?? own?.version ?? ''
  const sameAsOwn = own !== undefined && own.name === name && own.version === version
  const purl = hint.purl ?? (sameAsOwn ? own.purl : purlText({ type: 'generic', name, version }))
  return { name, version, purl, digests: hint.digests ?? {} }
}

/** One component for each package URL, sorted; the same for any order of what was found. */
export function mergeComponents(found: readonly Component[]): Component[] {
  const byPurl = new Map<string, { readonly component: Component; readonly key: string }[]>()
  for (const component of found) {
    const item = { component, key: canonicalJson(component) }
    const known = byPurl.get(component.purl)
    if (known === undefined) byPurl.set(component.purl, [item])
    else known.push(item)
  }
  // A canonical order first, so that merging does not depend on the order of discovery.
  const sightings = [...byPurl.values()].map((items) =>
    items.toSorted((a, b) => compareText(a.key, b.key)).map(({ component }) => component),
  )
  return sightings.map(mergeSightings).toSorted((a, b) => compareText(a.purl, b.purl))
}

const SCOPES: readonly Component['scope'][] = ['required', 'optional', 'dev']

function mergeSightings(sightings: readonly Component[]): Component {
  const [first] = sightings
  if (first === undefined) throw fail('bug', 'there is nothing to merge')
  if (sightings.length === 1) return first
  const evidence = new Map(sightings.flatMap((one) => one.evidence.map((item) => [canonicalJson(item), item])))
  const licence = allLicences(sightings)
  const range = sightings.find((one) => one.range !== undefined)?.range
  const distributions = new Map(sightings.flatMap((one) => (one.distributions ?? []).map((item) => [canonicalJson(item), item])))
  const layer = sightings.find((one) => one.layer !== undefined)?.layer
  return {
    purl: first.purl,
    name: first.name,
    version: first.version,
    type: first.type,
    hashes: agreedHashes(sightings.map(({ hashes }) => hashes)),
    ...(licence === undefined ? {} : { licence }),
    ...firstOf('concluded', sightings),
    ...firstOf('producer', sightings),
    ...(range === undefined ? {} : { range }),
    ...(distributions.size === 0 ? {} : { distributions: valuesByKey(distributions) }),
    evidence: valuesByKey(evidence),
    scope: SCOPES.find((scope) => sightings.some((one) => one.scope === scope)) ?? first.scope,
    ...(layer === undefined ? {} : { layer }),
    ...firstOf('withheld', sightings),
    ...mergedProperties(sightings),
  }
}

/** What the first sighting that knows it says. */
function firstOf<Key extends 'concluded' | 'producer' | 'withheld'>(
  key: Key,
  sightings: readonly Component[],
): Pick<Component, Key> | object {
  const value = sightings.find((one) => one[key] !== undefined)?.[key]
  return value === undefined ? {} : { [key]: value }
}

/** Of one property that two sightings say differently, the first in order stands. */
function mergedProperties(sightings: readonly Component[]): Pick<Component, 'properties'> {
  const all = sightings.toReversed().flatMap(({ properties }) => Object.entries(properties ?? {}))
  return all.length === 0 ? {} : { properties: Object.fromEntries(all.toSorted(([a], [b]) => compareText(a, b))) }
}

function valuesByKey<Value>(items: ReadonlyMap<string, Value>): Value[] {
  return [...items].toSorted(([left], [right]) => compareText(left, right)).map(([, item]) => item)
}

/** A package found with several licences may be under all of them: none is dropped. */
function allLicences(sightings: readonly Component[]): string | undefined {
  const all = [...new Set(sightings.flatMap(({ licence }) => (licence === undefined ? [] : [licence])))].toSorted(compareText)
  return all.length < 2 ? all[0] : all.map((one) => (/\s/.test(one) ? `(${one})` : one)).join(' AND ')
}

/** Hashes all sightings that know them agree on. Where they contradict each other none is true for all. */
function agreedHashes(sets: readonly DigestSet[]): DigestSet {
  const values = new Map<string, Set<string>>()
  for (const set of sets) {
    for (const [algorithm, value] of Object.entries(set)) values.set(algorithm, (values.get(algorithm) ?? new Set()).add(value))
  }
  const agreed = [...values].flatMap(([algorithm, found]) =>
    found.size === 1 ? [...found].map((value) => [algorithm, value] as const) : [],
  )
  return Object.fromEntries(agreed.toSorted(([left], [right]) => compareText(left, right)))
}

/** Edges of the target's own project become edges of the subject; edges to what is not in the SBOM, and to oneself, are none. */
function settleEdges(found: readonly Edge[], subject: string, roots: ReadonlySet<string>, known: ReadonlySet<string>): Edge[] {
  const edges = new Map<string, Edge>()
  for (const { from, to } of found) {
    const source = roots.has(from) ? subject : from
    if (source === to || !known.has(to) || (source !== subject && !known.has(source))) continue
    edges.set(`${source} ${to}`, { from: source, to })
  }
  return [...edges.values()]
}

/**
 * Edges from the subject to what cannot be reached from it: first what nothing needs, then, of rings that nothing outside
 * needs, the first by name.
 */
function adopt(subject: string, components: readonly Component[], edges: readonly Edge[]): Edge[] {
  const targets = new Map<string, string[]>()
  for (const { from, to } of edges) {
    addToGroup(targets, from, to)
  }
  const reached = new Set<string>()
  reach([subject], targets, reached)
  const needed = new Set(edges.filter(({ from }) => !reached.has(from)).map(({ to }) => to))
  const adopted: Edge[] = []
  const unreached = components.map(({ purl }) => purl).filter((purl) => !reached.has(purl))
  for (const purl of [...unreached.filter((one) => !needed.has(one)), ...unreached]) {
    if (reached.has(purl)) continue
    adopted.push({ from: subject, to: purl })
    reach([purl], targets, reached)
  }
  return adopted
}

function reach(from: readonly string[], targets: ReadonlyMap<string, readonly string[]>, reached: Set<string>): void {
  const waiting = [...from]
  for (let purl = waiting.pop(); purl !== undefined; purl = waiting.pop()) {
    if (reached.has(purl)) continue
    reached.add(purl)
    for (const target of targets.get(purl) ?? []) if (!reached.has(target)) waiting.push(target)
  }
}

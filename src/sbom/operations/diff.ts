import { compareText } from '../../package/digits.ts'
import { orderingOf } from '../../package/ordering.ts'
import { parsePurl } from '../../package/purl.ts'
import type { Component, Sbom } from '../model.ts'

export type VersionChange = {
  /** The package without its version. */
  readonly package: string
  readonly from: Component
  readonly to: Component
  /** `changed` where the ecosystem's order does not tell. */
  readonly direction: 'upgraded' | 'downgraded' | 'changed'
}
export type LicenceChange = { readonly component: Component; readonly from: string | undefined; readonly to: string | undefined }
/** The same version with other bytes: nobody but an attacker, or a careless publisher, does that. */
export type HashChange = { readonly component: Component; readonly algorithm: string; readonly from: string; readonly to: string }

export type SbomDiff = {
  readonly from: Sbom['subject']
  readonly to: Sbom['subject']
  readonly added: readonly Component[]
  readonly removed: readonly Component[]
  readonly versions: readonly VersionChange[]
  readonly licences: readonly LicenceChange[]
  readonly hashes: readonly HashChange[]
}

/** What differs between two SBOMs of the same thing, package by package. Sorted; the same for any order of components. */
export function diffSboms(a: Sbom, b: Sbom): SbomDiff {
  const before = byPackage(a)
  const after = byPackage(b)
  const added: Component[] = []
  const removed: Component[] = []
  const versions: VersionChange[] = []
  for (const key of [...new Set([...before.keys(), ...after.keys()])].toSorted(compareText)) {
    const old = before.get(key) ?? []
    const current = after.get(key) ?? []
    const gone = old.filter(({ purl }) => !current.some((one) => one.purl === purl))
    const come = current.filter(({ purl }) => !old.some((one) => one.purl === purl))
    const pairs = Math.min(gone.length, come.length)
    for (let at = 0; at < pairs; at += 1) {
      const [from, to] = [gone[at], come[at]]
      if (from !== undefined && to !== undefined) versions.push({ package: key, from, to, direction: directionOf(from, to) })
    }
    removed.push(...gone.slice(pairs))
    added.push(...come.slice(pairs))
  }
  const kept = pairsOf(a, b)
  return {
    from: a.subject,
    to: b.subject,
    added: sorted(added),
    removed: sorted(removed),
    versions,
    licences: kept.flatMap(([from, to]) => (from.licence === to.licence ? [] : [{ component: to, from: from.licence, to: to.licence }])),
    hashes: kept.flatMap(([from, to]) => hashChanges(from, to)),
  }
}

export function isEmptyDiff({ added, removed, versions, licences, hashes }: SbomDiff): boolean {
  return [added, removed, versions, licences, hashes].every((list) => list.length === 0)
}

/** Components by what they are apart from their version, each group in the order of its versions. */
function byPackage({ components }: Sbom): Map<string, Component[]> {
  const groups = Map.groupBy(components, packageKey)
  for (const [key, group] of groups) groups.set(key, group.toSorted(compareVersions))
  return groups
}

/** Type, namespace, name and architecture. Where it came from, or for which release of a distribution, may change with the version. */
function packageKey({ purl }: Component): string {
  const { type, namespace, name, qualifiers } = parsePurl(purl)
  const architecture = qualifiers['arch']
  return [type, namespace, name].filter((part) => part !== undefined).join('/') + (architecture === undefined ? '' : ` (${architecture})`)
}

function compareVersions(a: Component, b: Component): number {
  return orderingOf(parsePurl(a.purl).type)(a.version, b.version) ?? compareText(a.purl, b.purl)
}

function directionOf(from: Component, to: Component): VersionChange['direction'] {
  const order = orderingOf(parsePurl(to.purl).type)(from.version, to.version)
  return order === undefined || order === 0 ? 'changed' : order < 0 ? 'upgraded' : 'downgraded'
}

function pairsOf(a: Sbom, b: Sbom): [Component, Component][] {
  const after = new Map(b.components.map((component) => [component.purl, component]))
  return sorted(a.components).flatMap((component): [Component, Component][] => {
    const other = after.get(component.purl)
    return other === undefined ? [] : [[component, other]]
  })
}

function hashChanges(from: Component, to: Component): HashChange[] {
  return Object.entries(from.hashes).flatMap(([algorithm, value]) => {
    const other = to.hashes[algorithm]
    return other === undefined || other === value ? [] : [{ component: to, algorithm, from: value, to: other }]
  })
}

function sorted(components: readonly Component[]): Component[] {
  return components.toSorted((a, b) => compareText(a.purl, b.purl))
}

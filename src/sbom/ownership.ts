import { addToGroup } from '../kernel/groups.ts'
import { overLimit } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import { compareText } from '../package/digits.ts'
import type { Catalog } from './catalogers/cataloger.ts'
import type { Component, Edge } from './model.ts'

/** Takes in which package owns which path of the target: relative, without a leading slash. */
export type OwnedPaths = { readonly add: (path: string, purl: string) => void; readonly paths: ReadonlyMap<string, string> }

/** Starts a list of owned paths. Throws `limit-exceeded` when they are longer than ownedPathBytes together. */
export function startOwnedPaths(where: string): OwnedPaths {
  const paths = new Map<string, string>()
  let total = 0
  return {
    add: (path, purl) => {
      total += path.length
      if (total > LIMITS.ownedPathBytes) throw overLimit('ownedPathBytes', LIMITS.ownedPathBytes, where)
      paths.set(path, purl)
    },
    paths,
  }
}

/**
 * Who owns a file, by the lists of all package managers. What packages still put into /bin, /lib and their kin lies below /usr where
 * those became links, and is owned there.
 */
export function ownerOf(owned: readonly ReadonlyMap<string, string>[], path: string): string | undefined {
  const names = namesOf(path)
  for (const paths of owned) {
    for (const name of names) {
      const purl = paths.get(name)
      if (purl !== undefined) return purl
    }
  }
  return undefined
}

function namesOf(path: string): readonly string[] {
  return /^usr\/(?:s?bin|lib|lib32|lib64|libx32|libo32)\//.test(path) ? [path, path.slice('usr/'.length)] : [path]
}

/**
 * What a layer above the last word of a package manager wrote into files of its packages is not what the package put there: it stands for
 * itself, and says whose file it took (`package:overwrites`). In: catalogs, the layer of each file that catalogers were given, the layers
 * of the image from the bottom up. Without layers there is nothing to tell it by.
 */
export function withoutOverwritten(
  catalogs: readonly Catalog[],
  layerOf: (path: string) => string | undefined,
  layers: readonly string[],
): readonly Catalog[] {
  const rank = new Map(layers.map((layer, at) => [layer, at]))
  const rankOf = (layer: string | undefined): number => (layer === undefined ? -1 : (rank.get(layer) ?? -1))
  const managers = catalogs.flatMap(({ owned, components }) => {
    const databases = components.flatMap(({ type, evidence }) => (type === 'operating-system' ? [] : evidence.map(({ file }) => file)))
    return owned === undefined ? [] : [{ owned, written: Math.max(-1, ...[...new Set(databases)].map((file) => rankOf(layerOf(file)))) }]
  })
  if (layers.length < 2 || managers.length === 0) return catalogs
  const taken = new Map<string, string>()
  for (const { owned, components } of catalogs) {
    if (owned !== undefined) continue
    for (const { evidence, layer } of components) {
      for (const path of evidence.map(({ file }) => outermostFile(file))) {
        const manager = managers.find((one) => ownerOf([one.owned], path) !== undefined)
        const owner = manager === undefined ? undefined : ownerOf([manager.owned], path)
        if (manager === undefined || owner === undefined || manager.written < 0) continue
        if (rankOf(layerOf(path) ?? layer) > manager.written) taken.set(path, owner)
      }
    }
  }
  return taken.size === 0 ? catalogs : catalogs.map((catalog) => giveBack(catalog, taken))
}

function giveBack(catalog: Catalog, taken: ReadonlyMap<string, string>): Catalog {
  if (catalog.owned !== undefined) {
    const owned = new Map(catalog.owned)
    for (const path of taken.keys()) for (const name of namesOf(path)) owned.delete(name)
    return { ...catalog, owned }
  }
  const components = catalog.components.map((component) => {
    const owner = component.evidence.map(({ file }) => taken.get(outermostFile(file))).find((one) => one !== undefined)
    return owner === undefined ? component : { ...component, properties: { ...component.properties, 'package:overwrites': owner } }
  })
  return { ...catalog, components }
}

/** What the SBOM of several catalogs holds, and which packages lie in which other ones. */
export type Settled = {
  readonly components: readonly Component[]
  /** Package URLs of owners, by that of what lies in their files. */
  readonly owners: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * What lies in a file that an operating system's package owns is that package, and stands in the SBOM once; so does an installed
 * package that the cataloger of its lockfile reports. Who owns what is kept.
 */
export function settleOwnership(catalogs: readonly Catalog[]): Settled {
  const owned = catalogs.flatMap((catalog) => (catalog.owned === undefined ? [] : [catalog.owned]))
  const owners = new Map<string, Set<string>>()
  const components = catalogs.flatMap((catalog) => {
    // The system itself is known by a file that one of its packages owns.
    if (catalog.owned !== undefined) return catalog.components
    const claims = catalogs.flatMap((other) => (other === catalog || other.claimed === undefined ? [] : [other.claimed]))
    return catalog.components.filter(({ purl, evidence }) => {
      const found = evidence.map(({ file }) => ownerOf(owned, outermostFile(file)))
      for (const owner of found) {
        if (owner !== undefined && owner !== purl) owners.set(purl, (owners.get(purl) ?? new Set()).add(owner))
      }
      return !evidence.every(({ file }, at) => found[at] !== undefined || claims.some((paths) => paths.has(outermostFile(file))))
    })
  })
  return { components, owners }
}

/** The file of the target itself: what lies in an archive is named by both, with `!/` between. */
function outermostFile(file: string): string {
  const mark = file.indexOf('!/')
  return mark === -1 ? file : file.slice(0, mark)
}

/** What needs, or is needed by, a package that stands in the SBOM only as its owner, needs the owner or is needed by it. */
export function redirectToOwners(edges: readonly Edge[], { owners }: Settled, known: ReadonlySet<string>): Edge[] {
  if (owners.size === 0) return [...edges]
  const first = new Map([...owners].map(([purl, all]) => [purl, [...all].toSorted(compareText)[0] ?? purl]))
  const stand = (purl: string): string => (known.has(purl) ? purl : (first.get(purl) ?? purl))
  return edges.map(({ from, to }) => ({ from: stand(from), to: stand(to) }))
}

/** Says of each owner which packages lie in its files, as the property `package:contains`: package URLs, sorted, with spaces between. */
export function tellContents(components: readonly Component[], { owners }: Settled): Component[] {
  const contents = new Map<string, string[]>()
  for (const [purl, all] of owners) {
    for (const owner of all) {
      addToGroup(contents, owner, purl)
    }
  }
  return components.map((component) => {
    const inside = contents.get(component.purl)
    if (inside === undefined) return component
    return { ...component, properties: { ...component.properties, 'package:contains': inside.toSorted(compareText).join(' ') } }
  })
}

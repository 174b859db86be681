import { equalBytes } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { parsePurl } from '../package/purl.ts'
import type { Catalog, CatalogFile, Cataloger } from './catalogers/cataloger.ts'
import type { Component } from './model.ts'

/**
 * Finds the layer that first brought each package, where layers above wrote the same once more: a whole package database for one more
 * package, or all files for another owner. Told from the top layer down.
 */
export type Origins = {
  /** A file that a layer above hides. Out: the layer its visible bytes have been in since, if it is this one. */
  readonly takeHidden: (path: string, bytes: Uint8Array, layer: string, visible: CatalogFile | undefined) => string | undefined
  /** Gives each component of a cataloger its layer. */
  readonly settle: (cataloger: Cataloger, catalog: Catalog, files: ReadonlyMap<string, CatalogFile>) => Catalog
}

/** Databases below the visible one that are compared: each is read whole. */
const MAX_OLDER = 64

/** What a package database of a lower layer lists. */
type Older = { readonly layer: string; readonly packages: ReadonlySet<string> }

export function startOrigins(catalogers: readonly Cataloger[]): Origins {
  const older = new Map<Cataloger, Older[]>()
  /** Files whose bytes were others in the next layer below: what lies further down is no earlier sight of them. */
  const changed = new Set<string>()
  return {
    takeHidden: (path, bytes, layer, visible) => {
      const owner = catalogers.find((one) => isDatabase(one, path))
      if (owner !== undefined) {
        const known = older.get(owner)
        if (known !== undefined && known.length >= MAX_OLDER) return undefined
        const packages = packagesOf(owner, path, bytes)
        if (known === undefined) older.set(owner, [{ layer, packages }])
        else known.push({ layer, packages })
        return undefined
      }
      if (visible === undefined || changed.has(path)) return undefined
      if (equalBytes(visible.bytes, bytes)) return layer
      changed.add(path)
      return undefined
    },
    settle: (cataloger, catalog, files) => ({
      ...catalog,
      components: catalog.components.map((component) => withLayer(component, older.get(cataloger) ?? [], files)),
    }),
  }
}

/** Whether all packages of a system stand in one file. */
function isDatabase(cataloger: Cataloger, path: string): boolean {
  return cataloger.databases !== undefined && cataloger.wants(path, 'installed') && cataloger.limitOf(path) === 'packageDatabaseBytes'
}

/** A database that cannot be read lists nothing: what stands above it counts as new there. */
function packagesOf(cataloger: Cataloger, path: string, bytes: Uint8Array): ReadonlySet<string> {
  try {
    return new Set(cataloger.read(new Map([[path, { bytes }]]), 'installed').components.map(keyOf))
  } catch (error) {
    if (error instanceof TallyError && error.code !== 'bug') return new Set()
    throw error
  }
}

/** Without what only the whole system knows: its distribution. */
function keyOf({ purl }: Component): string {
  const { name, version = '', qualifiers } = parsePurl(purl)
  return `${name} ${version} ${qualifiers['arch'] ?? ''}`
}

function withLayer(component: Component, older: readonly Older[], files: ReadonlyMap<string, CatalogFile>): Component {
  const file = component.evidence[0]?.file ?? ''
  let layer = component.layer ?? files.get(file)?.layer
  if (layer === undefined) return component
  const key = older.length === 0 ? '' : keyOf(component)
  for (const database of older) {
    if (!database.packages.has(key)) break
    ;({ layer } = database)
  }
  return { ...component, layer }
}

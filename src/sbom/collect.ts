import { overLimit } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { LimitName } from '../kernel/limits.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from './catalogers/cataloger.ts'
import type { FileOutline, Inspector, Place } from './catalogers/inspector.ts'
import { declaresPackages } from './declarations.ts'
import type { Sbom } from './model.ts'

/**
 * Gathers what the catalogers want, from whichever walk offers it: `see` every path, `take` the bytes of those for which `wants`
 * gives a cap. `finish` runs the catalogers.
 */
export type Collection = {
  readonly see: (path: string) => void
  readonly wants: (path: string) => LimitName | undefined
  /** Where the package managers it reads have their databases. */
  readonly databases: readonly string[]
  readonly take: (path: string, bytes: Uint8Array, layer?: string) => void
  /** Who looks into a file that nobody wants by its path, and may be of a kind known by its content. */
  readonly inspectorOf: (file: FileOutline) => Inspector | undefined
  readonly inspect: (
    inspector: Inspector,
    file: Place & { readonly size: number; readonly content: AsyncIterable<Uint8Array> },
  ) => Promise<void>
  /** Something could not be looked at, so the result is not complete. */
  readonly miss: () => void
  readonly finish: () => {
    readonly catalogs: readonly Catalog[]
    readonly completeness: Sbom['completeness']
    readonly unread: readonly string[]
  }
}

export function startCollection(catalogers: readonly Cataloger[], mode: CatalogMode, inspectors: readonly Inspector[] = []): Collection {
  const files = new Map<string, CatalogFile>()
  const declared = new Set<string>()
  const inspected: Catalog[] = []
  let total = 0
  let missed = false
  return {
    see: (path) => {
      if (declaresPackages(path)) declared.add(path)
    },
    wants: (path) => catalogers.find((cataloger) => cataloger.wants(path, mode))?.limitOf(path),
    databases: [...new Set(catalogers.flatMap(({ databases }) => databases ?? []))],
    take: (path, bytes, layer) => {
      total += bytes.byteLength - (files.get(path)?.bytes.byteLength ?? 0)
      if (total > LIMITS.catalogedBytes) throw overLimit('catalogedBytes', LIMITS.catalogedBytes, path)
      files.set(path, { bytes, ...(layer === undefined ? {} : { layer }) })
    },
    inspectorOf: (file) => (mode === 'installed' ? inspectors.find((inspector) => inspector.mayWant(file)) : undefined),
    inspect: async (inspector, file) => {
      const found = await inspector.inspect(file)
      if (found === undefined) return
      if (found.missed === true) declared.add(file.path)
      if (found.catalog !== undefined) inspected.push({ ...found.catalog, read: found.missed === true ? [] : [file.path] })
    },
    miss: () => {
      missed = true
    },
    finish: () => {
      const catalogs = [...catalogers.map((cataloger) => runCataloger(cataloger, files, mode)), ...inspected]
      const read = new Set(catalogs.flatMap((catalog) => catalog.read))
      const owned = catalogs.flatMap((catalog) => (catalog.owned === undefined ? [] : [catalog.owned]))
      const unread = [...declared].filter((path) => !read.has(path) && !owned.some((paths) => paths.has(path))).toSorted()
      const readAny = [...declared].some((path) => read.has(path)) || catalogs.some(({ components }) => components.length > 0)
      return { catalogs, completeness: readAny ? (unread.length > 0 || missed ? 'incomplete' : 'complete') : 'unknown', unread }
    },
  }
}

/** Tells of what declares packages and was not read, the first few by name. */
export function warnOfUnread(deps: Pick<Deps, 'log'>, unread: readonly string[]): void {
  const shown = unread.length > 6 ? unread.slice(0, 5) : unread
  for (const path of shown) deps.log('warn', `${path} declares packages that are not in the SBOM: no cataloger reads it`)
  if (unread.length > shown.length) deps.log('warn', `${unread.length - shown.length} more files declare packages that are not in the SBOM`)
}

function runCataloger(cataloger: Cataloger, files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const wanted = new Map([...files].filter(([path]) => cataloger.wants(path, mode)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return cataloger.read(wanted, mode)
}

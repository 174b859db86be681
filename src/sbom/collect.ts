import { overLimit } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { LimitName } from '../kernel/limits.ts'
import { countOf, safeText, shorten } from '../kernel/text.ts'
import { compareText } from '../package/digits.ts'
import { NOTHING_FOUND } from './catalogers/cataloger.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from './catalogers/cataloger.ts'
import type { FileOutline, Inspected, Inspector } from './catalogers/inspector.ts'
import { claimComponent, compareClaims } from './claims.ts'
import type { ComparedClaim } from './claims.ts'
import { declaresPackages } from './declarations.ts'
import type { Sbom } from './model.ts'
import { startOrigins } from './origins.ts'
import { ownerOf, withoutOverwritten } from './ownership.ts'
import { fileNameOf } from './path.ts'

/**
 * Gathers what the catalogers want, from whichever walk offers it: `see` every path, `take` the bytes of those for which `wants`
 * gives a cap. `finish` runs the catalogers.
 */
export type Collection = {
  readonly see: (path: string) => void
  readonly wants: (path: string) => LimitName | undefined
  /** Where the package managers it reads have their databases. */
  readonly databases: readonly string[]
  /** Keeps a file's bytes; out: the further files it speaks of. */
  readonly take: (path: string, bytes: Uint8Array, layer?: string) => readonly Mention[]
  /** A file that catalogers want and a layer above hides, told from the top layer down: it may tell where something came from. */
  readonly takeHidden: (path: string, bytes: Uint8Array, layer: string) => void
  /** Who looks into a file that nobody wants by its path, and may be of a kind known by its content. */
  readonly inspectorOf: (file: FileOutline) => Inspector | undefined
  /** Takes in what an inspector found in a file. */
  readonly note: (path: string, found: Inspected) => void
  /** Something could not be looked at, so the result is not complete. */
  readonly miss: () => void
  /** Runs the catalogers. In: the layers of an image, from the bottom up. */
  readonly finish: (layers?: readonly string[]) => {
    readonly catalogs: readonly Catalog[]
    readonly completeness: Sbom['completeness']
    /** Files that declare packages and were not read; files that name packages without pinning what they lead to. */
    readonly unread: readonly string[]
    readonly partial: readonly string[]
    /** SBOMs that lie in the target and claim what was not found. */
    readonly disputed: readonly ComparedClaim[]
  }
}

/** Files that a file speaks of: a path, or a pattern with `*`. `admit` opens the collection for one; it is then wanted by who asked for it. */
export type Mention = { readonly by: string; readonly pattern: string; readonly admit: (path: string) => void }

const NO_BYTES = new Uint8Array(0)

export function startCollection(catalogers: readonly Cataloger[], mode: CatalogMode, inspectors: readonly Inspector[] = []): Collection {
  const files = new Map<string, CatalogFile>()
  const declared = new Set<string>()
  const inspected: Catalog[] = []
  /** Who is to be given a file because another file speaks of it. */
  const admitted = new Map<string, Set<Cataloger>>()
  const isFor = (path: string, one: Cataloger): boolean => one.wants(path, mode) || admitted.get(path)?.has(one) === true
  const noting = mode === 'installed' ? catalogers.filter(({ notes }) => notes !== undefined) : []
  const candidatesFor = indexCatalogers(catalogers)
  const origins = startOrigins(catalogers)
  let total = 0
  let missed = false
  return {
    see: (path) => {
      if (declaresPackages(path)) declared.add(path)
      for (const { notes } of noting) {
        const note = notes?.(path)
        if (note !== undefined && !files.has(note)) files.set(note, { bytes: NO_BYTES })
      }
    },
    wants: (path) => {
      const wanting = candidatesFor(path).find((one) => one.wants(path, mode)) ?? admitted.get(path)?.values().next().value
      return wanting?.limitOf(path)
    },
    databases: [...new Set(catalogers.flatMap(({ databases }) => databases ?? []))],
    take: (path, bytes, layer) => {
      total += bytes.byteLength - (files.get(path)?.bytes.byteLength ?? 0)
      if (total > LIMITS.catalogedBytes) throw overLimit('catalogedBytes', LIMITS.catalogedBytes, path)
      files.set(path, { bytes, ...(layer === undefined ? {} : { layer }) })
      return catalogers
        .filter((one) => one.mentions !== undefined && isFor(path, one))
        .flatMap((by) => mentionsOf(by, path, bytes, admitted))
    },
    takeHidden: (path, bytes, layer) => {
      const visible = files.get(path)
      const since = origins.takeHidden(path, bytes, layer, visible)
      if (visible !== undefined && since !== undefined) files.set(path, { bytes: visible.bytes, layer: since })
    },
    inspectorOf: (file) => (mode === 'installed' ? inspectors.find((inspector) => inspector.mayWant(file)) : undefined),
    note: (path, found) => {
      if (found === undefined) return
      if (found.missed === true) declared.add(path)
      if (found.catalog !== undefined) inspected.push({ ...found.catalog, read: found.missed === true ? [] : [path] })
    },
    miss: () => {
      missed = true
    },
    finish: (layers = []) => {
      const listed = catalogers.map((cataloger) => {
        const given = [...files].filter(([path]) => isFor(path, cataloger)).toSorted(([a], [b]) => compareText(a, b))
        return origins.settle(cataloger, cataloger.read(new Map(given), mode), files)
      })
      const catalogs = withoutOverwritten([...listed, ...inspected], (path) => files.get(path)?.layer, layers)
      const compared = compareClaims(
        catalogs.flatMap(({ claims }) => claims ?? []),
        catalogs.flatMap(({ components }) => components),
      )
      const read = new Set(catalogs.flatMap((catalog) => catalog.read))
      const owned = catalogs.flatMap((catalog) => (catalog.owned === undefined ? [] : [catalog.owned]))
      const isOwned = (path: string): boolean => ownerOf(owned, path) !== undefined
      const partial = [...new Set(catalogs.flatMap((catalog) => catalog.partial ?? []))]
        .filter((path) => !read.has(path) && !isOwned(path))
        .toSorted()
      const unread = [...declared].filter((path) => !read.has(path) && !partial.includes(path) && !isOwned(path)).toSorted()
      const readAny = [...declared].some((path) => read.has(path)) || catalogs.some(({ components }) => components.length > 0)
      const whole = unread.length === 0 && partial.length === 0 && !missed
      return {
        catalogs: compared.length === 0 ? catalogs : [...catalogs, { ...NOTHING_FOUND, components: compared.map(claimComponent) }],
        completeness: readAny ? (whole ? 'complete' : 'incomplete') : 'unknown',
        unread,
        partial,
        disputed: compared.filter(({ notFound }) => notFound.length > 0),
      }
    },
  }
}

/** The catalogers that may want a path, by its name and ending, in their own order. */
function indexCatalogers(catalogers: readonly Cataloger[]): (path: string) => readonly Cataloger[] {
  const always = catalogers.filter(({ only }) => only === undefined)
  const names = new Map<string, readonly Cataloger[]>()
  const endings = new Map<string, readonly Cataloger[]>()
  const among = (chosen: (one: Cataloger) => boolean): readonly Cataloger[] =>
    catalogers.filter((one) => one.only === undefined || chosen(one))
  for (const { only } of catalogers) {
    for (const name of only?.names ?? []) {
      const ending = endingOf(name)
      names.set(
        name,
        among((one) => one.only?.names?.includes(name) === true || one.only?.endings?.includes(ending) === true),
      )
    }
    for (const ending of only?.endings ?? [])
      endings.set(
        ending,
        among((one) => one.only?.endings?.includes(ending) === true),
      )
  }
  return (path) => {
    const name = fileNameOf(path)
    return names.get(name) ?? endings.get(endingOf(name)) ?? always
  }
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/**
 * Tells of what declares packages and was not read, or only names what it wants, and of SBOMs in the target that claim more than is
 * there; the first few by name.
 */
export function warnOfUnread(
  deps: Pick<Deps, 'log'>,
  { unread, partial, disputed }: Pick<ReturnType<Collection['finish']>, 'unread' | 'partial' | 'disputed'>,
): void {
  warnOfFirst(
    deps,
    unread.map((path) => `${path} declares packages that are not in the SBOM: no cataloger reads it`),
    'files declare packages that are not in the SBOM',
  )
  warnOfFirst(
    deps,
    partial.map((path) => `${path} does not pin all that its packages lead to`),
    'files do not pin all that their packages lead to',
  )
  warnOfFirst(
    deps,
    disputed.map(({ claim, notFound }) => {
      const claimed = countOf(claim.packages.length, 'package')
      const [first = ''] = notFound
      const example = notFound.length === 1 ? first : `${first} and ${notFound.length - 1} more`
      return `${claim.file} claims ${claimed}, of which ${notFound.length} were not found (${safeText(shorten(example, 200))}); claims are not in the SBOM`
    }),
    'SBOMs claim packages that were not found',
  )
}

function warnOfFirst(deps: Pick<Deps, 'log'>, all: readonly string[], whatMore: string): void {
  const shown = all.length > 6 ? all.slice(0, 5) : all
  for (const message of shown) deps.log('warn', message)
  if (all.length > shown.length) deps.log('warn', `${all.length - shown.length} more ${whatMore}`)
}

function mentionsOf(by: Cataloger, path: string, bytes: Uint8Array, admitted: Map<string, Set<Cataloger>>): Mention[] {
  const admit = (other: string): void => {
    admitted.set(other, (admitted.get(other) ?? new Set()).add(by))
  }
  return (by.mentions?.(path, bytes) ?? []).map((pattern) => ({ by: by.name, pattern, admit }))
}

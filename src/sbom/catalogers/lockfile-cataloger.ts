import { TallyError } from '../../kernel/errors.ts'
import type { LimitName } from '../../kernel/limits.ts'
import { directoryOf } from '../path.ts'
import { NOTHING_FOUND } from './cataloger.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from './cataloger.ts'
import { joinCatalogs } from './join-catalogs.ts'
import { catalogGraph, layerOf } from './lock-graph.ts'
import type { LockGraph, LockSource } from './lock-graph.ts'

/** One file that lists packages, and what lies in the target beside it. */
export type Lockfile = {
  readonly path: string
  readonly directory: string
  readonly bytes: Uint8Array
  readonly mode: CatalogMode
  /** Another file the cataloger wants, by its path. */
  readonly other: (path: string) => Uint8Array | undefined
}

export type LockfileSpec = {
  readonly name: string
  readonly only?: NonNullable<Cataloger['only']>
  /** The files that list packages. */
  readonly isLock: (path: string, mode: CatalogMode) => boolean
  /** Further files that are looked at, or only counted as covered. */
  readonly isBeside?: (path: string, mode: CatalogMode) => boolean
  readonly limit?: LimitName
  readonly method?: LockSource['method']
  /** Names of files in the same folder whose declarations a lockfile covers, and other wanted files it covers. */
  readonly coversNames?: readonly string[]
  readonly covers?: (path: string, lock: Lockfile) => boolean
  /**
   * Throws `artifact-malformed` and `version-unsupported`. Undefined for a file of that name that is something else. `partial`:
   * the file itself does not say everything.
   */
  readonly parse: (file: Lockfile) => (LockGraph & { readonly partial?: boolean }) | undefined
}

/**
 * A cataloger of files that each list packages for themselves. In the runtime closure of a project a broken one is an error; in an
 * image, where anybody's test data may lie, it is passed over and makes the SBOM incomplete, as does one that is partial.
 */
export function lockfileCataloger(spec: LockfileSpec): Cataloger {
  const { name, only, isLock, isBeside = () => false, limit = 'lockfileBytes' } = spec
  return {
    name,
    ...(only === undefined ? {} : { only }),
    wants: (path, mode) => isLock(path, mode) || isBeside(path, mode),
    limitOf: (path) => (isLock(path, 'installed') ? limit : 'packageFileBytes'),
    read: (files, mode) => {
      const locks = [...files].filter(([path]) => isLock(path, mode))
      return joinCatalogs(locks.map(([path, file]) => readOne(spec, path, file, files, mode)))
    },
  }
}

function readOne(spec: LockfileSpec, path: string, file: CatalogFile, files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const directory = directoryOf(path)
  const lock: Lockfile = { path, directory, bytes: file.bytes, mode, other: (other) => files.get(other)?.bytes }
  return readOrPass(mode, () => {
    const graph = spec.parse(lock)
    if (graph === undefined) return { ...NOTHING_FOUND, read: [path] }
    const source = { cataloger: spec.name, file: path, method: spec.method ?? 'lockfile', ...layerOf(file) } as const
    const beside = covered(spec, lock, files)
    if (graph.partial === true) return { ...catalogGraph(graph, source, mode), read: beside, partial: [path] }
    return { ...catalogGraph(graph, source, mode), read: [path, ...beside] }
  })
}

function covered({ covers, coversNames = [] }: LockfileSpec, lock: Lockfile, files: ReadonlyMap<string, CatalogFile>): string[] {
  const beside = coversNames.map((name) => (lock.directory === '' ? name : `${lock.directory}/${name}`))
  return covers === undefined ? beside : [...beside, ...[...files.keys()].filter((path) => covers(path, lock))]
}

const BROKEN: ReadonlySet<string> = new Set(['artifact-malformed', 'version-unsupported', 'reference-invalid', 'limit-exceeded'])

/** In what lies there a broken file of whoever is no fault of the target: it stays unread. */
export function readOrPass(mode: CatalogMode, read: () => Catalog): Catalog {
  return mode === 'installed' ? (unlessBroken(read) ?? NOTHING_FOUND) : read()
}

/** What is read, or undefined where it is broken, grows over a cap as it is read, or is of a version nobody here knows. */
export function unlessBroken<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof TallyError && BROKEN.has(error.code)) return undefined
    throw error
  }
}

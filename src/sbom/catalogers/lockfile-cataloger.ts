import { TallyError } from '../../kernel/errors.ts'
import type { LimitName } from '../../kernel/limits.ts'
import { directoryOf } from '../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from './cataloger.ts'
import { joinCatalogs } from './join-catalogs.ts'
import { catalogGraph, layerOf } from './lock-graph.ts'
import type { LockGraph, LockSource } from './lock-graph.ts'

/** One lockfile, and what lies in the target beside it. */
export type Lockfile = {
  readonly path: string
  readonly directory: string
  readonly bytes: Uint8Array
  readonly mode: CatalogMode
  /** Another file the cataloger wants, by its path. */
  readonly other: (path: string) => Uint8Array | undefined
}

type Spec = {
  readonly name: string
  /** The files that list packages. */
  readonly isLock: (path: string, mode: CatalogMode) => boolean
  /** Further files that are looked at beside one. */
  readonly isBeside?: (path: string) => boolean
  readonly limit?: LimitName
  readonly method?: LockSource['method']
  /** Names of files in the same folder whose declarations a lockfile covers. */
  readonly covers?: readonly string[]
  /** Throws `artifact-malformed` and `version-unsupported`. Undefined for a file of that name that is something else. */
  readonly parse: (file: Lockfile) => (LockGraph & { readonly partial?: boolean }) | undefined
}

/**
 * A cataloger of files that each list packages for themselves. In the runtime closure of a project a broken one is an error; in an
 * image, where anybody's test data may lie, it is passed over and makes the SBOM incomplete, as does one that says itself `partial`.
 */
export function lockfileCataloger(spec: Spec): Cataloger {
  const { name, isLock, isBeside = () => false, limit = 'lockfileBytes' } = spec
  return {
    name,
    wants: (path, mode) => isLock(path, mode) || isBeside(path),
    limitOf: (path) => (isLock(path, 'installed') ? limit : 'packageFileBytes'),
    read: (files, mode) =>
      joinCatalogs([...files].filter(([path]) => isLock(path, mode)).map(([path, file]) => readOne(spec, path, file, files, mode))),
  }
}

function readOne(spec: Spec, path: string, file: CatalogFile, files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const directory = directoryOf(path)
  const graph = readOrPass(mode, () => spec.parse({ path, directory, bytes: file.bytes, mode, other: (other) => files.get(other)?.bytes }))
  if (graph === undefined) return { components: [], edges: [], projects: [], read: [] }
  const source = { cataloger: spec.name, file: path, method: spec.method ?? 'lockfile', ...layerOf(file) } as const
  const inFolder = (other: string): string => (directory === '' ? other : `${directory}/${other}`)
  const read = graph.partial === true ? [] : [path, ...(spec.covers ?? []).map(inFolder)]
  return { ...catalogGraph(graph, source, mode), read }
}

function readOrPass<T>(mode: CatalogMode, parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    const isBroken = error instanceof TallyError && (error.code === 'artifact-malformed' || error.code === 'version-unsupported')
    if (mode === 'installed' && isBroken) return undefined
    throw error
  }
}

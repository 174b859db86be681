import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { TallyError, asTallyError } from '../kernel/errors.ts'
import { readFileBounded, readFileStream } from '../kernel/read-file.ts'
import { compareText } from '../package/digits.ts'
import type { Collection, Mention } from './collect.ts'
import { matchesGlob } from './path.ts'

/** A directory being looked at: who collects, and what the files so far have spoken of. */
export type DirectoryFiles = {
  readonly deps: Pick<Deps, 'fs' | 'log' | 'signal'>
  readonly directory: string
  readonly exclude: readonly string[]
  readonly collection: Collection
  readonly mentions: Mention[]
}

/** A folder below the top that may not be read makes the result incomplete; the top itself must be readable. */
export async function readFolder({ deps, directory, collection }: DirectoryFiles, folder: string): Promise<Dirent[]> {
  try {
    return await readEntries(deps, join(directory, folder))
  } catch (error) {
    if (folder === '' || !(error instanceof TallyError) || error.code !== 'permission') throw error
    deps.log('warn', `${folder} may not be read; the SBOM is incomplete`)
    collection.miss()
    return []
  }
}

/** Entries of a folder, sorted by code units, so that no locale and no file system order shows. */
export async function readEntries(deps: Pick<Deps, 'fs' | 'signal'>, directory: string): Promise<Dirent[]> {
  deps.signal.throwIfAborted()
  try {
    const entries = await deps.fs.readdir(directory, { withFileTypes: true })
    return entries.toSorted((a, b) => compareText(a.name, b.name))
  } catch (error) {
    throw asTallyError(error, directory)
  }
}

/**
 * Offers a file to the catalogers, under the name it is known by, and to the inspectors where none of them wants it; notes what it
 * speaks of.
 */
export async function offerFile({ deps, directory, collection, mentions }: DirectoryFiles, path: string, named = path): Promise<void> {
  collection.see(named)
  const limit = collection.wants(named)
  if (limit !== undefined) mentions.push(...collection.take(named, await readFileBounded(deps, join(directory, path), limit)))
  else await offerToInspector(deps, join(directory, path), collection, named)
}

async function offerToInspector(deps: Pick<Deps, 'fs'>, path: string, collection: Collection, named: string): Promise<void> {
  // Most files are told by their names alone, without a call to the file system for each.
  const mayBe = (size: number): boolean => collection.inspectorOf({ path: named, size, executable: !hasPlainEnding(named) }) !== undefined
  if (!mayBe(Number.MAX_SAFE_INTEGER) && !mayBe(1024)) return
  try {
    const { size, mode } = await deps.fs.lstat(path)
    const inspector = collection.inspectorOf({ path: named, size, executable: (mode & 0o111) !== 0 })
    if (inspector === undefined) return
    collection.note(named, await inspector.inspect({ path: named, size, content: readFileStream(deps, path) }))
  } catch (error) {
    throw asTallyError(error, named)
  }
}

/** Endings that programs do not have: looking at each such file would cost more than all the rest. */
function hasPlainEnding(path: string): boolean {
  return /\.(?:[cm]?[jt]sx?|json|map|md|txt|html?|css|s[ac]ss|svg|png|jpe?g|gif|pdf|ya?ml|toml|xml|py[ci]?|rb|go|rs|java|class|[ch]|cc|cpp|hpp|gz|xz|zst)$/i.test(
    path,
  )
}

/** What lies at a path that holds no links. Undefined when there is nothing, a link, or what is left out. */
export async function kindOf({ deps, directory, exclude }: DirectoryFiles, path: string): Promise<'file' | 'folder' | undefined> {
  if (exclude.some((pattern) => matchesGlob(path, pattern))) return undefined
  try {
    const found = await deps.fs.lstat(join(directory, path))
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : undefined
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return undefined
    throw known
  }
}

import type { Dirent } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { overLimit } from '../kernel/bytes.ts'
import { TallyError, asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded, readFileStream } from '../kernel/read-file.ts'
import { compareText } from '../package/digits.ts'
import { assembleSbom } from './assemble.ts'
import type { SubjectHint } from './assemble.ts'
import type { Cataloger, CatalogMode } from './catalogers/cataloger.ts'
import { CATALOGERS, INSPECTORS } from './catalogers/table.ts'
import { startCollection, warnOfUnread } from './collect.ts'
import type { Collection } from './collect.ts'
import { databaseAliases, leadsToDatabase } from './database-links.ts'
import type { Sbom } from './model.ts'
import { directoryOf, joinPath, matchesGlob } from './path.ts'

export type DirectoryOptions = {
  readonly mode: CatalogMode
  /** RFC 3339: the commit's time, or SOURCE_DATE_EPOCH. Never "now" by itself. */
  readonly created: string
  readonly subject?: SubjectHint
  /** For `runtime-closure`: the lockfiles to read, relative to the directory. Without them every one at its top. */
  readonly lockfiles?: readonly string[]
  /** Patterns of relative paths that are not looked at (`*` within a segment, `**` over segments). */
  readonly exclude?: readonly string[]
  readonly catalogers?: readonly Cataloger[]
  /** Who says it made the SBOM; this program when not given. */
  readonly tool?: Sbom['tool']
}

/**
 * Lists the packages of a directory. `installed` walks it whole (not `.git`, following no link); `runtime-closure` looks only
 * at lockfiles and manifests, so that the answer is the same before and after an installation and on every machine. Nothing of
 * the directory is executed. Throws `not-found`, `permission`, `limit-exceeded`, and `artifact-malformed` for a broken lockfile.
 */
export async function catalogDirectory(
  deps: Pick<Deps, 'fs' | 'log' | 'signal'>,
  directory: string,
  options: DirectoryOptions,
): Promise<Sbom> {
  const collection = startCollection(options.catalogers ?? CATALOGERS, options.mode, INSPECTORS)
  if (options.mode === 'installed') await walk(deps, directory, options.exclude ?? [], collection)
  else await lookAtLockfiles(deps, directory, options.lockfiles, collection)
  const { catalogs, completeness, unread } = collection.finish()
  warnOfUnread(deps, unread)
  return assembleSbom(catalogs, {
    subject: options.subject ?? {},
    // The name of a folder differs from clone to clone; the closure must not.
    fallbackName: options.mode === 'installed' ? basename(resolve(directory)) || 'root' : 'project',
    created: options.created,
    completeness,
    tool: options.tool,
  })
}

async function lookAtLockfiles(
  deps: Pick<Deps, 'fs' | 'signal'>,
  directory: string,
  lockfiles: readonly string[] | undefined,
  collection: Collection,
): Promise<void> {
  if (lockfiles === undefined) {
    for (const entry of await readEntries(deps, directory)) if (entry.isFile()) await offer(deps, directory, entry.name, collection)
    return
  }
  for (const lockfile of lockfiles) {
    const path = joinPath('', lockfile)
    if (path.startsWith('..') || lockfile.startsWith('/')) {
      throw fail('config-invalid', 'a lockfile lies outside of the project', { where: lockfile.slice(0, 200) })
    }
    const folder = join(directory, directoryOf(path))
    const inside = await readEntries(deps, folder)
    const found = inside.find((entry) => entry.isFile() && joinPath(directoryOf(path), entry.name) === path)
    if (found === undefined) {
      throw fail('not-found', 'the lockfile is not there, or is no regular file', {
        where: path,
        hint: 'check `sbom.lockfiles` in tally.yaml',
      })
    }
    await offer(deps, directory, path, collection)
    // The lockfile's manifest beside it, for what old lockfiles do not say.
    for (const entry of inside) {
      const beside = joinPath(directoryOf(path), entry.name)
      if (entry.isFile() && entry.name === 'package.json') await offer(deps, directory, beside, collection)
    }
  }
}

/** The whole tree, and then what package managers would find through links. Links are followed for nothing else. */
async function walk(
  deps: Pick<Deps, 'fs' | 'log' | 'signal'>,
  directory: string,
  exclude: readonly string[],
  collection: Collection,
): Promise<void> {
  const links: string[] = []
  const tree: Tree = { deps, directory, exclude, collection, entries: { seen: 0 }, onLink: (path) => links.push(path) }
  await visitFolder(tree, '', (path) => path, 0)
  const near = links.filter((link) => leadsToDatabase(collection.databases, link))
  if (databaseAliases(collection.databases, await readLinks(tree, near)).aliases.length === 0) return
  const { aliases, all } = databaseAliases(collection.databases, await readLinks(tree, links))
  if (!all) {
    deps.log('warn', 'package databases lie behind more links than are followed; the SBOM is incomplete')
    collection.miss()
  }
  for (const { real, named } of aliases) await visitAlias({ ...tree, onLink: () => undefined }, real === '.' ? '' : real, named)
}

type Tree = {
  readonly deps: Pick<Deps, 'fs' | 'log' | 'signal'>
  readonly directory: string
  readonly exclude: readonly string[]
  readonly collection: Collection
  readonly entries: { seen: number }
  readonly onLink: (path: string) => void
}

/** Depth first, names by code units, so that no locale and no file system order shows. In: the folder, and what its paths are called. */
async function visitFolder(tree: Tree, folder: string, nameOf: (path: string) => string, depth: number): Promise<void> {
  if (depth > LIMITS.directoryDepth) throw overLimit('directoryDepth', LIMITS.directoryDepth, folder)
  for (const entry of await readFolder(tree.deps, tree.directory, folder, tree.collection)) {
    tree.entries.seen += 1
    if (tree.entries.seen > LIMITS.directoryEntries) throw overLimit('directoryEntries', LIMITS.directoryEntries, folder)
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (tree.exclude.some((pattern) => matchesGlob(path, pattern))) continue
    if (entry.isDirectory() && entry.name !== '.git') await visitFolder(tree, path, nameOf, depth + 1)
    else if (entry.isFile()) await offer(tree.deps, tree.directory, path, tree.collection, nameOf(path))
    else if (entry.isSymbolicLink()) tree.onLink(path)
  }
}

/** What an alias names, if anything is there: `real` holds no links, since all of them were resolved. */
async function visitAlias(tree: Tree, real: string, named: string): Promise<void> {
  const kind = await kindOf(tree, real)
  const nameOf = (path: string): string => named + (real === '' ? `/${path}` : path.slice(real.length))
  if (kind === 'folder') await visitFolder(tree, real, nameOf, 1)
  else if (kind === 'file' && tree.collection.wants(named) !== undefined) {
    await offer(tree.deps, tree.directory, real, tree.collection, named)
  }
}

async function kindOf(tree: Tree, path: string): Promise<'file' | 'folder' | undefined> {
  if (tree.exclude.some((pattern) => matchesGlob(path, pattern))) return undefined
  try {
    const found = await tree.deps.fs.lstat(join(tree.directory, path))
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : undefined
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return undefined
    throw known
  }
}

async function readLinks(tree: Tree, links: readonly string[]): Promise<Map<string, string>> {
  const targets = new Map<string, string>()
  for (const link of links) {
    tree.deps.signal.throwIfAborted()
    try {
      targets.set(link, await tree.deps.fs.readlink(join(tree.directory, link)))
    } catch (error) {
      throw asTallyError(error, link)
    }
  }
  return targets
}

/** A folder below the top that may not be read makes the result incomplete; the top itself must be readable. */
async function readFolder(
  deps: Pick<Deps, 'fs' | 'log' | 'signal'>,
  directory: string,
  folder: string,
  collection: Collection,
): Promise<Dirent[]> {
  try {
    return await readEntries(deps, join(directory, folder))
  } catch (error) {
    if (folder === '' || !(error instanceof TallyError) || error.code !== 'permission') throw error
    deps.log('warn', `${folder} may not be read; the SBOM is incomplete`)
    collection.miss()
    return []
  }
}

async function readEntries(deps: Pick<Deps, 'fs' | 'signal'>, directory: string): Promise<Dirent[]> {
  deps.signal.throwIfAborted()
  try {
    const entries = await deps.fs.readdir(directory, { withFileTypes: true })
    return entries.toSorted((a, b) => compareText(a.name, b.name))
  } catch (error) {
    throw asTallyError(error, directory)
  }
}

/** Offers a file to the catalogers, under the name it is known by, and to the inspectors where none of them wants it. */
async function offer(deps: Pick<Deps, 'fs'>, directory: string, path: string, collection: Collection, named = path): Promise<void> {
  collection.see(named)
  const limit = collection.wants(named)
  if (limit !== undefined) return collection.take(named, await readFileBounded(deps, join(directory, path), limit))
  // Most files are told by their names alone, without a call to the file system for each.
  if (collection.inspectorOf({ path: named, size: Number.MAX_SAFE_INTEGER, executable: !hasPlainEnding(named) }) === undefined) return
  try {
    const { size, mode } = await deps.fs.lstat(join(directory, path))
    const inspector = collection.inspectorOf({ path: named, size, executable: (mode & 0o111) !== 0 })
    if (inspector === undefined) return
    await collection.inspect(inspector, { path: named, size, content: readFileStream(deps, join(directory, path)) })
  } catch (error) {
    throw asTallyError(error, path)
  }
}

/** Endings that programs do not have: looking at each such file would cost more than all the rest. */
function hasPlainEnding(path: string): boolean {
  return /\.(?:[cm]?[jt]sx?|json|map|md|txt|html?|css|s[ac]ss|svg|png|jpe?g|gif|pdf|ya?ml|toml|xml|py[ci]?|rb|go|rs|java|class|[ch]|cc|cpp|hpp|gz|xz|zst)$/i.test(
    path,
  )
}

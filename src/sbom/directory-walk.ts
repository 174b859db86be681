import { join } from 'node:path'
import { overLimit } from '../kernel/bytes.ts'
import { asTallyError } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { databaseAliases, leadsToDatabase } from './database-links.ts'
import { kindOf, offerFile, readFolder } from './directory-files.ts'
import type { DirectoryFiles } from './directory-files.ts'
import { matchesGlob } from './path.ts'

/** The whole tree, and then what package managers would find through links. Links are followed for nothing else. */
export async function walkDirectory(files: DirectoryFiles): Promise<void> {
  const { deps, collection } = files
  const links: string[] = []
  const tree: Tree = { ...files, entries: { seen: 0 }, onLink: (path) => links.push(path) }
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

type Tree = DirectoryFiles & {
  readonly entries: { seen: number }
  readonly onLink: (path: string) => void
}

/** Depth first, names by code units, so that no locale and no file system order shows. In: the folder, and what its paths are called. */
async function visitFolder(tree: Tree, folder: string, nameOf: (path: string) => string, depth: number): Promise<void> {
  if (depth > LIMITS.directoryDepth) throw overLimit('directoryDepth', LIMITS.directoryDepth, folder)
  for (const entry of await readFolder(tree, folder)) {
    tree.entries.seen += 1
    if (tree.entries.seen > LIMITS.directoryEntries) throw overLimit('directoryEntries', LIMITS.directoryEntries, folder)
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (tree.exclude.some((pattern) => matchesGlob(path, pattern))) continue
    if (entry.isDirectory() && entry.name !== '.git') await visitFolder(tree, path, nameOf, depth + 1)
    else if (entry.isFile()) await offerFile(tree, path, nameOf(path))
    else if (entry.isSymbolicLink()) tree.onLink(path)
  }
}

/** What an alias names, if anything is there: `real` holds no links, since all of them were resolved. */
async function visitAlias(tree: Tree, real: string, named: string): Promise<void> {
  const kind = await kindOf(tree, real)
  const nameOf = (path: string): string => named + (real === '' ? `/${path}` : path.slice(real.length))
  if (kind === 'folder') await visitFolder(tree, real, nameOf, 1)
  else if (kind === 'file' && tree.collection.wants(named) !== undefined) await offerFile(tree, real, named)
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

import { basename, dirname, join, resolve } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { assembleSbom } from './assemble.ts'
import type { SubjectHint } from './assemble.ts'
import type { Cataloger, CatalogMode } from './catalogers/cataloger.ts'
import type { Inspector } from './catalogers/inspector.ts'
import { CATALOGERS, INSPECTORS } from './catalogers/table.ts'
import { startCollection, warnOfUnread } from './collect.ts'
import { offerFile, readEntries } from './directory-files.ts'
import type { DirectoryFiles } from './directory-files.ts'
import { followMentions } from './directory-mentions.ts'
import { walkDirectory } from './directory-walk.ts'
import type { Sbom } from './model.ts'
import { directoryOf, joinPath } from './path.ts'

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
  readonly inspectors?: readonly Inspector[]
  /** Who says it made the SBOM; this program when not given. */
  readonly tool?: Sbom['tool']
  readonly author?: Sbom['author']
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
  const collection = startCollection(options.catalogers ?? CATALOGERS, options.mode, options.inspectors ?? INSPECTORS)
  const files: DirectoryFiles = { deps, directory, exclude: options.exclude ?? [], collection, mentions: [] }
  if (options.mode === 'installed') await walkDirectory(files)
  else await lookAtLockfiles(files, options.lockfiles)
  await followMentions(files)
  const { catalogs, completeness, ...open } = collection.finish()
  warnOfUnread(deps, open)
  return assembleSbom(catalogs, {
    subject: options.subject ?? {},
    // The name of a folder differs from clone to clone; the closure must not.
    fallbackName: options.mode === 'installed' ? basename(resolve(directory)) || 'root' : 'project',
    created: options.created,
    completeness,
    tool: options.tool,
    author: options.author,
    phase: 'pre-build',
  })
}

/** Lists what one file holds or names: a lockfile, an archive, a program. Throws as `catalogDirectory` does. */
export async function catalogFile(
  deps: Pick<Deps, 'fs' | 'log' | 'signal'>,
  file: string,
  options: Omit<DirectoryOptions, 'mode' | 'lockfiles' | 'exclude'>,
): Promise<Sbom> {
  const collection = startCollection(options.catalogers ?? CATALOGERS, 'installed', options.inspectors ?? INSPECTORS)
  const files: DirectoryFiles = { deps, directory: dirname(file), exclude: [], collection, mentions: [] }
  await offerFile(files, basename(file))
  await followMentions(files)
  const { catalogs, completeness, ...open } = collection.finish()
  warnOfUnread(deps, open)
  return assembleSbom(catalogs, {
    ...options,
    subject: options.subject ?? {},
    fallbackName: basename(file),
    completeness,
    phase: 'post-build',
  })
}

/** What lies beside a lockfile and says what it does not: names, and what is needed for what. */
const MANIFESTS = new Set(['package.json', 'pyproject.toml', 'Pipfile', 'Cargo.toml', 'go.mod'])

async function lookAtLockfiles(files: DirectoryFiles, lockfiles: readonly string[] | undefined): Promise<void> {
  const { deps, directory } = files
  if (lockfiles === undefined) {
    for (const entry of await readEntries(deps, directory)) if (entry.isFile()) await offerFile(files, entry.name)
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
    await offerFile(files, path)
    for (const entry of inside) {
      const beside = joinPath(directoryOf(path), entry.name)
      if (entry.isFile() && MANIFESTS.has(entry.name)) await offerFile(files, beside)
    }
  }
}

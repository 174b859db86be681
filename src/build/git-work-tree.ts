import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError } from '../kernel/errors.ts'
import { overLimit } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import { askGit, withoutOwnFilters } from './git.ts'

/** A work tree against its commit. Paths are relative to its top, sorted. */
export type WorkTree = {
  /** Tracked files that differ, files neither tracked nor ignored, and tracked files git was told not to look at. */
  readonly changed: readonly string[]
  /** Files that are there and not ignored, submodules included. */
  readonly files: readonly string[]
}

type WorkTreeDeps = Pick<Deps, 'spawn' | 'env' | 'fs'>

/** Compares a work tree with its commit, and those of its submodules with theirs, each under its own switched-off filters. */
export async function readWorkTree(deps: WorkTreeDeps, top: string, depth = 0): Promise<WorkTree> {
  if (depth > LIMITS.submoduleDepth) throw overLimit('submoduleDepth', LIMITS.submoduleDepth, top)
  const settings = await withoutOwnFilters(deps, top)
  const status = parseStatus(
    await askGit(
      deps,
      top,
      ['status', '--porcelain=v1', '-z', '--untracked-files=all', '--ignore-submodules=dirty', '--no-renames'],
      settings,
    ),
  )
  const index = parseIndex(await askGit(deps, top, ['ls-files', '-v', '--stage', '-z'], settings))
  const changed = new Set(status.map((entry) => entry.path))
  const gone = new Set(status.filter((entry) => entry.deleted).map((entry) => entry.path))
  const files = new Set(status.filter((entry) => entry.untracked && !entry.path.endsWith('/')).map((entry) => entry.path))
  for (const entry of index) {
    if (entry.isSubmodule) {
      const inner = (await isThere(deps, join(top, entry.path, '.git')))
        ? await readWorkTree(deps, join(top, entry.path), depth + 1)
        : NOTHING
      for (const path of inner.changed) changed.add(`${entry.path}/${path}`)
      for (const path of inner.files) files.add(`${entry.path}/${path}`)
      continue
    }
    // Sparse checkouts leave files away; a file that is marked and there is one whose changes git was told not to see.
    if (entry.isUnwatched && (await isThere(deps, join(top, entry.path)))) changed.add(entry.path)
    if (!gone.has(entry.path) && !(entry.isUnwatched && !changed.has(entry.path))) files.add(entry.path)
  }
  return { changed: [...changed].toSorted(), files: [...files].toSorted() }
}

const NOTHING: WorkTree = { changed: [], files: [] }

/** Entries of `git status --porcelain=v1 -z --no-renames`: two letters (index, work tree), a space, the path. */
function parseStatus(out: string): readonly { readonly path: string; readonly untracked: boolean; readonly deleted: boolean }[] {
  return out
    .split('\0')
    .filter((line) => line.length > 3)
    .map((line) => ({ path: line.slice(3), untracked: line.startsWith('??'), deleted: line[1] === 'D' || line.startsWith('D ') }))
}

/** Entries of `git ls-files -v --stage -z`: tag, mode, object, stage, a tab, the path. Lower-case tags and S mark what git does not watch. */
function parseIndex(out: string): readonly { readonly path: string; readonly isSubmodule: boolean; readonly isUnwatched: boolean }[] {
  return out
    .split('\0')
    .filter((line) => line.includes('\t'))
    .map((line) => {
      const tag = line[0] ?? ''
      return {
        path: line.slice(line.indexOf('\t') + 1),
        isSubmodule: line.slice(2, 8) === '160000',
        isUnwatched: tag === 'S' || /[a-z]/.test(tag),
      }
    })
}

async function isThere(deps: Pick<Deps, 'fs'>, path: string): Promise<boolean> {
  try {
    await deps.fs.lstat(path)
    return true
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return false
    throw known
  }
}

import { join, posix } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { overLimit } from '../kernel/bytes.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'

const SKIPPED = new Set(['.git', 'node_modules'])

/**
 * Paths of the regular files to check, relative and sorted: those of `files` that are there, or all below `dir`. Links are
 * not followed; `.git` and `node_modules` are passed over. Throws `usage` for a path that leads out, `limit-exceeded`, or
 * what the system says.
 */
export async function listFiles(
  deps: Pick<Deps, 'fs' | 'signal'>,
  dir: string,
  files: readonly string[] | undefined,
): Promise<readonly string[]> {
  try {
    const found = files === undefined ? await walk(deps, dir) : await present(deps, dir, files)
    return found.toSorted()
  } catch (error) {
    throw asTallyError(error, dir)
  }
}

async function walk(deps: Pick<Deps, 'fs' | 'signal'>, dir: string): Promise<string[]> {
  const found: string[] = []
  const pending = ['']
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    deps.signal.throwIfAborted()
    for (const entry of await deps.fs.readdir(join(dir, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) pending.push(path)
      else if (entry.isFile()) found.push(path)
      if (found.length + pending.length > LIMITS.checkFiles) throw overLimit('checkFiles', LIMITS.checkFiles, dir)
    }
  }
  return found
}

async function present(deps: Pick<Deps, 'fs'>, dir: string, files: readonly string[]): Promise<string[]> {
  if (files.length > LIMITS.checkFiles) throw overLimit('checkFiles', LIMITS.checkFiles, dir)
  const found: string[] = []
  for (const path of new Set(files)) {
    const parts = path.split('/')
    if (path.startsWith('/') || parts.includes('..')) throw fail('usage', 'is outside the directory that is checked', { where: path })
    if (parts.some((part) => SKIPPED.has(part))) continue
    if (await isRegular(deps, join(dir, path))) found.push(path)
  }
  return found
}

/** A tracked file may have been deleted since, or be a link or a submodule. */
async function isRegular(deps: Pick<Deps, 'fs'>, path: string): Promise<boolean> {
  try {
    return (await deps.fs.lstat(path)).isFile()
  } catch (error) {
    if (asTallyError(error, path).code === 'not-found') return false
    throw error
  }
}

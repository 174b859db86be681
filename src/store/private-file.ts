import { dirname } from 'node:path'
import { flushDirectory } from '../kernel/atomic-file.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError } from '../kernel/errors.ts'

/**
 * Makes an empty file of mode 0600 where there is none.
 *
 * A file that is there is not even opened: POSIX drops all of a process's locks on a file as soon as any descriptor of it is
 * closed, so opening and closing a database or lock file beside SQLite would silently unlock it.
 */
export async function createPrivately(deps: Pick<Deps, 'fs'>, path: string): Promise<void> {
  try {
    const handle = await deps.fs.open(path, 'wx', 0o600)
    await handle.close()
  } catch (error) {
    if (isCode(error, 'EEXIST')) return
    throw asTallyError(error, path)
  }
}

/** Makes a directory, and those above it, of mode 0700 where there is none, and flushes the names. Throws `permission` or `disk`, naming it. */
export async function makeDirectory(deps: Pick<Deps, 'fs'>, path: string): Promise<void> {
  try {
    const made = await deps.fs.mkdir(path, { recursive: true, mode: 0o700 })
    if (made === undefined) return
    await flushDirectory(deps, dirname(made))
    if (made !== path) await flushDirectory(deps, dirname(path))
  } catch (error) {
    throw asTallyError(error, path)
  }
}

/** Whether a system error has this code (`EEXIST`, `ENOENT`, …). */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { asDatabaseError, isBusySqlite } from './database-errors.ts'
import { createPrivately, makeDirectory } from './private-file.ts'
import { backoffMs, pause } from './retry.ts'

type LockDeps = Pick<Deps, 'fs' | 'randomBytes' | 'signal'>

/**
 * Runs `task` while this flow alone holds the lock file at `path`, among all flows of all processes of this machine. The
 * operating system takes the lock away when the process dies, however it dies. Waits `waitMs` milliseconds (default
 * LIMITS.lockWaitMs), then throws `busy`, naming the path. Directory and file are made where they are missing. The file stays; nobody else may open it (see `createPrivately`).
 */
export async function withLock<T>(
  deps: LockDeps,
  path: string,
  task: () => Promise<T>,
  options: { readonly waitMs?: number } = {},
): Promise<T> {
  const lock = await takeLock(deps, path, options.waitMs ?? LIMITS.lockWaitMs)
  try {
    return await task()
  } finally {
    // Closing ends the transaction, and the lock with it.
    lock.close()
  }
}

async function takeLock(deps: LockDeps, path: string, waitMs: number): Promise<DatabaseSync> {
  await makeDirectory(deps, dirname(path))
  await createPrivately(deps, path)
  const { DatabaseSync } = await import('node:sqlite')
  const end = performance.now() + waitMs
  for (let attempt = 1; ; attempt += 1) {
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(path, { timeout: 0 })
      // Nothing is ever written, so no journal file is to appear beside the lock.
      database.exec('pragma journal_mode = memory')
      database.exec('begin exclusive')
      return database
    } catch (error) {
      database?.close()
      if (!isBusySqlite(error)) throw asDatabaseError(error, path)
      if (performance.now() >= end) {
        throw fail('busy', `another process has held this lock for ${Math.round(waitMs / 1000)} s`, { where: path, cause: error })
      }
    }
    await pause(deps, Math.min(backoffMs(deps, attempt, 5, 200), Math.max(1, end - performance.now())))
  }
}

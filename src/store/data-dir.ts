import { isAbsolute, join, resolve } from 'node:path'
import { flushDirectory } from '../kernel/atomic-file.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { isCode } from './private-file.ts'

type Env = Deps['env']

/**
 * Where data live: `flag` (--data-dir), else TALLY_DATA_DIR, else XDG_DATA_HOME/tallystick, else ~/.local/share/tallystick. Out: an
 * absolute path. Throws `usage` when none of them is set. Relative XDG values are ignored (XDG Base Directory 0.8).
 */
export function resolveDataDir(env: Env, flag?: string): string {
  return resolveDir(env, flag ?? env['TALLY_DATA_DIR'], 'XDG_DATA_HOME', '.local/share', '--data-dir')
}

/** Where what can be fetched or made again lives: `flag`, else TALLY_CACHE_DIR, else XDG_CACHE_HOME/tallystick, else ~/.cache/tallystick. As `resolveDataDir`. */
export function resolveCacheDir(env: Env, flag?: string): string {
  return resolveDir(env, flag ?? env['TALLY_CACHE_DIR'], 'XDG_CACHE_HOME', '.cache', 'TALLY_CACHE_DIR')
}

function resolveDir(env: Env, named: string | undefined, xdgName: string, underHome: string, toldBy: string): string {
  if (named !== undefined && named !== '') return resolve(named)
  const xdg = env[xdgName]
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'tallystick')
  const home = env['HOME']
  if (home !== undefined && isAbsolute(home)) return join(home, underHome, 'tallystick')
  throw fail('usage', `neither HOME nor ${xdgName} says where to keep files`, { where: toldBy, hint: `give a directory with ${toldBy}` })
}

/**
 * Makes sure the data directory is there: mode 0700 if it has to be made, with a `.gitignore` of `*` so that it never
 * enters a commit. May be called by several processes at once. Throws `permission` or `disk`, naming the directory.
 */
export async function openDataDir(deps: Pick<Deps, 'fs'>, path: string): Promise<void> {
  try {
    const made = await deps.fs.mkdir(path, { recursive: true, mode: 0o700 })
    if (made !== undefined) await flushDirectory(deps, join(made, '..'))
    await writeOnce(deps, join(path, '.gitignore'), '*\n')
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOTDIR'))
      throw fail('permission', 'is a file, not a directory', { where: path, cause: error })
    throw asTallyError(error, path)
  }
}

async function writeOnce(deps: Pick<Deps, 'fs'>, path: string, text: string): Promise<void> {
  try {
    const handle = await deps.fs.open(path, 'wx', 0o644)
    try {
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  }
}

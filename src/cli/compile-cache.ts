import { mkdirSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { isAbsolute, join } from 'node:path'

/**
 * Lets Node keep what it compiled of this program, so that the next run starts faster: in a folder of its own under the cache
 * directory, mode 0700, and only when nobody else could write there, for code would be loaded from it. Node's default is a
 * shared place. It is only for speed: where it cannot be had, nothing is said.
 */
export function keepCompiled(env: Readonly<Record<string, string | undefined>>): void {
  const folder = folderOf(env)
  if (folder === undefined || env['NODE_COMPILE_CACHE'] !== undefined || env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { mode, uid } = statSync(folder)
    if (typeof process.getuid === 'function' && (uid !== process.getuid() || (mode & 0o022) !== 0)) return
    enableCompileCache(folder)
  } catch {
    // A read-only home, or none: then it is compiled each time.
  }
}

/** As scripts/bootstrap.cjs has it. */
function folderOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['TALLY_CACHE_DIR']
  if (named !== undefined && named !== '') return isAbsolute(named) ? join(named, 'compile') : undefined
  const xdg = env['XDG_CACHE_HOME']
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'tallystick/compile')
  const home = env['HOME']
  return home !== undefined && isAbsolute(home) ? join(home, '.cache/tallystick/compile') : undefined
}

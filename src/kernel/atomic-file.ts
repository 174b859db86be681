import { dirname, join } from 'node:path'
import type { Deps } from './deps.ts'
import { toHex } from './bytes.ts'

/**
 * Writes a file so that a reader sees the old bytes or the new ones, never a part, also after a crash: a temporary file
 * beside it, flushed, renamed over it, the directory flushed. In: absolute path, bytes, mode (default 0644).
 */
export async function writeFileAtomic(
  deps: Pick<Deps, 'fs' | 'randomBytes'>,
  path: string,
  bytes: Uint8Array,
  mode = 0o644,
): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${process.pid}-${toHex(deps.randomBytes(6))}`)
  try {
    const handle = await deps.fs.open(temporary, 'wx', mode)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await deps.fs.rename(temporary, path)
  } catch (error) {
    await deps.fs.rm(temporary, { force: true })
    throw error
  }
  await flushDirectory(deps, dirname(path))
}

/** Flushes a directory, so that a rename in it survives a power cut. */
export async function flushDirectory(deps: Pick<Deps, 'fs'>, path: string): Promise<void> {
  const handle = await deps.fs.open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

import type { FileHandle } from 'node:fs/promises'
import type { FileSystem } from '../kernel/deps.ts'

const WRITING = ['writeFile', 'mkdir', 'rename', 'link', 'copyFile', 'chmod'] as const

/**
 * A file system on which the `nth` step that changes the disk (and each after it) fails with `code`: opening for writing, a write, a
 * flush, a rename, a new directory. Removing works, as it does on a full disk. `steps()` tells how many there were.
 */
export function failingFileSystem(
  real: FileSystem,
  nth: number,
  code = 'ENOSPC',
): { readonly fs: FileSystem; readonly steps: () => number } {
  let count = 0
  const step = (what: string): void => {
    count += 1
    if (count >= nth) throw Object.assign(new Error(`${code}: fault in ${what}`), { code, syscall: what })
  }
  const counted = <F extends (...args: never[]) => unknown>(name: string, call: F): F =>
    (async (...args: Parameters<F>) => {
      step(name)
      return await call(...args)
    }) as unknown as F
  const open: FileSystem['open'] = async (path: string, flags: string | number, mode?: number) => {
    if (flags !== undefined && flags !== 'r') step('open')
    return failingHandle(await real.open(path, flags, mode), step)
  }
  const changed = Object.fromEntries(WRITING.map((name) => [name, counted(name, real[name] as (...args: never[]) => unknown)]))
  return { fs: { ...real, ...changed, open }, steps: () => count }
}

function failingHandle(handle: FileHandle, step: (what: string) => void): FileHandle {
  return new Proxy(handle, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (name === 'write' || name === 'writeFile' || name === 'sync' || name === 'datasync') step(name)
        return Reflect.apply(value, target, args)
      }
    },
  })
}

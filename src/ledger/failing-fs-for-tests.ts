import * as fs from 'node:fs/promises'
import type { FileSystem } from '../kernel/deps.ts'

/** A file system whose nth change fails. `reached` tells whether it came to that. */
export type FailingFileSystem = { readonly fs: FileSystem; readonly reached: () => boolean }

const CHANGES = ['mkdir', 'rename', 'rm', 'unlink', 'link', 'chmod', 'copyFile', 'writeFile'] as const
const HANDLE_CHANGES = new Set(['write', 'writeFile', 'truncate', 'sync'])

/**
 * Counts every call that changes something (opening for writing, writing, flushing, renaming, removing). `full-disk`: the
 * nth fails with ENOSPC, a write after half of its bytes; what follows works again. `kill`: the nth and everything after
 * it fails, reading too, so that no code gets to tidy up, as when the process had died there.
 */
export function failAt(n: number, how: 'full-disk' | 'kill'): FailingFileSystem {
  let count = 0
  const dead = (): boolean => how === 'kill' && count >= n
  const failing = (): Error => Object.assign(new Error('ENOSPC: no space left on device, made up'), { code: 'ENOSPC' })
  const change = async <T>(work: () => Promise<T>, half: () => Promise<unknown> = () => Promise.resolve()): Promise<T> => {
    if (dead()) throw failing()
    count += 1
    if (count !== n) return await work()
    await half()
    throw failing()
  }
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead()) throw failing()
    return await work()
  }

  const wrapHandle = (handle: fs.FileHandle): fs.FileHandle =>
    new Proxy(handle, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        const call = (...args: unknown[]): Promise<unknown> => Reflect.apply(member, target, args) as Promise<unknown>
        if (name === 'close') return call
        if (!HANDLE_CHANGES.has(String(name))) return (...args: unknown[]) => read(() => call(...args))
        return (...args: unknown[]) =>
          change(
            () => call(...args),
            () => writeHalf(target, args),
          )
      },
    })

  const fake = new Proxy(fs, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const call = (...args: unknown[]): Promise<unknown> => Reflect.apply(member, target, args) as Promise<unknown>
      if (name === 'open') {
        return async (...args: unknown[]) => {
          const open = async () => wrapHandle((await call(...args)) as fs.FileHandle)
          return onlyReads(args[1]) ? await read(open) : await change(open)
        }
      }
      const changes = (CHANGES as readonly string[]).includes(String(name))
      return (...args: unknown[]) => (changes ? change(() => call(...args)) : read(() => call(...args)))
    },
  })
  return { fs: fake, reached: () => count >= n }
}

function onlyReads(flags: unknown): boolean {
  return typeof flags === 'number' ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0 : flags === 'r' || flags === undefined
}

/** Half of what `write(bytes, offset, length, position)` or `writeFile(bytes)` was to write, where it was to be written. */
async function writeHalf(handle: fs.FileHandle, [bytes, offset, length, position]: readonly unknown[]): Promise<void> {
  if (!(bytes instanceof Uint8Array)) return
  if (typeof offset === 'number' && typeof length === 'number' && typeof position === 'number')
    await handle.write(bytes, offset, Math.floor(length / 2), position)
  else await handle.writeFile(bytes.subarray(0, Math.floor(bytes.byteLength / 2)))
}

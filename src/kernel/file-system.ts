import { close, fstat, fsync, lstat, open, read, readdir, stat } from 'node:fs'
import type * as fsPromises from 'node:fs/promises'
import { promisify } from 'node:util'
import type { FileSystem, ReadHandle } from './deps.ts'

/** Loading it loads Node's line editor too, which takes longer than to verify a signature; whoever only reads needs neither. */
const promises = (): typeof fsPromises => process.getBuiltinModule('node:fs/promises')

/** The file system of this machine: `node:fs/promises`, and for those calls that reading takes, what lies below it. */
export const SYSTEM_FILES: FileSystem = {
  open: openFile,
  stat: promisify(stat) as FileSystem['stat'],
  lstat: promisify(lstat),
  readdir: promisify(readdir) as FileSystem['readdir'],
  readFile: later('readFile'),
  writeFile: later('writeFile'),
  mkdir: later('mkdir'),
  rename: later('rename'),
  rm: later('rm'),
  unlink: later('unlink'),
  chmod: later('chmod'),
  realpath: later('realpath'),
  link: later('link'),
  copyFile: later('copyFile'),
  mkdtemp: later('mkdtemp'),
  readlink: later('readlink'),
}

function later<Name extends keyof FileSystem & keyof typeof fsPromises>(name: Name): FileSystem[Name] {
  const call = (...words: readonly unknown[]): unknown => Reflect.apply(promises()[name], undefined, words)
  return call as FileSystem[Name]
}

function openFile(path: string, flags: 'r'): Promise<ReadHandle>
function openFile(path: string, flags: string | number, mode?: number): Promise<fsPromises.FileHandle>
async function openFile(path: string, flags: string | number, mode?: number): Promise<ReadHandle | fsPromises.FileHandle> {
  return flags === 'r' ? await openToRead(path) : await promises().open(path, flags, mode)
}

const [openNow, closeNow, fstatNow, fsyncNow] = [promisify(open), promisify(close), promisify(fstat), promisify(fsync)]

async function openToRead(path: string): Promise<ReadHandle> {
  // A number may be another file's as soon as it is closed.
  let file: number | undefined = await openNow(path, 'r')
  const number = (): number => {
    if (file === undefined) throw Object.assign(new Error(`EBADF: file closed, read '${path}'`), { code: 'EBADF' })
    return file
  }
  return {
    read: async (buffer, offset, length, position) =>
      await new Promise((resolve, reject) => {
        read(number(), buffer, offset, length, position ?? null, (error, bytesRead) => {
          if (error === null) resolve({ bytesRead })
          else reject(error)
        })
      }),
    stat: async () => await fstatNow(number()),
    sync: async () => await fsyncNow(number()),
    close: async () => {
      const closing = number()
      file = undefined
      await closeNow(closing)
    },
  }
}

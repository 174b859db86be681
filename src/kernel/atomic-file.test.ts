import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeFileAtomic } from './atomic-file.ts'
import { utf8 } from './bytes.ts'
import type { FileSystem } from './deps.ts'

const randomBytes = (size: number): Uint8Array => new Uint8Array(size).fill(7)
const noSpace = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

describe('writeFileAtomic', () => {
  let folder: string
  beforeEach(async () => (folder = await fs.mkdtemp(join(tmpdir(), 'tally-'))))
  afterEach(async () => await fs.rm(folder, { recursive: true }))

  test('writes a new file with its mode, replaces an old one, and leaves nothing else', async () => {
    const path = join(folder, 'key.pem')
    await writeFileAtomic({ fs, randomBytes }, path, utf8('one'), 0o600)
    expect((await fs.stat(path)).mode & 0o777).toBe(0o600)
    await writeFileAtomic({ fs, randomBytes }, path, utf8('two'))
    expect(await fs.readFile(path, 'utf8')).toBe('two')
    expect(await fs.readdir(folder)).toEqual(['key.pem'])
  })

  test('writes through no link: the link is replaced, what it pointed to stays', async () => {
    await fs.writeFile(join(folder, 'target'), 'kept')
    await fs.symlink('target', join(folder, 'link'))
    await writeFileAtomic({ fs, randomBytes }, join(folder, 'link'), utf8('new'))
    expect(await fs.readFile(join(folder, 'target'), 'utf8')).toBe('kept')
    expect(await fs.readFile(join(folder, 'link'), 'utf8')).toBe('new')
  })

  test.each(['open', 'writeFile', 'sync', 'close', 'rename'] as const)(
    'where %s fails the old bytes stay, and no temporary file',
    async (step) => {
      const path = join(folder, 'state.json')
      await fs.writeFile(path, 'old')
      await expect(writeFileAtomic({ fs: failingAt(step), randomBytes }, path, utf8('new'))).rejects.toBe(noSpace)
      expect(await fs.readFile(path, 'utf8')).toBe('old')
      expect(await fs.readdir(folder)).toEqual(['state.json'])
    },
  )

  test('where only flushing the folder fails the new bytes are there whole, and the caller is told', async () => {
    const path = join(folder, 'state.json')
    await fs.writeFile(path, 'old')
    await expect(writeFileAtomic({ fs: failingAt('flush folder'), randomBytes }, path, utf8('new'))).rejects.toBe(noSpace)
    expect(await fs.readFile(path, 'utf8')).toBe('new')
  })
})

/** A file system whose one step fails, as on a full disk. */
function failingAt(step: 'open' | 'writeFile' | 'sync' | 'close' | 'rename' | 'flush folder'): FileSystem {
  const refuse = async (): Promise<never> => await Promise.reject(noSpace)
  return {
    ...fs,
    rename: step === 'rename' ? refuse : fs.rename,
    open: async (path: string, flags: string | number, mode?: number) => {
      const onFolder = flags === 'r'
      if (step === (onFolder ? 'flush folder' : 'open')) return await refuse()
      const handle = await fs.open(path, flags, mode)
      if (onFolder) return handle
      if (step === 'writeFile') handle.writeFile = refuse
      if (step === 'sync') handle.sync = refuse
      if (step === 'close') {
        const close = handle.close.bind(handle)
        handle.close = async () => {
          await close()
          return await refuse()
        }
      }
      return handle
    },
  }
}

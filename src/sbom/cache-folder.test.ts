import { chmod, mkdir, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { inTempDir } from '../artifact/image-fixture.ts'
import { openCacheFolder } from './cache-folder.ts'
import type { CacheFolder } from './cache-folder.ts'

const bytes = Buffer.from('what can be made again '.repeat(100))

async function withFolder(use: (folder: CacheFolder, place: () => Promise<string>, dir: string) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const place = async (): Promise<string> => {
      const [version = ''] = await readdir(join(dir, 'layers'))
      return join(dir, 'layers', version)
    }
    await use(openCacheFolder(testDeps(), dir, 'layers'), place, dir)
  })
}

describe('a cache folder', () => {
  test('gives back what was kept, for its owner alone', async () => {
    await withFolder(async (folder, place) => {
      expect(await folder.load('a')).toBeUndefined()
      await folder.save('a', [bytes.subarray(0, 7), bytes.subarray(7)])
      expect(await folder.load('a')).toEqual(bytes)
      expect((await stat(await place())).mode & 0o777).toBe(0o700)
      expect((await stat(join(await place(), 'a'))).mode & 0o777).toBe(0o600)
    })
  })

  test.each([
    ['cut off', (file: Buffer) => file.subarray(0, -1)],
    ['cut off inside its digest', (file: Buffer) => file.subarray(0, 20)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in one bit', (file: Buffer) => Buffer.concat([file.subarray(0, -1), Buffer.from([(file.at(-1) ?? 0) ^ 1])])],
    ['of something else', () => Buffer.from('{"components":[]}'.repeat(10))],
  ])('does not believe a file that is %s, and mends it', async (_, damage) => {
    await withFolder(async (folder, place) => {
      await folder.save('a', [bytes])
      const path = join(await place(), 'a')
      await writeFile(path, damage(await readFile(path)))
      expect(await folder.load('a')).toBeUndefined()
      await folder.save('a', [bytes])
      expect(await folder.load('a')).toEqual(bytes)
    })
  })

  test('is not used when others may write to it', async () => {
    await withFolder(async (folder, place) => {
      await folder.save('a', [bytes])
      await chmod(await place(), 0o777)
      expect(await folder.load('a')).toBeUndefined()
      await folder.save('b', [bytes])
      expect(await readdir(await place())).toEqual(['a'])
    })
  })

  test('keeps no more than it may: what was written first goes, of older versions too', async () => {
    await inTempDir(async (dir) => {
      const old = join(dir, 'layers', '0.0.1-1')
      await mkdir(old, { recursive: true })
      await writeFile(join(old, 'x'), Buffer.alloc(300))
      await utimes(join(old, 'x'), 1, 1)
      const folder = openCacheFolder(testDeps(), dir, 'layers', 400)
      await folder.save('a', [Buffer.from('a')])
      expect(await readdir(old)).toEqual(['x'])
      await folder.save('b', [Buffer.from('b')])
      await folder.save('c', [Buffer.from('c')])
      expect(await readdir(old)).toEqual([])
      expect(await folder.load('c')).toEqual(Buffer.from('c'))
    })
  })

  test('does not keep what alone is more than it may', async () => {
    await inTempDir(async (dir) => {
      const folder = openCacheFolder(testDeps(), dir, 'layers', 40)
      await folder.save('a', [Buffer.from('a'.repeat(100))])
      expect(await folder.load('a')).toBeUndefined()
    })
  })

  test('may be written by many at once', async () => {
    await withFolder(async (folder, place, dir) => {
      const others = Array.from({ length: 8 }, () => openCacheFolder(testDeps(), dir, 'layers'))
      await Promise.all(others.map(async (one) => await one.save('a', [bytes])))
      expect(await folder.load('a')).toEqual(bytes)
      expect(await readdir(await place())).toEqual(['a'])
    })
  })

  test('costs nothing but time where nothing can be written', async () => {
    await inTempDir(async (dir) => {
      await writeFile(join(dir, 'layers'), 'a file where the folder would be')
      const folder = openCacheFolder(testDeps(), dir, 'layers')
      await folder.save('a', [bytes])
      expect(await folder.load('a')).toBeUndefined()
    })
  })
})

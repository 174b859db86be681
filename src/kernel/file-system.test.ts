import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textOf } from './bytes.ts'
import { SYSTEM_FILES } from './file-system.ts'

let dir = ''
let path = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tally-'))
  path = join(dir, 'file')
  await writeFile(path, 'hello world')
})
afterAll(() => rm(dir, { recursive: true }))

describe('a file that is opened to be read', () => {
  it('is read from where the last read ended, or from where it is told', async () => {
    const handle = await SYSTEM_FILES.open(path, 'r')
    const buffer = new Uint8Array(8)
    const read = async (length: number, position?: number): Promise<string> => {
      const { bytesRead } = await handle.read(buffer, 2, length, position)
      return textOf(buffer.subarray(2, 2 + bytesRead))
    }
    expect([await read(5), await read(5), await read(5), await read(5)]).toEqual(['hello', ' worl', 'd', ''])
    expect(await read(4, 6)).toBe('worl')
    expect((await handle.stat()).size).toBe(11)
    await handle.close()
  })

  it('is not read any more once it is closed', async () => {
    const handle = await SYSTEM_FILES.open(path, 'r')
    await handle.close()
    await expect(handle.read(new Uint8Array(1), 0, 1)).rejects.toMatchObject({ code: 'EBADF' })
    await expect(handle.close()).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('that is not there is refused as Node refuses it', async () => {
    await expect(SYSTEM_FILES.open(join(dir, 'none'), 'r')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' })
  })

  it('is told of a folder too, to be flushed', async () => {
    const handle = await SYSTEM_FILES.open(dir, 'r')
    await handle.sync()
    expect((await handle.stat()).isDirectory()).toBe(true)
    await handle.close()
  })
})

describe('the file system of this machine', () => {
  it('does all else as node:fs/promises does', async () => {
    const other = join(dir, 'other')
    const handle = await SYSTEM_FILES.open(other, 'wx', 0o600)
    await handle.writeFile('written')
    await handle.close()
    expect(await readFile(other, 'utf8')).toBe('written')
    expect((await SYSTEM_FILES.stat(other)).mode & 0o777).toBe(0o600)
    expect(await SYSTEM_FILES.readdir(dir)).toEqual(['file', 'other'])
    const [first] = await SYSTEM_FILES.readdir(dir, { withFileTypes: true })
    expect(first?.isFile()).toBe(true)
    await SYSTEM_FILES.rename(other, `${other}2`)
    await expect(SYSTEM_FILES.lstat(other)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await SYSTEM_FILES.readFile(`${other}2`, 'utf8')).toBe('written')
  })
})

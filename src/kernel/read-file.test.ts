import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LIMITS } from './limits.ts'
import { readFileBounded, readFileIfThere, readFileStream } from './read-file.ts'

describe('reading files', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tally-'))))
  afterEach(async () => await rm(folder, { recursive: true }))

  test('reads a file up to its cap and refuses one byte more', async () => {
    const path = join(folder, 'key')
    await writeFile(path, new Uint8Array(LIMITS.keyFileBytes))
    expect(await readFileBounded({ fs }, path, 'keyFileBytes')).toHaveLength(LIMITS.keyFileBytes)
    await writeFile(path, new Uint8Array(LIMITS.keyFileBytes + 1))
    await expect(readFileBounded({ fs }, path, 'keyFileBytes')).rejects.toThrow(
      expect.objectContaining({ code: 'limit-exceeded', where: path }),
    )
  })

  test('each piece of a stream is its own buffer', async () => {
    const path = join(folder, 'blob')
    await writeFile(path, Buffer.concat([Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)]))
    const pieces: Uint8Array[] = []
    for await (const piece of readFileStream({ fs }, path)) pieces.push(piece)
    expect(pieces.map((piece) => piece[0])).toEqual([1, 1, 2])
    expect(new Set(pieces.map((piece) => piece.buffer)).size).toBe(pieces.length)
  })

  test('tells what may be missing from what cannot be read', async () => {
    const path = join(folder, 'key')
    expect(await readFileIfThere({ fs }, path, 'keyFileBytes')).toBeUndefined()
    await writeFile(path, 'here')
    expect(await readFileIfThere({ fs }, path, 'keyFileBytes')).toHaveLength(4)
    await writeFile(path, new Uint8Array(LIMITS.keyFileBytes + 1))
    await expect(readFileIfThere({ fs }, path, 'keyFileBytes')).rejects.toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
  })

  test('names what is not there', async () => {
    await expect(readFileBounded({ fs }, join(folder, 'none'), 'keyFileBytes')).rejects.toThrow(
      expect.objectContaining({ code: 'not-found', where: join(folder, 'none') }),
    )
    await expect(readFileBounded({ fs }, folder, 'keyFileBytes')).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
  })
})

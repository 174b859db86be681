import { createHash, randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { ImageLayer } from './image.ts'
import type { ImageSource } from './image-source.ts'
import { openLayer } from './unpack.ts'

// A layer that is large enough for a thread of its own: what comes out, and how it ends.

const unpacked = new Uint8Array(randomBytes(6 * 1024 * 1024))
const packed = new Uint8Array(gzipSync(unpacked, { level: 0 }))
let dir = ''
beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterAll(() => fs.rm(dir, { recursive: true }))

async function layerOf(bytes: Uint8Array, change: Partial<Pick<ImageLayer, 'diffId' | 'compression'>> & { readonly digest?: Digest } = {}) {
  const path = join(dir, digestOf(bytes).slice(7, 19))
  await fs.writeFile(path, bytes)
  const descriptor = { mediaType: '', digest: change.digest ?? digestOf(bytes), size: bytes.byteLength }
  const layer: ImageLayer = { index: 0, descriptor, compression: change.compression ?? 'gzip', diffId: change.diffId ?? digestOf(unpacked) }
  const source = { name: 'test', blobFile: () => Promise.resolve(path) } as unknown as ImageSource
  return async (signal?: AbortSignal) => await openLayer(source, layer, 'layer 1', signal === undefined ? {} : { signal })
}

async function hashOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of stream) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

describe('a large layer in a file', () => {
  it('is unpacked by a thread, and its pieces are gone once the next is asked for', async () => {
    const open = await layerOf(packed)
    const stream = await open()
    expect(stream.passing).toBe(true)
    expect(await hashOf(stream)).toBe(digestOf(unpacked))
    const pieces: Uint8Array[] = []
    for await (const piece of await open()) pieces.push(piece)
    expect(pieces[0]?.byteLength).toBe(0)
  })

  it.each<[string, Uint8Array, Parameters<typeof layerOf>[1], string]>([
    ['is not the promised bytes', packed, { digest: digestOf(unpacked) }, 'digest-mismatch'],
    ['unpacks to others', packed, { diffId: digestOf(packed) }, 'digest-mismatch'],
    ['is cut off', packed.subarray(0, -100_000), {}, 'artifact-malformed'],
    ['is not packed as its media type says', unpacked, {}, 'artifact-malformed'],
  ])('that %s is refused as it is without a thread', async (_, bytes, change, code) => {
    const open = await layerOf(bytes, change)
    await expect(hashOf(await open())).rejects.toThrow(expect.objectContaining({ code }))
  })

  it('may be left unread, and stops when it is told to', async () => {
    const open = await layerOf(packed)
    for await (const piece of await open()) {
      expect(piece.byteLength).toBeGreaterThan(0)
      break
    }
    const stop = new AbortController()
    const reading = hashOf(await open(stop.signal))
    stop.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  it('that is small, or in no file, needs no thread', async () => {
    const layer: ImageLayer = {
      index: 0,
      descriptor: { mediaType: '', digest: digestOf(packed), size: packed.byteLength },
      compression: 'gzip',
      diffId: digestOf(unpacked),
    }
    const blob = async function* () {
      yield packed
    }
    const stream = await openLayer({ name: 'test', blob } as unknown as ImageSource, layer, 'layer 1', {})
    expect(stream.passing).toBeUndefined()
    expect(await hashOf(stream)).toBe(digestOf(unpacked))
  })
})

import { describe, expect, test } from 'vitest'
import { makeImage, putImages, streamOf } from '../../test/support/images.ts'
import { memoryImage } from '../../test/support/memory-image.ts'
import { readAll, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { ImageSource } from './image-source.ts'
import { openSourcePool } from './source-pool.ts'

/** A place that says what it was asked. */
function listening(source: ImageSource): { readonly source: ImageSource; readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    source: {
      ...source,
      resolveTag: (tag) => (asked.push(`tag ${tag}`), source.resolveTag(tag)),
      manifest: (digest) => (asked.push(`manifest ${digest}`), source.manifest(digest)),
      referrers: (digest) => (asked.push(`referrers ${digest}`), source.referrers(digest)),
      blob: (descriptor) => (asked.push(`blob ${descriptor.digest}`), source.blob(descriptor)),
    },
  }
}

const image = makeImage('layer')
const { digest } = image.manifest.descriptor
const read = (source: ImageSource, bytes: Uint8Array) =>
  readAll(source.blob({ digest: digestOf(bytes), size: bytes.byteLength }), LIMITS.fileReadBytes, 'fileReadBytes', 'test')

describe('a pool of places', () => {
  test('opens each once and asks each thing once, also when many ask at the same time', async () => {
    const memory = memoryImage()
    await putImages(memory, image)
    await memory.putTag('latest', digest)
    const { source, asked } = listening(memory)
    const pool = openSourcePool()
    let opened = 0
    const open = async (): Promise<ImageSource> => {
      opened += 1
      return source
    }
    const layer = image.blobs[1] ?? new Uint8Array(0)
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const place = await pool.take('memory', open)
        const tag = await place.resolveTag('latest')
        return [tag?.digest, (await place.manifest(digest))?.descriptor.digest, await place.referrers(digest), await read(place, layer)]
      }),
    )
    expect(opened).toBe(1)
    expect(asked).toHaveLength(4)
    for (const answer of answers) expect(answer).toEqual([digest, digest, [], layer])
    await pool.take('another', open)
    expect(opened).toBe(2)
  })

  test('asks again for what failed', async () => {
    const memory = memoryImage()
    let fails = 1
    const flaky: ImageSource = {
      ...memory,
      resolveTag: async (tag) => {
        fails -= 1
        if (fails >= 0) throw fail('network', 'is gone')
        return await memory.resolveTag(tag)
      },
    }
    const place = await openSourcePool().take('flaky', async () => flaky)
    await expect(place.resolveTag('latest')).rejects.toMatchObject({ code: 'network' })
    expect(await place.resolveTag('latest')).toBeUndefined()
  })

  test('keeps no large blob, and none that is not what its digest says', async () => {
    const large = new Uint8Array(LIMITS.poolBlobBytes + 1)
    const small = utf8('small')
    const memory = memoryImage()
    for (const bytes of [large, small]) await memory.storeBlob(bytes)
    const { source, asked } = listening(memory)
    const place = await openSourcePool().take('memory', async () => source)
    for (const bytes of [large, large, small, small]) expect((await read(place, bytes)).byteLength).toBe(bytes.byteLength)
    expect(asked).toHaveLength(3)

    const lying: ImageSource = { ...memory, blob: (descriptor) => failing(descriptor.digest) }
    const liar = await openSourcePool().take('lying', async () => lying)
    await expect(read(liar, small)).rejects.toMatchObject({ code: 'digest-mismatch' })
    await expect(read(liar, small)).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})

async function* failing(where: string): AsyncGenerator<Uint8Array> {
  yield* streamOf(utf8('other'))
  throw fail('digest-mismatch', 'is something else', { where })
}

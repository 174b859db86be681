import { describe, expect, test } from 'vitest'
import { digestOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import { makeImage, makeIndex, putImages } from '../../test/support/images.ts'
import { memoryImage } from '../../test/support/memory-image.ts'
import { readThrough } from './read-through.ts'

const never = new AbortController().signal

describe('reading an image through', () => {
  test('reads manifest, config and layer, and the images of an index that are there', async () => {
    const target = memoryImage()
    const [one, other] = [makeImage('one'), makeImage('other')]
    const index = makeIndex([one, other])
    await putImages(target, one, index)
    const size = [one.manifest.bytes, ...one.blobs].reduce((sum, bytes) => sum + bytes.byteLength, 0)
    expect(await readThrough(target, one.manifest.descriptor.digest, never)).toBe(size)
    expect(await readThrough(target, index.manifest.descriptor.digest, never)).toBe(size + index.manifest.bytes.byteLength)
  })

  test('a layer that is gone is said', async () => {
    const target = memoryImage()
    const image = makeImage('one')
    await putImages(target, image)
    target.dropBlob(digestOf(utf8('one')))
    await expect(readThrough(target, image.manifest.descriptor.digest, never)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('stops when it is told to', async () => {
    const target = memoryImage()
    const image = makeImage('one')
    await putImages(target, image)
    await expect(readThrough(target, image.manifest.descriptor.digest, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
  })
})

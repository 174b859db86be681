import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { otherDigestsOf, withOthers } from './other-digests.ts'

const bytes = utf8('a package')
const file = { kind: 'file', digest: digestOf(bytes), size: bytes.byteLength, name: 'tool-1.0.0.tgz' } as const

test('are computed once, when somebody asks', async () => {
  let reads = 0
  const others = otherDigestsOf(file, async function* () {
    reads += 1
    yield bytes
  })
  expect(others?.known()).toBeUndefined()
  expect(reads).toBe(0)
  const found = await others?.compute()
  await others?.compute()
  expect(reads).toBe(1)
  expect(found?.['sha512']).toBe(createHash('sha512').update(bytes).digest('hex'))
  expect(others?.known()).toEqual(found)
  expect(withOthers(file, found)).toEqual({ ...file, others: found })
})

test('are refused of bytes that are no longer those of the sha256', async () => {
  const others = otherDigestsOf(file, async function* () {
    yield utf8('another package')
  })
  await expect(others?.compute()).rejects.toMatchObject({ code: 'digest-mismatch' })
})

test('an image has none', () => {
  const image = { kind: 'manifest', digest: file.digest, size: 1, mediaType: 'x', name: 'image' } as const
  expect(otherDigestsOf(image, async function* () {})).toBeUndefined()
  expect(withOthers(image, { sha512: 'ab' })).toBe(image)
})

import { describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { inTempDir } from '../artifact/image-fixture.ts'
import { digestOf } from '../kernel/digest.ts'
import { openCacheFolder } from './cache-folder.ts'
import { FULL } from './formats/test-sbom.ts'
import { toCycloneDx } from './formats/cyclonedx/write.ts'
import type { Sbom } from './model.ts'
import { rememberImage } from './remembered-image.ts'

const question = {
  program: 'p1',
  digest: digestOf(Buffer.from('an image')),
  scope: 'squashed',
  exclude: ['tmp/**'],
  subject: { name: 'app' },
  tool: { name: 'tally', version: '1' },
  author: undefined,
}
const CREATED = '2026-11-25T10:00:00Z'

describe('an image that was listed before', () => {
  test('is told again, with its warnings and the time of now, to the byte', async () => {
    await inTempDir(async (dir) => {
      const deps = testDeps()
      const folder = openCacheFolder(deps, dir, 'images')
      const made: Sbom = { ...FULL, created: CREATED }
      const first = await rememberImage(deps, folder, question, CREATED, (log) => {
        log('warn', 'one lockfile is not read')
        log('info', 'layer 1')
        return Promise.resolve(made)
      })
      const again = testDeps()
      const second = await rememberImage(again, folder, question, '2026-11-25T10:00:00.000Z', () => Promise.reject(new Error('made again')))
      expect(Buffer.from(toCycloneDx(second)).toString()).toBe(Buffer.from(toCycloneDx(first)).toString())
      expect(again.logged).toEqual(['warn: one lockfile is not read'])
      const later = await rememberImage(again, folder, question, '2027-01-01T00:00:00Z', () => Promise.reject(new Error('made again')))
      expect(later).toEqual({ ...second, created: '2027-01-01T00:00:00Z' })
    })
  })

  test.each<[string, Partial<typeof question>]>([
    ['program', { program: 'p2' }],
    ['image', { digest: digestOf(Buffer.from('another')) }],
    ['scope', { scope: 'all-layers' }],
    ['pattern', { exclude: [] }],
    ['name', { subject: { name: 'app2' } }],
  ])('is made anew for another %s', async (_, other) => {
    await inTempDir(async (dir) => {
      const deps = testDeps()
      const folder = openCacheFolder(deps, dir, 'images')
      await rememberImage(deps, folder, question, CREATED, () => Promise.resolve(FULL))
      const anew: Sbom = { ...FULL, components: [] }
      expect(await rememberImage(deps, folder, { ...question, ...other }, CREATED, () => Promise.resolve(anew))).toBe(anew)
    })
  })

  test('is not remembered when making it failed', async () => {
    await inTempDir(async (dir) => {
      const deps = testDeps()
      const folder = openCacheFolder(deps, dir, 'images')
      await expect(rememberImage(deps, folder, question, CREATED, () => Promise.reject(new Error('a lie')))).rejects.toThrow('a lie')
      const made = FULL
      expect(await rememberImage(deps, folder, question, CREATED, () => Promise.resolve(made))).toBe(made)
    })
  })
})

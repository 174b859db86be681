import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { startDockerRegistry } from '../../../test/support/docker-registry.ts'
import { describe as describeBlob, makeImage, makeIndex, makeReferrer, putImages, streamOf } from '../../../test/support/images.ts'
import { pingRegistry } from './ping.ts'
import { openRegistry } from './registry.ts'
import { copyImage } from '../copy.ts'
import { openOciLayout } from '../oci-layout.ts'
import { readAll, textOf, utf8 } from '../../kernel/bytes.ts'
import { hexOf } from '../../kernel/digest.ts'
import { LIMITS } from '../../kernel/limits.ts'

const real = await startDockerRegistry()
const deps = testDeps()
const OPTIONS = { allowHttp: false, offline: false }

describe.skipIf(real === undefined)('Debian’s docker-registry', () => {
  const host = real?.host ?? ''
  afterAll(() => real?.close())
  const open = (repository: string) => openRegistry(deps, { host, repository }, OPTIONS)

  test('is a registry, and needs no login', async () => {
    await pingRegistry(deps, host, undefined, OPTIONS)
  })

  test('gives back what was put in', async () => {
    const [amd, arm] = [makeImage('amd64'), makeImage('arm64')]
    const whole = makeIndex([amd, arm])
    const registry = open('team/app')
    await putImages(registry, amd, arm, whole)
    await registry.putTag('v1', whole.manifest.descriptor.digest)
    expect(await registry.resolveTag('v1')).toEqual(whole.manifest.descriptor)
    expect(await registry.manifest(amd.manifest.descriptor.digest)).toEqual(amd.manifest)
    expect(textOf(await readAll(registry.blob(describeBlob(utf8('amd64'))), 100, 'blobBytes'))).toBe('amd64')
    expect(await registry.tags()).toEqual(['v1'])
    expect(await open('team/none').tags()).toEqual([])
    expect(await open('team/none').resolveTag('v1')).toBeUndefined()
    const { digest } = makeImage('never put').manifest.descriptor
    expect(await registry.manifest(digest)).toBeUndefined()
    expect(await registry.hasBlob(digest)).toBe(false)
    await expect(readAll(registry.blob({ digest, size: 1 }), 100, 'blobBytes')).rejects.toMatchObject({ code: 'not-found' })
  })

  test('a manifest whose blobs are missing is refused in its own words', async () => {
    await expect(open('team/holes').putManifest(makeImage('no blobs').manifest)).rejects.toMatchObject({
      code: 'registry-error',
      message: expect.stringContaining('MANIFEST_BLOB_UNKNOWN'),
    })
  })

  test('takes a large blob in chunks, and mounts it into another repository', async () => {
    const large = utf8('0123456789abcdef'.repeat((LIMITS.uploadChunkBytes * 1.5) / 16))
    const blob = describeBlob(large)
    await open('team/large').putBlob(blob, () => streamOf(large))
    let size = 0
    for await (const part of open('team/large').blob(blob)) size += part.byteLength
    expect(size).toBe(large.byteLength)
    const methods: string[] = []
    const watched = testDeps({
      fetch: (input, init) => {
        methods.push(init?.method ?? 'GET')
        return fetch(input, init)
      },
    })
    await openRegistry(watched, { host, repository: 'team/mounted' }, OPTIONS).putBlob(blob, () => streamOf(large), 'team/large')
    expect(methods).toEqual(['GET', 'HEAD', 'POST'])
    expect(await open('team/mounted').hasBlob(blob.digest)).toBe(true)
  })

  test('has no referrers API: the fallback tag lists them, also when many attach at once', async () => {
    const image = makeImage('with notes')
    await putImages(open('team/notes'), image)
    await Promise.all(Array.from({ length: 5 }, (_, at) => putImages(open('team/notes'), makeReferrer(image.manifest, `note ${at}`))))
    expect(await open('team/notes').referrers(image.manifest.descriptor.digest)).toHaveLength(5)
    expect(await open('team/notes').tags()).toEqual([`sha256-${hexOf(image.manifest.descriptor.digest)}`])
  })

  test('a copy takes everything along, through it and out again', async () => {
    const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    try {
      const image = makeImage('travels')
      const note = makeReferrer(image.manifest, 'note')
      const reply = makeReferrer(note.manifest, 'reply')
      const { digest } = image.manifest.descriptor
      const source = await openOciLayout(deps, join(dir, 'source'), { create: true })
      await putImages(source, image, note, reply, makeImage('signature'))
      await source.putTag(`sha256-${hexOf(digest)}.sig`, makeImage('signature').manifest.descriptor.digest)
      const places = [source, open('team/first'), open('team/second'), await openOciLayout(deps, join(dir, 'target'), { create: true })]
      for (const [at, target] of places.slice(1).entries()) {
        const from = places[at] ?? source
        expect(await copyImage(from, target, digest, { signal: deps.signal })).toMatchObject({ referrers: 3, skipped: 0 })
        expect(await copyImage(from, target, digest, { signal: deps.signal })).toMatchObject({ referrers: 3, copied: 0 })
      }
      const last = places.at(-1)
      expect(await last?.referrers(note.manifest.descriptor.digest)).toMatchObject([{ digest: reply.manifest.descriptor.digest }])
      expect(await last?.resolveTag(`sha256-${hexOf(digest)}.sig`)).toBeDefined()
    } finally {
      await fs.rm(dir, { recursive: true })
    }
  })
})

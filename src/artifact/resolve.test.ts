import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { startFakeRegistry } from '../../test/support/fake-registry.ts'
import { EMPTY, describe as describeBlob, makeImage, makeIndex, makeReferrer, putImages, streamOf } from '../../test/support/images.ts'
import { openSource, openTarget } from './open.ts'
import { parseReference } from './reference.ts'
import { resolveArtifact } from './resolve.ts'
import { wrapFile } from './wrap.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'

const deps = testDeps()
const OPTIONS = { allowHttp: false, offline: false }
const resolve = (text: string) => resolveArtifact(deps, parseReference(text), OPTIONS)
let dir = ''
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterEach(() => fs.rm(dir, { recursive: true }))
const layout = () => openTarget(deps, { scheme: 'oci', path: join(dir, 'layout') }, OPTIONS)

describe('resolveArtifact', () => {
  test('a file is the digest of its bytes', async () => {
    await fs.writeFile(join(dir, 'app.tgz'), 'hello')
    expect(await resolve(join(dir, 'app.tgz'))).toEqual({
      artifact: { kind: 'file', digest: digestOf(utf8('hello')), size: 5, name: 'app.tgz' },
    })
  })

  test('a layout by digest, by tag, and by being the only image', async () => {
    const target = await layout()
    const child = makeImage('a')
    const image = makeIndex([child])
    await putImages(target, child, image, makeReferrer(image.manifest, 'note'))
    await target.putTag('v1', image.manifest.descriptor.digest)
    for (const version of [`@${image.manifest.descriptor.digest}`, ':v1', '']) {
      const { artifact, source } = await resolve(`oci:${dir}/layout${version}`)
      expect(artifact).toEqual({ kind: 'manifest', ...image.manifest.descriptor, name: 'layout' })
      expect(source?.name).toBe(`oci:${dir}/layout`)
    }
  })

  test('a manifest that wraps a file says which', async () => {
    const file = { name: 'app.tgz', digest: digestOf(utf8('app')), size: 3 }
    const wrapped = wrapFile(file)
    const target = await layout()
    await target.putBlob(wrapped.layer, () => streamOf(utf8('app')))
    await target.putBlob(describeBlob(EMPTY), () => streamOf(EMPTY))
    await target.putManifest(wrapped.manifest)
    expect((await resolve(`oci:${dir}/layout`)).artifact).toMatchObject({ kind: 'manifest', name: 'app.tgz', file })
  })

  test('a registry, where no tag means latest', async () => {
    const fake = await startFakeRegistry()
    try {
      const image = makeImage('a')
      const reference = parseReference(`${fake.host}/team/app`)
      const target = await openTarget(deps, reference, OPTIONS)
      await putImages(target, image)
      await expect(resolve(`${fake.host}/team/app`)).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('latest'),
      })
      await target.putTag('latest', image.manifest.descriptor.digest)
      expect((await resolve(`${fake.host}/team/app`)).artifact).toMatchObject({
        name: `${fake.host}/team/app`,
        digest: image.manifest.descriptor.digest,
      })
      // A digest is not asked about again: neither the tag that stands beside it nor any other is looked up.
      fake.calls.length = 0
      await resolve(`${fake.host}/team/app:other@${image.manifest.descriptor.digest}`)
      expect(fake.calls.map((call) => call.url)).toEqual(['/v2/', `/v2/team/app/manifests/${image.manifest.descriptor.digest}`])
    } finally {
      await fake.close()
    }
  })

  test('a tag is fetched once, and what it was then is what it is', async () => {
    const fake = await startFakeRegistry()
    try {
      const [first, second] = [makeImage('1'), makeImage('2')]
      const target = await openTarget(deps, parseReference(`${fake.host}/app`), OPTIONS)
      await putImages(target, first, second)
      await target.putTag('v1', first.manifest.descriptor.digest)
      const moving = testDeps({
        fetch: async (input, init) => {
          const answer = await fetch(input, init)
          if (new Request(input).url.endsWith('/manifests/v1')) fake.repo('app').tags.set('v1', second.manifest.descriptor.digest)
          return answer
        },
      })
      const { artifact } = await resolveArtifact(moving, parseReference(`${fake.host}/app:v1`), OPTIONS)
      expect(artifact.digest).toBe(first.manifest.descriptor.digest)
      expect(fake.calls.filter((call) => call.method === 'GET' && call.url.endsWith('/manifests/v1'))).toHaveLength(1)
    } finally {
      await fake.close()
    }
  })

  test('what is not there, not one thing, or not a file is said so', async () => {
    const target = await layout()
    await expect(resolve(`oci:${dir}/layout`)).rejects.toMatchObject({ code: 'not-found' })
    await putImages(target, makeImage('a'), makeImage('b'))
    await target.putTag('v1', makeImage('a').manifest.descriptor.digest)
    await expect(resolve(`oci:${dir}/layout`)).rejects.toMatchObject({ code: 'reference-invalid', hint: expect.stringContaining('v1') })
    await expect(resolve(`oci:${dir}/layout:v2`)).rejects.toMatchObject({ code: 'not-found' })
    await expect(resolve(`oci:${dir}/layout@${digestOf(utf8('?'))}`)).rejects.toMatchObject({ code: 'not-found' })
    await expect(resolve(join(dir, 'missing'))).rejects.toMatchObject({ code: 'not-found' })
    await expect(resolve(dir)).rejects.toMatchObject({ code: 'reference-invalid' })
  })
})

test('only layouts and registries can be written to, and a file is no image', async () => {
  await fs.writeFile(join(dir, 'a.tar'), '')
  for (const text of [`oci-archive:${dir}/a.tar`, `docker-archive:${dir}/a.tar`, `${dir}/a.tar`]) {
    await expect(openTarget(deps, parseReference(text), OPTIONS)).rejects.toMatchObject({ code: 'reference-invalid' })
  }
  await expect(openSource(deps, parseReference(`${dir}/a.tar`), OPTIONS)).rejects.toMatchObject({ code: 'reference-invalid' })
})

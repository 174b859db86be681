import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { startFakeRegistry } from '../../test/support/fake-registry.ts'
import type { FakeRegistry } from '../../test/support/fake-registry.ts'
import { makeImage, makeIndex, makeManifest, makeReferrer, putImages } from '../../test/support/images.ts'
import type { MadeImage } from '../../test/support/images.ts'
import { MEDIA } from './artifact.ts'
import { copyImage } from './copy.ts'
import type { ImageTarget } from './image-source.ts'
import { openOciLayout } from './oci-layout.ts'
import { openRegistry } from './registry/registry.ts'
import { hexOf } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'

const deps = testDeps()
const { signal } = deps
let dir = ''
let fake: FakeRegistry
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  fake = await startFakeRegistry()
})
afterEach(async () => {
  await fake.close()
  await fs.rm(dir, { recursive: true })
})

const layout = (name: string) => openOciLayout(deps, join(dir, name), { create: true })
const registry = (repository: string) => openRegistry(deps, { host: fake.host, repository }, { allowHttp: false, offline: false })
const cosignTag = (image: MadeImage, suffix = 'sig') => `sha256-${hexOf(image.manifest.descriptor.digest)}.${suffix}`

/** An index of two images, with notes on the index, on a child and on a note, and a cosign signature of the index. */
const amd = makeImage('amd64')
const arm = makeImage('arm64')
const whole = makeIndex([amd, arm])
const note = makeReferrer(whole.manifest, 'on the index')
const childNote = makeReferrer(arm.manifest, 'on a child')
const reply = makeReferrer(note.manifest, 'on the note')
const signature = makeImage('a signature')
const { digest } = whole.manifest.descriptor

async function fill(source: ImageTarget): Promise<void> {
  await putImages(source, amd, arm, whole, note, childNote, reply, signature)
  await source.putTag(cosignTag(whole), signature.manifest.descriptor.digest)
  await source.putTag('v1', digest)
}

async function expectAll(target: ImageTarget): Promise<void> {
  for (const image of [amd, arm, whole, note, childNote, reply, signature]) {
    expect(await target.manifest(image.manifest.descriptor.digest)).toEqual(image.manifest)
  }
  for (const [subject, referrer] of [
    [whole, note],
    [arm, childNote],
    [note, reply],
  ] as const) {
    expect(await target.referrers(subject.manifest.descriptor.digest)).toMatchObject([{ digest: referrer.manifest.descriptor.digest }])
  }
  expect(await target.resolveTag(cosignTag(whole))).toEqual(signature.manifest.descriptor)
  expect(await target.resolveTag('v1')).toBeUndefined()
}

describe('copyImage', () => {
  test.each([
    ['layout', 'layout'],
    ['layout', 'registry'],
    ['registry', 'layout'],
    ['registry', 'registry'],
    ['old registry', 'layout'],
    ['layout', 'old registry'],
  ])('from a %s to a %s takes everything attached along, and no other tag', async (from, to) => {
    fake.switches.referrersApi = from !== 'old registry' && to !== 'old registry'
    const source = from === 'layout' ? await layout('source') : registry('team/source')
    const target = to === 'layout' ? await layout('target') : registry('team/target')
    await fill(source)
    // 7 manifests; 4 blobs of amd and arm, 3 notes, the signature's 2, and the empty config once.
    expect(await copyImage(source, target, digest, { signal })).toEqual({ copied: 17, skipped: 0, referrers: 4 })
    await expectAll(target)
    expect(await copyImage(source, target, digest, { signal })).toEqual({ copied: 0, skipped: 17, referrers: 4 })
  })

  test('blobs are mounted between repositories of one registry', async () => {
    await fill(registry('team/source'))
    const before = fake.calls.length
    await copyImage(registry('team/source'), registry('team/target'), digest, { signal })
    const sent = fake.calls.slice(before).filter((call) => call.method === 'PUT' && call.url.includes('/blobs/'))
    expect(sent).toEqual([])
  })

  test('goes on where it was cut short, wherever that was', async () => {
    const source = await layout('source')
    await fill(source)
    const target = await layout('target')
    for (let allowed = 0; ; allowed += 1) {
      let writes = 0
      const stop = (): void => {
        writes += 1
        if (writes > allowed) throw new DOMException('stopped', 'AbortError')
      }
      const failing: ImageTarget = {
        ...target,
        putBlob: async (...args) => {
          stop()
          await target.putBlob(...args)
        },
        putManifest: async (...args) => {
          stop()
          await target.putManifest(...args)
        },
      }
      const outcome = await copyImage(source, failing, digest, { signal }).catch((error: unknown) => error)
      if (!(outcome instanceof Error)) break
      expect(outcome).toMatchObject({ code: 'interrupted' })
    }
    await expectAll(target)
  })

  test('a referrer that was stored but not listed is listed by the next copy', async () => {
    fake.switches.referrersApi = false
    const source = await layout('source')
    await fill(source)
    await copyImage(source, registry('team/target'), digest, { signal })
    fake.repo('team/target').tags.delete(`sha256-${hexOf(digest)}`)
    await copyImage(source, registry('team/target'), digest, { signal })
    await expectAll(registry('team/target'))
  })

  test('an interruption stops it', async () => {
    const source = await layout('source')
    await fill(source)
    const copying = copyImage(source, await layout('target'), digest, { signal: AbortSignal.abort() })
    await expect(copying).rejects.toMatchObject({ code: 'interrupted' })
  })
})

describe('copyImage does not believe', () => {
  test('a target that takes a manifest and forgets it, or a referrer and does not list it', async () => {
    const source = await layout('source')
    await fill(source)
    const target = await layout('target')
    const forgetful: ImageTarget = { ...target, manifest: async () => undefined }
    await expect(copyImage(source, forgetful, digest, { signal })).rejects.toMatchObject({ code: 'registry-error' })
    const silent: ImageTarget = { ...target, referrers: async () => [] }
    await expect(copyImage(source, silent, digest, { signal })).rejects.toMatchObject({ code: 'registry-error' })
  })

  test('a source whose blob is not what was promised', async () => {
    const source = await layout('source')
    await fill(source)
    const layer = hexOf(JSON.parse(Buffer.from(amd.manifest.bytes).toString()).layers[0].digest)
    await fs.writeFile(join(dir, 'source/blobs/sha256', layer), 'amd46')
    const target = await layout('target')
    await expect(copyImage(source, target, digest, { signal })).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(await target.manifest(amd.manifest.descriptor.digest)).toBeUndefined()
  })

  test('a list of referrers that names a stranger', async () => {
    const source = await layout('source')
    await putImages(source, amd, arm)
    const lying: ImageTarget = {
      ...source,
      referrers: async (of) => (of === amd.manifest.descriptor.digest ? [arm.manifest.descriptor] : []),
    }
    const target = await layout('target')
    expect(await copyImage(lying, target, amd.manifest.descriptor.digest, { signal })).toMatchObject({ referrers: 0 })
    expect(await target.manifest(arm.manifest.descriptor.digest)).toBeUndefined()
  })

  test('an index that calls its child something else', async () => {
    const source = await layout('source')
    const liar = makeManifest({ mediaType: MEDIA.ociIndex, manifests: [{ ...amd.manifest.descriptor, mediaType: MEDIA.dockerManifest }] })
    await putImages(source, amd, liar)
    const copying = copyImage(source, await layout('target'), liar.manifest.descriptor.digest, { signal })
    await expect(copying).rejects.toMatchObject({ code: 'artifact-malformed' })
  })

  test('what is nested deeper than the caps, of indexes and of referrers', async () => {
    const source = await layout('source')
    let nested = amd
    await putImages(source, amd)
    for (let depth = 0; depth <= LIMITS.indexDepth; depth += 1) {
      nested = makeIndex([nested])
      await putImages(source, nested)
    }
    const target = await layout('target')
    await expect(copyImage(source, target, nested.manifest.descriptor.digest, { signal })).rejects.toMatchObject({ code: 'limit-exceeded' })
    let last = arm
    await putImages(source, arm)
    for (let depth = 0; depth <= LIMITS.referrersDepth; depth += 1) {
      last = makeReferrer(last.manifest, `reply ${depth}`)
      await putImages(source, last)
    }
    await expect(copyImage(source, target, arm.manifest.descriptor.digest, { signal })).rejects.toMatchObject({ code: 'limit-exceeded' })
  })

  test('a missing child or root', async () => {
    const source = await layout('source')
    await putImages(source, makeIndex([amd]))
    const target = await layout('target')
    await expect(copyImage(source, target, makeIndex([amd]).manifest.descriptor.digest, { signal })).rejects.toMatchObject({
      code: 'not-found',
    })
    await expect(copyImage(source, target, digest, { signal })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('cosign’s tags', () => {
  const layers = (...texts: readonly string[]): MadeImage => {
    const parts = texts.map((text) => makeImage(text))
    const json = parts.map((part) => JSON.parse(Buffer.from(part.manifest.bytes).toString()) as { config: unknown; layers: unknown[] })
    return makeManifest(
      { mediaType: MEDIA.ociManifest, config: json[0]?.config, layers: json.flatMap((part) => part.layers) },
      parts.flatMap((part) => part.blobs),
    )
  }
  const [one, two, both] = [layers('one'), layers('two'), layers('one', 'two')]
  const copyWith = async (held: MadeImage, offered: MadeImage) => {
    const [source, target] = [await layout('source'), await layout('target')]
    for (const [place, image] of [
      [source, offered],
      [target, held],
    ] as const) {
      await putImages(place, amd, image)
      await place.putTag(cosignTag(amd), image.manifest.descriptor.digest)
    }
    await copyImage(source, target, amd.manifest.descriptor.digest, { signal })
    return (await target.resolveTag(cosignTag(amd)))?.digest
  }

  test('move to a manifest with more signatures, never to one with fewer or others', async () => {
    expect(await copyWith(one, both)).toBe(both.manifest.descriptor.digest)
    await fs.rm(dir, { recursive: true })
    expect(await copyWith(both, one)).toBe(both.manifest.descriptor.digest)
    await fs.rm(dir, { recursive: true })
    await expect(copyWith(two, one)).rejects.toMatchObject({ code: 'tag-would-move' })
  })
})

import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { describe as describeBlob, makeImage, makeIndex, makeReferrer, putImages, streamOf } from '../../test/support/images.ts'
import { openOciLayout } from './oci-layout.ts'
import type { Lock } from './oci-layout.ts'
import { readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'

let temporary = ''
let dir = ''
const deps = testDeps()
beforeEach(async () => {
  temporary = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  dir = join(temporary, 'layout')
})
afterEach(() => fs.rm(temporary, { recursive: true }))

const create = () => openOciLayout(deps, dir, { create: true })
const blobFile = (digest: Parameters<typeof hexOf>[0]) => join(dir, 'blobs/sha256', hexOf(digest))
const readIndexJson = async () => JSON.parse(await fs.readFile(join(dir, 'index.json'), 'utf8')) as { manifests: Record<string, unknown>[] }

describe('an OCI layout', () => {
  test('gives back what was put in', async () => {
    const image = makeImage('hello')
    const layout = await create()
    await putImages(layout, image)
    await layout.putTag('v1', image.manifest.descriptor.digest)

    const again = await openOciLayout(deps, dir)
    expect(await again.resolveTag('v1')).toEqual(image.manifest.descriptor)
    expect(await again.manifest(image.manifest.descriptor.digest)).toEqual(image.manifest)
    const layer = describeBlob(utf8('hello'))
    expect(textOf(await readAll(again.blob(layer), 100, 'blobBytes'))).toBe('hello')
    expect(await again.hasBlob(layer.digest)).toBe(true)
    expect(await again.tags()).toEqual(['v1'])
    expect(await again.resolveTag('v2')).toBeUndefined()
    expect(await again.manifest(layer.digest.replace(/.$/, '0') as typeof layer.digest)).toBeUndefined()
    expect(JSON.parse(await fs.readFile(join(dir, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })
    expect((await fs.readdir(dir)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  test('finds referrers by their subject, with and without our hint', async () => {
    const image = makeImage('a')
    const other = makeImage('b')
    const note = makeReferrer(image.manifest, 'a note')
    const reply = makeReferrer(note.manifest, 'a note on the note')
    const layout = await create()
    await putImages(layout, image, other, note, reply)
    const expected = [
      {
        ...note.manifest.descriptor,
        artifactType: 'application/vnd.test.note',
        annotations: { 'org.opencontainers.image.title': 'a note' },
      },
    ]
    expect(await layout.referrers(image.manifest.descriptor.digest)).toEqual(expected)
    expect(await layout.referrers(other.manifest.descriptor.digest)).toEqual([])
    expect(await layout.referrers(note.manifest.descriptor.digest)).toHaveLength(1)

    const index = await readIndexJson()
    for (const entry of index.manifests) delete entry['annotations']
    await fs.writeFile(join(dir, 'index.json'), JSON.stringify(index))
    const foreign = await openOciLayout(deps, dir)
    expect(await foreign.referrers(image.manifest.descriptor.digest)).toEqual(expected)
  })

  test('a hint that lies does not make a referrer', async () => {
    const image = makeImage('a')
    const layout = await create()
    await putImages(layout, image, makeImage('b'))
    const index = await readIndexJson()
    for (const entry of index.manifests) entry['annotations'] = { 'dev.tallystick.subject': image.manifest.descriptor.digest }
    await fs.writeFile(join(dir, 'index.json'), JSON.stringify(index))
    expect(await (await openOciLayout(deps, dir)).referrers(image.manifest.descriptor.digest)).toEqual([])
  })

  test('finds referrers that only a fallback index lists', async () => {
    const image = makeImage('a')
    const note = makeReferrer(image.manifest, 'a note')
    const list = makeIndex([note])
    const layout = await create()
    await putImages(layout, image, note, list)
    await layout.putTag(`sha256-${hexOf(image.manifest.descriptor.digest)}`, list.manifest.descriptor.digest)
    const index = await readIndexJson()
    index.manifests = index.manifests.filter((entry) => entry['digest'] !== note.manifest.descriptor.digest)
    await fs.writeFile(join(dir, 'index.json'), JSON.stringify(index))
    expect(await (await openOciLayout(deps, dir)).referrers(image.manifest.descriptor.digest)).toHaveLength(1)
  })

  test('a moved tag leaves what it named in the layout', async () => {
    const [first, second] = [makeImage('1'), makeImage('2')]
    const layout = await create()
    await putImages(layout, first, second)
    await layout.putTag('current', first.manifest.descriptor.digest)
    await layout.putTag('v1', first.manifest.descriptor.digest)
    await layout.putTag('current', second.manifest.descriptor.digest)
    expect(await layout.resolveTag('current')).toEqual(second.manifest.descriptor)
    expect(await layout.resolveTag('v1')).toEqual(first.manifest.descriptor)
    await layout.putTag('v1', second.manifest.descriptor.digest)
    expect((await readIndexJson()).manifests).toHaveLength(3)
    expect(await layout.manifest(first.manifest.descriptor.digest)).toBeDefined()
    expect(await layout.tags()).toEqual(['current', 'v1'])
  })

  test('keeps what others wrote into index.json', async () => {
    const image = makeImage('a')
    const layout = await create()
    await putImages(layout, image)
    const index = await readIndexJson()
    Object.assign(index, { annotations: { by: 'another tool' } })
    Object.assign(index.manifests[0] ?? {}, { platform: { os: 'linux', architecture: 'amd64', 'os.version': '1' } })
    await fs.writeFile(join(dir, 'index.json'), JSON.stringify(index))
    await layout.putTag('v1', image.manifest.descriptor.digest)
    expect(await readIndexJson()).toMatchObject({ annotations: { by: 'another tool' }, manifests: [{ platform: { 'os.version': '1' } }] })
  })

  test('roots are what is nobody’s referrer and nobody’s child', async () => {
    const [child, note] = [makeImage('child'), makeImage('lone')]
    const index = makeIndex([child])
    const layout = await create()
    await putImages(layout, child, index, note, makeReferrer(index.manifest, 'note'))
    expect(await layout.roots?.()).toMatchObject([index.manifest.descriptor, note.manifest.descriptor])
  })

  test('many writers that share a lock lose nothing', async () => {
    const held = new Map<string, Promise<unknown>>()
    const lock: Lock = (path, fn) => {
      const next = (held.get(path) ?? Promise.resolve()).then(fn)
      held.set(path, next)
      return next
    }
    const image = makeImage('a')
    await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const layout = await openOciLayout(deps, dir, { create: true, lock })
        await putImages(layout, image, makeReferrer(image.manifest, `note ${at}`))
        await layout.putTag(`v${at}`, image.manifest.descriptor.digest)
      }),
    )
    const layout = await openOciLayout(deps, dir)
    expect(await layout.referrers(image.manifest.descriptor.digest)).toHaveLength(12)
    expect(await layout.tags()).toHaveLength(12)
  })
})

describe('an OCI layout that lies', () => {
  test('a changed blob is refused, and mended by writing it again', async () => {
    const layout = await create()
    const bytes = utf8('hello')
    await layout.putBlob(describeBlob(bytes), () => streamOf(bytes))
    await fs.writeFile(blobFile(describeBlob(bytes).digest), 'hellO')
    await expect(readAll(layout.blob(describeBlob(bytes)), 100, 'blobBytes')).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(await layout.hasBlob(describeBlob(bytes).digest)).toBe(false)
    await layout.putBlob(describeBlob(bytes), () => streamOf(bytes))
    expect(await layout.hasBlob(describeBlob(bytes).digest)).toBe(true)
  })

  test('a changed manifest, one of another type than listed, and a missing one are refused', async () => {
    const image = makeImage('a')
    const layout = await create()
    await putImages(layout, image)
    const { digest } = image.manifest.descriptor
    await layout.putTag('v1', digest)
    const text = await fs.readFile(join(dir, 'index.json'), 'utf8')
    await fs.writeFile(join(dir, 'index.json'), text.replace('image.manifest.v1', 'image.index.v1'))
    await expect(layout.resolveTag('v1')).rejects.toMatchObject({ code: 'artifact-malformed' })
    await fs.writeFile(join(dir, 'index.json'), text)
    await fs.appendFile(blobFile(digest), ' ')
    await expect(layout.manifest(digest)).rejects.toMatchObject({ code: 'digest-mismatch' })
    await fs.rm(blobFile(digest))
    await expect(layout.resolveTag('v1')).rejects.toMatchObject({ code: 'not-found' })
  })

  test('a tag for two things is for none', async () => {
    const layout = await create()
    await putImages(layout, makeImage('a'), makeImage('b'))
    const index = await readIndexJson()
    for (const entry of index.manifests) entry['annotations'] = { 'org.opencontainers.image.ref.name': 'v1' }
    await fs.writeFile(join(dir, 'index.json'), JSON.stringify(index))
    await expect(layout.resolveTag('v1')).rejects.toMatchObject({ code: 'artifact-malformed' })
  })

  test('a blob that is not what was promised leaves nothing behind', async () => {
    const layout = await create()
    const promised = describeBlob(utf8('hello'))
    for (const other of ['hellO', 'hell', 'hello world']) {
      await expect(layout.putBlob(promised, () => streamOf(utf8(other)))).rejects.toMatchObject({ code: 'digest-mismatch' })
    }
    expect(await fs.readdir(join(dir, 'blobs/sha256'))).toEqual([])
    expect((await fs.readdir(dir)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })
})

describe('opening', () => {
  test('a folder that is no layout, or none at all, is not found', async () => {
    await expect(openOciLayout(deps, dir)).rejects.toMatchObject({ code: 'not-found' })
    await fs.mkdir(dir)
    await expect(openOciLayout(deps, dir)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('a folder of something else is left alone', async () => {
    await fs.mkdir(dir)
    await fs.writeFile(join(dir, 'thesis.txt'), 'x')
    await expect(create()).rejects.toMatchObject({ code: 'reference-invalid' })
    expect(await fs.readdir(dir)).toEqual(['thesis.txt'])
  })

  test('a making that was cut short is finished', async () => {
    await fs.mkdir(join(dir, 'blobs/sha256'), { recursive: true })
    await fs.writeFile(join(dir, '.tmp-4711-0123456789ab'), '{"manif')
    await create()
    expect(await (await openOciLayout(deps, dir)).tags()).toEqual([])
  })

  test('a full disk is said so, and leaves no part', async () => {
    const full = { ...fs, rename: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) }
    const layout = await create()
    const failing = await openOciLayout({ ...deps, fs: full }, dir)
    await expect(failing.putManifest(makeImage('a').manifest)).rejects.toMatchObject({ code: 'disk' })
    expect((await fs.readdir(dir)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(await layout.tags()).toEqual([])
  })

  test('a tag that cannot be one, or names nothing, is refused', async () => {
    const layout = await create()
    const { digest } = makeImage('a').manifest.descriptor
    await expect(layout.putTag('not a tag', digest)).rejects.toMatchObject({ code: 'reference-invalid' })
    await expect(layout.putTag('v1', digest)).rejects.toMatchObject({ code: 'not-found' })
  })
})

import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { findDockerImage, openDockerArchive } from './docker-archive.ts'
import type { DockerArchive, DockerImage } from './docker-archive.ts'
import { archiveDeps, inTempDir } from './image-fixture.ts'
import { walkLayers } from './layers.ts'
import { ociArchiveBytes } from './oci-archive-write.ts'
import { rawTar } from './tar-fixture.ts'
import type { RawEntry } from './tar-fixture.ts'

const bottom = rawTar([
  { name: 'a', content: utf8('bottom') },
  { name: 'b', content: utf8('bottom') },
])
const top = rawTar([{ name: 'a', content: utf8('top') }, { name: '.wh.b' }])
const configOf = (...tars: Uint8Array[]): Uint8Array =>
  canonicalBytes({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: tars.map(digestOf) } })
const config = configOf(bottom, top)
const configName = `${hexOf(digestOf(config))}.json`
const listOf = (...images: object[]): RawEntry => ({ name: 'manifest.json', content: canonicalBytes(images) })
const image = { Config: configName, RepoTags: ['demo:1.0'], Layers: ['one/layer.tar', 'two/layer.tar'] }
const files: RawEntry[] = [
  { name: 'one/layer.tar', content: bottom },
  { name: 'two/layer.tar', content: top },
  { name: configName, content: config },
]

async function withArchive<T>(bytes: Uint8Array, use: (open: () => Promise<DockerArchive>) => Promise<T>): Promise<T> {
  return await inTempDir(async (dir) => {
    const path = join(dir, 'saved.tar')
    await writeFile(path, bytes)
    return await use(() => openDockerArchive(archiveDeps, path))
  })
}

async function filesOf(archive: DockerArchive, { walkDigest }: DockerImage): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  await walkLayers(archive, walkDigest, [
    { wants: () => true, read: async ({ path, content }) => void (found[path] = textOf(await readAll(content, 1000, 'fileReadBytes'))) },
  ])
  return found
}

describe('openDockerArchive', () => {
  it.each<[string, Uint8Array]>([
    ['as docker saves it', rawTar([...files, listOf(image)])],
    ['compressed as a whole', gzipSync(rawTar([listOf(image), ...files]))],
    [
      'with a layer that is a symlink into another folder',
      rawTar([
        { name: 'zero/layer.tar', content: bottom },
        { name: 'one/layer.tar', typeflag: '2', linkName: '../zero/layer.tar' },
        ...files.slice(1),
        listOf(image),
      ]),
    ],
    [
      'with a layer that is a hard link',
      rawTar([
        { name: 'zero/layer.tar', content: bottom },
        { name: 'one/layer.tar', typeflag: '1', linkName: 'zero/layer.tar' },
        ...files.slice(1),
        listOf(image),
      ]),
    ],
  ])('reads an archive %s', async (_kind, bytes) => {
    await withArchive(bytes, async (open) => {
      const archive = await open()
      const one = findDockerImage(archive)
      expect(one).toMatchObject({ configDigest: digestOf(config), repoTags: ['demo:1.0'] })
      expect(one.layers.map(({ digest, size }) => [digest, size])).toEqual([bottom, top].map((tar) => [digestOf(tar), tar.byteLength]))
      expect(await filesOf(archive, one)).toEqual({ a: 'top' })
    })
  })

  it('has no manifest of its own: the one it serves is marked, and no tag leads to it', async () => {
    await withArchive(rawTar([...files, listOf(image)]), async (open) => {
      const archive = await open()
      expect(await archive.manifest(findDockerImage(archive).walkDigest)).toMatchObject({ synthetic: true })
      expect(await archive.resolveTag('1.0')).toBeUndefined()
      expect(await archive.tags()).toEqual([])
      expect(await archive.manifest(digestOf(config))).toBeUndefined()
    })
  })

  it('takes compressed layers, by the digest of their packed bytes', async () => {
    const packed = gzipSync(bottom)
    await withArchive(rawTar([{ name: 'one/layer.tar', content: packed }, ...files.slice(1), listOf(image)]), async (open) => {
      const archive = await open()
      const one = findDockerImage(archive)
      expect(one.layers[0]).toEqual({
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        digest: digestOf(packed),
        size: packed.byteLength,
      })
      expect(await filesOf(archive, one)).toEqual({ a: 'top' })
    })
  })

  it('tells several images apart by their tags', async () => {
    const other = configOf(bottom)
    const bytes = rawTar([
      ...files,
      { name: 'other.json', content: other },
      listOf(image, { Config: 'other.json', RepoTags: ['demo:2.0', 'registry.example:5000/demo:2.0'], Layers: ['one/layer.tar'] }),
    ])
    await withArchive(bytes, async (open) => {
      const archive = await open()
      expect(findDockerImage(archive, 'demo:1.0').configDigest).toBe(digestOf(config))
      expect(findDockerImage(archive, '2.0').configDigest).toBe(digestOf(other))
      expect(() => findDockerImage(archive)).toThrow('holds 2 images that could be meant')
      expect(() => findDockerImage(archive, '3.0')).toThrow('has no image tagged 3.0')
      expect(await filesOf(archive, findDockerImage(archive, '2.0'))).toEqual({ a: 'bottom', b: 'bottom' })
    })
  })

  it.each<[string, Uint8Array, string, string]>([
    ['no manifest.json', rawTar(files), 'artifact-malformed', 'has no manifest.json'],
    ['an empty list', rawTar([...files, listOf()]), 'artifact-malformed', 'manifest.json'],
    ['a list of another shape', rawTar([...files, listOf({ Config: 1 })]), 'artifact-malformed', '0.Config: '],
    ['a config that is not there', rawTar([...files.slice(0, 2), listOf(image)]), 'artifact-malformed', `has no ${configName}`],
    ['a layer that is not there', rawTar([...files.slice(1), listOf(image)]), 'artifact-malformed', 'has no layer one/layer.tar'],
    [
      'a config that is not the one its name says',
      rawTar([...files.slice(0, 2), { name: configName, content: configOf(top, top) }, listOf(image)]),
      'digest-mismatch',
      'where its name promises another',
    ],
    [
      'fewer layers than the config lists',
      rawTar([...files, listOf({ ...image, Layers: ['one/layer.tar'] })]),
      'artifact-malformed',
      'lists 2 diff ids for 1 layers',
    ],
    [
      'layers that are symlinks in a circle',
      rawTar([
        { name: 'one/layer.tar', typeflag: '2', linkName: '../zero/layer.tar' },
        { name: 'zero/layer.tar', typeflag: '2', linkName: '../one/layer.tar' },
        ...files.slice(1),
        listOf(image),
      ]),
      'artifact-malformed',
      'has no layer one/layer.tar',
    ],
    [
      'a layer named outside the archive',
      rawTar([...files, listOf({ ...image, Layers: ['../../../etc/passwd', 'two/layer.tar'] })]),
      'artifact-malformed',
      'has no layer ../../../etc/passwd',
    ],
    [
      'one diff id for two different layers',
      rawTar([
        ...files,
        { name: 'both.json', content: configOf(bottom, bottom) },
        listOf({ ...image, Config: 'both.json', Layers: ['one/layer.tar', configName] }),
      ]),
      'artifact-malformed',
      'two layers that both claim to be',
    ],
  ])('refuses %s', async (_what, bytes, code, message) => {
    await withArchive(bytes, async (open) => {
      const error = await open().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({ code })
      expect(`${(error as { where?: string }).where ?? ''}: ${(error as Error).message}`).toContain(message)
    })
  })

  it('finds a layer out that is not the one its diff id says', async () => {
    const forged = rawTar([
      { name: 'a', content: utf8('forged') },
      { name: 'b', content: utf8('bottom') },
    ])
    await withArchive(rawTar([{ name: 'one/layer.tar', content: forged }, ...files.slice(1), listOf(image)]), async (open) => {
      const archive = await open()
      await expect(filesOf(archive, findDockerImage(archive))).rejects.toMatchObject({ code: 'digest-mismatch' })
    })
  })

  it('reads what skopeo writes where that is installed, and both agree on the image id', async ({ skip }) => {
    await inTempDir(async (dir) => {
      const { bytes } = ociArchiveBytes({
        config: { os: 'linux', architecture: 'amd64', config: { User: '65532' } },
        layers: [
          { tar: bottom, compression: 'gzip' },
          { tar: top, compression: 'gzip' },
        ],
        tag: '1.0',
        mtime: 0,
      })
      await writeFile(join(dir, 'oci.tar'), bytes)
      const saved = join(dir, 'saved.tar')
      try {
        execFileSync(
          'skopeo',
          ['--insecure-policy', 'copy', '--quiet', `oci-archive:${join(dir, 'oci.tar')}:1.0`, `docker-archive:${saved}:demo:1.0`],
          { stdio: 'pipe' },
        )
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return skip('skopeo is not installed')
        throw error
      }
      const raw = execFileSync('skopeo', ['inspect', '--config', '--raw', `docker-archive:${saved}`])
      const archive = await openDockerArchive(archiveDeps, saved)
      const one = findDockerImage(archive, '1.0')
      expect(one.configDigest).toBe(digestOf(raw))
      expect(one.repoTags).toEqual(['docker.io/library/demo:1.0'])
      expect(await filesOf(archive, one)).toEqual({ a: 'top' })
    })
  })
})

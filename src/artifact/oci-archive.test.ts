import { execFileSync } from 'node:child_process'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { archiveDeps, inTempDir } from './image-fixture.ts'
import type { ImageSource } from './image-source.ts'
import { walkLayers } from './layers.ts'
import { openOciArchive } from './oci-archive.ts'
import { ociArchiveBytes } from './oci-archive-write.ts'
import { rawTar } from './tar-fixture.ts'
import type { RawEntry } from './tar-fixture.ts'
import { tarBytes } from './tar-write.ts'

const layer = tarBytes([{ type: 'file', path: 'etc/os-release', content: utf8('ID=demo\n') }], { mtime: 0 })
const image = ociArchiveBytes({
  config: { os: 'linux', architecture: 'amd64' },
  layers: [{ tar: layer, compression: 'gzip' }],
  tag: '1.0',
  mtime: 0,
})

async function withArchive<T>(bytes: Uint8Array, use: (open: () => Promise<ImageSource>, path: string) => Promise<T>): Promise<T> {
  return await inTempDir(async (dir) => {
    const path = join(dir, 'image.tar')
    await writeFile(path, bytes)
    return await use(() => openOciArchive(archiveDeps, path), path)
  })
}

async function osRelease(source: ImageSource, digest: Digest): Promise<string> {
  let text = ''
  const read = async ({ content }: { content: AsyncIterable<Uint8Array> }): Promise<void> => {
    text = textOf(await readAll(content, 1000, 'fileReadBytes'))
  }
  await walkLayers(source, digest, [{ wants: (path) => path === 'etc/os-release', read }])
  return text
}

describe('openOciArchive', () => {
  it.each([
    ['plain', image.bytes],
    ['gzip', gzipSync(image.bytes)],
    ['zstd', zstdCompressSync(image.bytes)],
  ])('reads an archive, %s: tags, manifest, blobs, layers', async (_kind, bytes) => {
    await withArchive(bytes, async (open, path) => {
      const source = await open()
      expect(source.name).toBe(`oci-archive:${path}`)
      expect(await source.tags()).toEqual(['1.0'])
      const tagged = await source.resolveTag('1.0')
      expect(tagged?.digest).toBe(image.manifest)
      expect(await source.resolveTag('2.0')).toBeUndefined()
      expect((await source.roots?.())?.map(({ digest }) => digest)).toEqual([image.manifest])
      expect(await source.referrers(image.manifest)).toEqual([])
      expect(await source.manifest(digestOf(utf8('none')))).toBeUndefined()
      expect(await osRelease(source, image.manifest)).toBe('ID=demo\n')
    })
  })

  it('finds referrers', async () => {
    const manifest = canonicalBytes({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/x.demo',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(utf8('{}')), size: 2 },
      layers: [],
      subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: image.manifest, size: 1 },
    })
    const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(manifest), size: manifest.byteLength }
    await withArchive(layoutTar([descriptor], [manifest]), async (open) => {
      const found = await (await open()).referrers(image.manifest)
      expect(found).toEqual([{ ...descriptor, artifactType: 'application/x.demo' }])
    })
  })

  it('passes over large blobs when it is opened, and reads each in place', async () => {
    const big = new Uint8Array(8 << 20).fill(7)
    await withArchive(layoutTar([], [big]), async (_open, path) => {
      let bytesRead = 0
      const counting = { ...archiveDeps.fs, open: async (...args: Parameters<typeof open>) => count(await open(...args)) }
      const count = (handle: Awaited<ReturnType<typeof open>>): typeof handle =>
        new Proxy(handle, {
          get: (target, key) => {
            if (key !== 'read') {
              const value: unknown = Reflect.get(target, key, target)
              return typeof value === 'function' ? value.bind(target) : value
            }
            return async (buffer: Buffer, offset: number, length: number, position: number) => {
              const result = await target.read(buffer, offset, length, position)
              bytesRead += result.bytesRead
              return result
            }
          },
        })
      const source = await openOciArchive({ ...archiveDeps, fs: counting }, path)
      expect(bytesRead).toBeLessThan(1 << 20)
      let size = 0
      for await (const piece of source.blob({ digest: digestOf(big), size: big.byteLength })) size += piece.byteLength
      expect(size).toBe(big.byteLength)
    })
  })

  it('says so when bytes, size or manifest are not what was promised', async () => {
    const blob = utf8('blob bytes')
    const digest = digestOf(blob)
    const forged = { name: `blobs/sha256/${hexOf(digest)}`, content: utf8('other byte') }
    await withArchive(rawTar([...layoutFiles([]), forged]), async (open) => {
      const source = await open()
      await expect(readAll(source.blob({ digest, size: 10 }), 100, 'blobBytes')).rejects.toMatchObject({ code: 'digest-mismatch' })
      await expect(readAll(source.blob({ digest, size: 11 }), 100, 'blobBytes')).rejects.toMatchObject({ code: 'digest-mismatch' })
      await expect(source.manifest(digest)).rejects.toMatchObject({ code: 'digest-mismatch' })
      const missing = { digest: digestOf(utf8('none')), size: 4 }
      await expect(readAll(source.blob(missing), 100, 'blobBytes')).rejects.toMatchObject({ code: 'not-found' })
    })
  })

  it.each<[string, Uint8Array, string, string]>([
    ['a file that is no tar', utf8('hello, I am text. '.repeat(100)), 'artifact-malformed', 'checksum is wrong'],
    ['an empty file', new Uint8Array(0), 'artifact-malformed', 'cut off'],
    ['an archive without the mark', rawTar([{ name: 'index.json', content: utf8('{}') }]), 'artifact-malformed', 'no file oci-layout'],
    ['an archive without index.json', rawTar([{ name: 'oci-layout', content: utf8('{}') }]), 'artifact-malformed', 'has no index.json'],
    ['an archive cut off', image.bytes.subarray(0, 3000), 'artifact-malformed', 'cut off'],
    ['a packed archive cut off', gzipSync(image.bytes).subarray(0, 300), 'artifact-malformed', 'cannot be unpacked'],
    ['xz', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'artifact-malformed', 'compressed with xz'],
    ['a name twice', rawTar([...layoutFiles([]), ...layoutFiles([])]), 'artifact-malformed', 'entry "oci-layout" stands twice'],
    ['a device', rawTar([...layoutFiles([]), { name: 'sda', typeflag: '4' }]), 'artifact-malformed', 'entry "sda" is a block-device'],
    ['..', rawTar([...layoutFiles([]), { name: '../x' }]), 'artifact-malformed', '`..`'],
    [
      'index.json as a symlink to itself',
      rawTar([{ name: 'oci-layout' }, { name: 'index.json', typeflag: '2', linkName: 'index.json' }]),
      'artifact-malformed',
      'has no index.json',
    ],
    [
      'a hard link to nothing',
      rawTar([{ name: 'oci-layout', typeflag: '1', linkName: 'x' }]),
      'artifact-malformed',
      'hard link to what does not come before',
    ],
    [
      'an index that is no JSON',
      rawTar([{ name: 'oci-layout' }, { name: 'index.json', content: utf8('{') }]),
      'artifact-malformed',
      'is not JSON',
    ],
    [
      'an index.json of 2 GB',
      rawTar([{ name: 'oci-layout' }, { name: 'index.json', size: '20000000000' }]),
      'artifact-malformed',
      'is cut off inside an entry',
    ],
  ])('refuses %s', async (_what, bytes, code, message) => {
    await withArchive(bytes, async (open) => {
      await expect(open()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    })
  })

  it('refuses what is no file, and what is not there', async () => {
    await inTempDir(async (dir) => {
      await mkdir(join(dir, 'folder'))
      await expect(openOciArchive(archiveDeps, join(dir, 'folder'))).rejects.toMatchObject({ code: 'reference-invalid' })
      await expect(openOciArchive(archiveDeps, join(dir, 'none'))).rejects.toMatchObject({ code: 'not-found' })
    })
  })

  it('stops when it is told to', async () => {
    await withArchive(image.bytes, async (_open, path) => {
      const stop = new AbortController()
      const source = await openOciArchive({ ...archiveDeps, signal: stop.signal }, path)
      stop.abort()
      await expect(source.manifest(image.manifest)).rejects.toMatchObject({ code: 'interrupted' })
      await expect(openOciArchive({ ...archiveDeps, signal: stop.signal }, path)).rejects.toMatchObject({ code: 'interrupted' })
    })
  })

  it('is read by skopeo where that is installed', async ({ skip }) => {
    await withArchive(image.bytes, async (_open, path) => {
      let inspected: string
      try {
        inspected = execFileSync('skopeo', ['inspect', '--tls-verify=false', `oci-archive:${path}:1.0`], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return skip('skopeo is not installed')
        throw error
      }
      expect(JSON.parse(inspected)).toMatchObject({ Digest: image.manifest, Os: 'linux', Architecture: 'amd64' })
    })
  })
})

function layoutFiles(manifests: readonly unknown[]): RawEntry[] {
  return [
    { name: 'oci-layout', content: utf8('{"imageLayoutVersion":"1.0.0"}') },
    { name: 'index.json', content: canonicalBytes({ schemaVersion: 2, manifests }) },
  ]
}

function layoutTar(manifests: readonly unknown[], blobs: readonly Uint8Array[]): Uint8Array {
  return rawTar([...layoutFiles(manifests), ...blobs.map((content) => ({ name: `blobs/sha256/${hexOf(digestOf(content))}`, content }))])
}

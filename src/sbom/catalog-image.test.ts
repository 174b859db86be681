import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MEDIA } from '../artifact/artifact.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { readImage } from '../artifact/image.ts'
import { manifestBytesOf } from '../artifact/manifest.ts'
import { tarBytes } from '../artifact/tar-write.ts'
import type { TarItem } from '../artifact/tar-write.ts'
import { fail } from '../kernel/errors.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { systemDeps } from '../kernel/system.ts'
import { openCacheFolder } from './cache-folder.ts'
import { catalogImage } from './catalog-image.ts'
import { catalogAllLayers } from './catalog-layers.ts'
import { openLayerCache } from './layer-cache.ts'
import { inlineInfo } from './catalogers/go-binary/go-fixture.ts'
import { elfBytes } from './executable/executable-fixture.ts'

/** Paths to contents; `-> target` is a symlink. */
type Layer = Readonly<Record<string, string>>

/** An image in memory: each layer a map of paths to contents. */
function imageOf(
  layers: readonly Layer[],
  history?: readonly object[],
): { source: ImageSource; digest: Digest; layerDigests: readonly Digest[] } {
  return imageOfTars(
    layers.map((layer) =>
      tarBytes(
        Object.entries(layer).map(([path, text]) =>
          text.startsWith('-> ') ? { type: 'symlink', path, linkTarget: text.slice(3) } : { type: 'file', path, content: utf8(text) },
        ),
        { mtime: 0 },
      ),
    ),
    history,
  )
}

function imageOfTars(
  tars: readonly Uint8Array[],
  history?: readonly object[],
): { source: ImageSource; digest: Digest; layerDigests: readonly Digest[] } {
  const blobs = new Map<Digest, Uint8Array>()
  const add = (bytes: Uint8Array, mediaType: string) => {
    blobs.set(digestOf(bytes), bytes)
    return { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  }
  const descriptors = tars.map((tar) => add(new Uint8Array(gzipSync(tar)), 'application/vnd.oci.image.layer.v1.tar+gzip'))
  const config = add(
    canonicalBytes({ architecture: 'amd64', os: 'linux', history, rootfs: { type: 'layers', diff_ids: tars.map(digestOf) } }),
    MEDIA.ociConfig,
  )
  const manifest = manifestBytesOf(canonicalBytes({ schemaVersion: 2, mediaType: MEDIA.ociManifest, config, layers: descriptors }), 'test')
  const { digest } = manifest.descriptor
  return {
    digest,
    layerDigests: descriptors.map((descriptor) => descriptor.digest),
    source: {
      name: 'memory',
      resolveTag: async () => undefined,
      manifest: async (asked) => (asked === digest ? manifest : undefined),
      blob: async function* (descriptor) {
        const bytes = blobs.get(descriptor.digest)
        if (bytes === undefined) throw fail('not-found', 'is not there')
        yield bytes
      },
      referrers: async () => [],
      tags: async () => [],
    },
  }
}

const deps = systemDeps({ log: () => undefined, signal: new AbortController().signal })
const CREATED = '2026-11-25T00:00:00Z'
const BASE: Layer = {
  'etc/os-release': 'ID=debian\nVERSION_ID=12\n',
  'var/lib/dpkg/status': 'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n',
  'srv/node_modules/old/package.json': '{"name":"old","version":"1.0.0"}',
  'srv/node_modules/kept/package.json': '{"name":"kept","version":"1.0.0"}',
}

describe('catalogImage', () => {
  it('lists what the running container sees, with the layer it comes from', async () => {
    const { source, digest, layerDigests } = imageOf([
      BASE,
      { 'srv/node_modules/.wh.old': '', 'srv/node_modules/kept/package.json': '{"name":"kept","version":"2.0.0"}' },
    ])
    const sbom = await catalogImage(deps, source, digest, { created: CREATED, subject: { name: 'host.example/team/app' } })
    expect(sbom.subject).toEqual({
      name: 'host.example/team/app',
      version: '',
      purl: `pkg:oci/app@${digest}`,
      digests: { sha256: digest.slice('sha256:'.length) },
    })
    expect(sbom.components.map(({ purl }) => purl)).toEqual([
      'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12',
      'pkg:generic/debian@12',
      'pkg:npm/kept@2.0.0',
    ])
    expect(sbom.components.at(-1)?.layer).toBe(layerDigests[1])
    expect(sbom.completeness).toBe('complete')
  })

  it('of all layers also lists what a later layer removed or replaced', async () => {
    const { source, digest, layerDigests } = imageOf([
      BASE,
      { 'srv/node_modules/.wh.old': '', 'srv/node_modules/kept/package.json': '{"name":"kept","version":"2.0.0"}' },
      { 'srv/node_modules/.wh.kept': '' },
    ])
    const sbom = await catalogAllLayers(deps, source, digest, { created: CREATED })
    expect(sbom.components.map(({ purl, layer }) => [purl, layerDigests.indexOf(layer as Digest)])).toEqual([
      ['pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12', 0],
      ['pkg:generic/debian@12', 0],
      ['pkg:npm/kept@1.0.0', 0],
      ['pkg:npm/kept@2.0.0', 1],
      ['pkg:npm/old@1.0.0', 0],
    ])
    expect(sbom.subject.digests).toEqual({ sha256: digest.slice('sha256:'.length) })
  })

  describe('large layers in files', () => {
    const noise = (): TarItem => ({ type: 'file', path: 'srv/noise.bin', content: new Uint8Array(randomBytes(5 * 1024 * 1024)) })
    const items = (layer: Layer): TarItem[] => Object.entries(layer).map(([path, text]) => ({ type: 'file', path, content: utf8(text) }))
    const package_ = (name: string, version: string): string => JSON.stringify({ name, version })
    const middle: Layer = {
      'srv/node_modules/hidden/package.json': package_('hidden', '1.0.0'),
      'srv/node_modules/kept/package.json': package_('kept', '1.0.0'),
      'srv/node_modules/kept/LICENSE': 'Permission to use is granted to nobody.',
    }
    const above: Layer = {
      'srv/node_modules/.wh.old': '',
      'srv/node_modules/.wh.hidden': '',
      'srv/node_modules/kept/package.json': package_('kept', '2.0.0'),
    }
    const link: TarItem = {
      type: 'hardlink',
      path: 'srv/node_modules/linked/package.json',
      linkTarget: 'srv/node_modules/kept/package.json',
    }

    async function filed(
      tars: readonly Uint8Array[],
      use: (source: ImageSource, digest: Digest, memory: ImageSource, dir: string) => Promise<void>,
    ) {
      const { source, digest } = imageOfTars(tars)
      const dir = await mkdtemp(join(tmpdir(), 'tally-'))
      const blobFile: ImageSource['blobFile'] = async (descriptor) => {
        const path = join(dir, descriptor.digest.slice(7))
        await writeFile(path, source.blob(descriptor))
        return path
      }
      try {
        await use({ ...source, blobFile }, digest, source, dir)
      } finally {
        await rm(dir, { recursive: true })
      }
    }

    const three = [items(BASE), [...items(middle), link], items(above)].map((layer) => tarBytes([...layer, noise()], { mtime: 0 }))

    it.each([0, 1, 2])('say the same, unpacked by a thread each, %i scanned ahead', { timeout: 60_000 }, async (threads) => {
      await filed(three, async (source, digest, memory, dir) => {
        const options = { created: CREATED, exclude: ['srv/node_modules/linked/**'] }
        const whole = await catalogImage(deps, memory, digest, options)
        expect(whole.components.map(({ purl }) => purl)).toContain('pkg:npm/kept@2.0.0')
        expect(await catalogImage(deps, source, digest, { ...options, threads })).toEqual(whole)
        const cache = openLayerCache(openCacheFolder(deps, dir, 'layers'))
        expect(await catalogImage(deps, source, digest, { ...options, threads, cache })).toEqual(whole)
        const unread: ImageSource = { ...source, blobFile: () => Promise.reject(new Error('was read again')) }
        expect(await catalogImage(deps, unread, digest, { ...options, threads, cache })).toEqual(whole)
        expect(await catalogAllLayers(deps, source, digest, { ...options, threads })).toEqual(
          await catalogAllLayers(deps, memory, digest, options),
        )
      })
    })

    it.each([0, 1, 2])('are refused for what is wrong with them, %i scanned ahead', { timeout: 60_000 }, async (threads) => {
      await filed(three, async (source, digest, _memory, dir) => {
        const list = async (blobFile: NonNullable<ImageSource['blobFile']>) =>
          await catalogImage(deps, { ...source, blobFile }, digest, { created: CREATED, threads })
        await expect(list(async ({ digest: asked }) => join(dir, `${asked.slice(7)}.not-there`))).rejects.toThrow(
          expect.objectContaining({ code: 'not-found' }),
        )
        const broken = async ({ digest: asked, size }: { digest: Digest; size: number }) => {
          const path = join(dir, `${asked.slice(7)}.broken`)
          await writeFile(path, randomBytes(size))
          return path
        }
        await expect(list(broken)).rejects.toThrow(expect.objectContaining({ code: 'artifact-malformed' }))
        const [bottom = ''] = (await readImage(source, digest)).layers.map(({ descriptor }) => descriptor.digest)
        await expect(
          list(async (descriptor) => (descriptor.digest === bottom ? await broken(descriptor) : await source.blobFile?.(descriptor))),
        ).rejects.toThrow(expect.objectContaining({ code: 'artifact-malformed', where: expect.stringContaining('layer 1 of 3') as string }))
      })
    })

    it('stop being read when they are told to', { timeout: 60_000 }, async () => {
      await filed(three, async (source, digest) => {
        const stop = new AbortController()
        const listed = catalogImage({ ...deps, signal: stop.signal }, source, digest, { created: CREATED, threads: 2 })
        setTimeout(() => {
          stop.abort(new Error('enough'))
        }, 20)
        await expect(listed).rejects.toThrow('enough')
      })
    })
  })

  it('names the layer that first brought a package, and its command', async () => {
    const stanza = (name: string, version: string): string =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`
    const manifest = '{"name":"app","version":"1.0.0"}'
    const { source, digest, layerDigests } = imageOf(
      [
        { 'var/lib/dpkg/status': stanza('old', '1') + stanza('bumped', '1'), 'srv/node_modules/app/package.json': manifest },
        { 'var/lib/dpkg/status': stanza('old', '1') + stanza('bumped', '2'), 'srv/node_modules/other/package.json': '{"name":"other"}' },
        // For another owner all is written once more.
        {
          'var/lib/dpkg/status': stanza('old', '1') + stanza('bumped', '2') + stanza('new', '1'),
          'srv/node_modules/app/package.json': manifest,
        },
        { 'etc/os-release': 'ID=debian\nVERSION_ID=12\n', 'srv/node_modules/other/package.json': '{"name":"other","version":"2.0.0"}' },
      ],
      [
        { created_by: 'ADD rootfs /' },
        { created_by: 'CMD ["sh"]', empty_layer: true },
        { created_by: 'RUN apt-get upgrade' },
        { created_by: 'RUN apt-get install new' },
        { created_by: 'COPY . /srv' },
      ],
    )
    for (const cacheDir of [undefined, await mkdtemp(join(tmpdir(), 'tally-'))]) {
      // With a cache once to fill it, once from it.
      for (const _ of cacheDir === undefined ? [1] : [1, 2]) {
        const sbom = await catalogImage(deps, source, digest, {
          created: CREATED,
          ...(cacheDir === undefined ? {} : { cache: openLayerCache(openCacheFolder(deps, cacheDir, 'layers')) }),
        })
        expect(
          sbom.components.map(({ name, layer, properties }) => [
            name,
            layerDigests.findIndex((one) => one === layer),
            properties?.['image:layer-command'],
          ]),
        ).toEqual([
          ['bumped', 1, 'RUN apt-get upgrade'],
          ['new', 2, 'RUN apt-get install new'],
          ['old', 0, 'ADD rootfs /'],
          ['debian', 3, 'COPY . /srv'],
          ['app', 0, 'ADD rootfs /'],
          ['other', 3, 'COPY . /srv'],
        ])
      }
      if (cacheDir !== undefined) await rm(cacheDir, { recursive: true })
    }
  })

  it('does not call complete what it could not read', async () => {
    const { source, digest } = imageOf([{ ...BASE, 'opt/app.jar': 'PK', 'opt/gone.jar': 'PK' }, { 'opt/.wh.gone.jar': '' }])
    const warnings: string[] = []
    const sbom = await catalogImage({ ...deps, log: (_, message) => warnings.push(message) }, source, digest, { created: CREATED })
    expect(sbom.completeness).toBe('incomplete')
    expect(warnings).toEqual(['opt/app.jar declares packages that are not in the SBOM: no cataloger reads it'])
  })

  it.each([
    ['a link to the folder', { 'var/lib/dpkg': '-> ../../opt/hidden' }, 'opt/hidden/status'],
    ['a link above it', { var: '-> /data' }, 'data/lib/dpkg/status'],
    ['a link to the file', { 'var/lib/dpkg/status': '-> /opt/hidden' }, 'opt/hidden'],
    ['links of links', { 'var/lib': '-> /one', one: '-> two' }, 'two/dpkg/status'],
  ])('finds the packages behind %s, in whatever order it comes', async (_, links, path) => {
    const status = BASE['var/lib/dpkg/status'] ?? ''
    for (const layers of [
      [{ [path]: status }, links],
      [links, { [path]: status }],
    ]) {
      const { source, digest } = imageOf(layers)
      const sbom = await catalogImage(deps, source, digest, { created: CREATED })
      expect(sbom.components.map(({ name }) => name)).toEqual(['libc6'])
      expect(sbom.completeness).toBe('complete')
    }
  })

  it.each([
    ['apk', 'lib/apk', 'opt/x/db/installed', 'P:musl\nV:1.2.5-r0\nA:x86_64\n\n'],
    ['rpm', 'var/lib/rpm', 'opt/x/Packages', ''],
    ['rpm', 'usr/lib/sysimage/rpm', 'opt/x/Packages.db', ''],
  ])('finds the database of %s behind %s', async (cataloger, link, path, content) => {
    const { source, digest } = imageOf([{ [path]: content === '' ? 'no database' : content, [link]: '-> /opt/x' }])
    const sbom = catalogImage(deps, source, digest, { created: CREATED })
    if (content === '') await expect(sbom).rejects.toMatchObject({ code: 'artifact-malformed', where: `${link}/${path.split('/').at(-1)}` })
    else expect((await sbom).components[0]?.evidence[0]?.cataloger).toBe(cataloger)
  })

  it('does not call complete what lies behind more links than it follows', async () => {
    const links = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`var/lib/dpkg/status.d/p${at}`, `-> /pool/p${at}`]))
    const { source, digest } = imageOf([{ ...links, 'var/lib/dpkg/status': BASE['var/lib/dpkg/status'] ?? '' }])
    expect((await catalogImage(deps, source, digest, { created: CREATED })).completeness).toBe('incomplete')
  })

  it('looks into programs by their mode, once for all their names, and not into those an operating system package owns', async () => {
    const program = elfBytes([{ name: '.go.buildinfo', content: inlineInfo('go1.22.3', 'mod\texample.com/app\tv1.0.0\n'), writable: true }])
    const items: TarItem[] = [
      { type: 'file', path: 'opt/app', content: program, executable: true },
      { type: 'hardlink', path: 'opt/other', linkTarget: 'opt/app' },
      { type: 'file', path: 'opt/data', content: program },
      { type: 'file', path: 'usr/bin/owned', content: program, executable: true },
      { type: 'file', path: 'var/lib/dpkg/status', content: utf8(BASE['var/lib/dpkg/status'] ?? '') },
      { type: 'file', path: 'var/lib/dpkg/info/libc6.list', content: utf8('/usr/bin/owned\n') },
    ]
    const { source, digest } = imageOfTars([tarBytes(items, { mtime: 0 })])
    const reads: string[] = []
    const counting: ImageSource = {
      ...source,
      blob: (descriptor) => {
        reads.push(descriptor.digest)
        return source.blob(descriptor)
      },
    }
    const sbom = await catalogImage(deps, counting, digest, { created: CREATED })
    expect(
      sbom.components
        .filter(({ purl }) => purl.startsWith('pkg:golang'))
        .map(({ name, evidence }) => [name, ...evidence.map(({ file }) => file)]),
    ).toEqual([
      ['example.com/app', 'opt/app'],
      ['stdlib', 'opt/app'],
    ])
    // The config and the layer, each once.
    expect(reads).toHaveLength(new Set(reads).size)
  })

  it('tells a program without a package by its texts, and not one that a package owns, also where /bin became a link into /usr', async () => {
    const program = elfBytes([{ name: '.rodata', content: utf8('\0@(#)Bash version 5.2.15(1) release GNU\0') }])
    const items: TarItem[] = [
      { type: 'symlink', path: 'bin', linkTarget: 'usr/bin' },
      { type: 'file', path: 'usr/bin/bash', content: program, executable: true },
      { type: 'file', path: 'var/lib/dpkg/status', content: utf8(BASE['var/lib/dpkg/status'] ?? '') },
      { type: 'file', path: 'var/lib/dpkg/info/libc6.list', content: utf8('/bin/bash\n') },
    ]
    const own: TarItem[] = [{ type: 'file', path: 'usr/local/bin/bash', content: program, executable: true }]
    const purls = async (tars: readonly (readonly TarItem[])[]): Promise<(string | undefined)[][]> => {
      const { source, digest } = imageOfTars(tars.map((all) => tarBytes(all, { mtime: 0 })))
      const { components } = await catalogImage(deps, source, digest, { created: CREATED })
      return components.map(({ purl, properties }) => [purl, properties?.['package:contains']])
    }
    const libc = 'pkg:deb/debian/libc6@2.36-9?arch=amd64'
    expect(await purls([items])).toEqual([[libc, 'pkg:generic/bash@5.2.15']])
    expect(await purls([items, own])).toEqual([
      [libc, 'pkg:generic/bash@5.2.15'],
      ['pkg:generic/bash@5.2.15', undefined],
    ])
  })

  it('does not hide behind a package what a layer above its database put into its file', async () => {
    const go = (version: string) =>
      elfBytes([{ name: '.go.buildinfo', content: inlineInfo('go1.22.3', `mod\texample.com/app\t${version}\n`), writable: true }])
    const metadata = 'Name: six\nVersion: 1.16\n'
    const site = 'usr/lib/python3/dist-packages/six-1.16.dist-info/METADATA'
    const base: TarItem[] = [
      { type: 'file', path: 'usr/bin/owned', content: go('v1.0.0'), executable: true },
      { type: 'file', path: site, content: utf8(metadata) },
      { type: 'file', path: 'var/lib/dpkg/status', content: utf8(BASE['var/lib/dpkg/status'] ?? '') },
      { type: 'file', path: 'var/lib/dpkg/info/libc6.list', content: utf8(`/bin/owned\n/${site}\n`) },
    ]
    const above: TarItem[] = [
      { type: 'file', path: 'usr/bin/owned', content: go('v0.1.0'), executable: true },
      // The same once more, for another owner.
      { type: 'file', path: site, content: utf8(metadata) },
    ]
    const found = async (layers: readonly (readonly TarItem[])[]): Promise<(string | undefined)[][]> => {
      const { source, digest } = imageOfTars(layers.map((all) => tarBytes(all, { mtime: 0 })))
      const { components } = await catalogImage(deps, source, digest, { created: CREATED })
      return components.map(({ purl, properties }) => [purl, properties?.['package:overwrites']])
    }
    const libc = 'pkg:deb/debian/libc6@2.36-9?arch=amd64'
    expect(await found([base])).toEqual([[libc, undefined]])
    expect(await found([base, above])).toEqual([
      [libc, undefined],
      ['pkg:golang/example.com/app@v0.1.0', libc],
      ['pkg:golang/stdlib@1.22.3', libc],
    ])
    // What the package manager wrote itself, in a layer of its own, is its own.
    const again = base.filter(({ path }) => path.startsWith('var/'))
    expect(await found([base, [...above, ...again]])).toEqual([[libc, undefined]])
  })

  it('looks into a program under the name that is left when its first one is gone', async () => {
    const program = elfBytes([{ name: '.go.buildinfo', content: inlineInfo('go1.22.3', 'mod\texample.com/app\tv1.0.0\n'), writable: true }])
    const lower = tarBytes(
      [
        { type: 'file', path: 'opt/app', content: program, executable: true },
        { type: 'hardlink', path: 'opt/other', linkTarget: 'opt/app' },
      ],
      { mtime: 0 },
    )
    const { source, digest } = imageOfTars([lower, tarBytes([{ type: 'file', path: 'opt/.wh.app', content: utf8('') }], { mtime: 0 })])
    const sbom = await catalogImage(deps, source, digest, { created: CREATED })
    expect(sbom.components[0]?.evidence[0]?.file).toBe('opt/other')
  })

  it('knows nothing of an image without any package database', async () => {
    const { source, digest } = imageOf([{ 'bin/app': '\u007fELF' }])
    expect(await catalogImage(deps, source, digest, { created: CREATED })).toMatchObject({ components: [], completeness: 'unknown' })
  })

  it('says nothing of an image with a layer that lies', async () => {
    const { source, digest } = imageOf([BASE])
    const lying: ImageSource = {
      ...source,
      blob: async function* (descriptor) {
        for await (const bytes of source.blob(descriptor)) {
          const changed = Uint8Array.from(bytes)
          if (descriptor.size > 300) changed[changed.length - 5] = (changed[changed.length - 5] ?? 0) ^ 1
          yield changed
        }
      },
    }
    await expect(catalogImage(deps, lying, digest, { created: CREATED })).rejects.toMatchObject({ name: 'TallyError' })
  })
})

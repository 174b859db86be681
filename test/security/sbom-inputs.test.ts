import * as fs from 'node:fs/promises'
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MEDIA } from '../../src/artifact/artifact.ts'
import { walkLayers } from '../../src/artifact/layers.ts'
import { rawTar } from '../../src/artifact/tar-fixture.ts'
import type { RawEntry } from '../../src/artifact/tar-fixture.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { digestOf } from '../../src/kernel/digest.ts'
import type { Digest } from '../../src/kernel/digest.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { zipBytes } from '../../src/sbom/archive/zip-fixture.ts'
import { catalogDirectory } from '../../src/sbom/catalog-directory.ts'
import { catalogImage } from '../../src/sbom/catalog-image.ts'
import { CYCLONEDX_VERSIONS } from '../../src/sbom/formats/cyclonedx/versions.ts'
import { toCycloneDx } from '../../src/sbom/formats/cyclonedx/write.ts'
import { toPurlList } from '../../src/sbom/formats/purl-list.ts'
import { toSpdx } from '../../src/sbom/formats/spdx/write.ts'
import { toSpdx3 } from '../../src/sbom/formats/spdx3/write.ts'
import type { Sbom } from '../../src/sbom/model.ts'
import { testDeps } from '../support/deps.ts'
import { memoryImage } from '../support/memory-image.ts'
import type { MemoryImage } from '../support/memory-image.ts'

/** What others' SBOM tools were attacked with, through the front door: a directory or an image. */

const CREATED = '2026-11-25T00:00:00Z'
const STATUS = 'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n'
const LIBC = 'pkg:deb/debian/libc6@2.36-9?arch=amd64'
const file = (name: string, text: string | Uint8Array): RawEntry => ({ name, content: typeof text === 'string' ? utf8(text) : text })
const symlink = (name: string, linkName: string): RawEntry => ({ name, typeflag: '2', linkName })
const database = file('var/lib/dpkg/status', STATUS)

async function imageOf(layers: readonly (readonly RawEntry[])[], more: object = {}): Promise<{ source: MemoryImage; digest: Digest }> {
  const source = memoryImage()
  const tars = layers.map((entries) => rawTar(entries))
  const descriptors = []
  for (const tar of tars) {
    const blob = await source.storeBlob(new Uint8Array(gzipSync(tar)))
    descriptors.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob, ...more })
  }
  const rootfs = { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) }
  const config = await source.storeBlob(utf8(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs })))
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: { mediaType: MEDIA.ociConfig, ...config },
    layers: descriptors,
  }
  return { source, digest: (await source.storeManifest(manifest)).digest }
}

async function ofImage(...layers: readonly (readonly RawEntry[])[]): Promise<Sbom> {
  const { source, digest } = await imageOf(layers)
  return await catalogImage(testDeps(), source, digest, { created: CREATED })
}

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tally-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function ofDirectory(
  files: Readonly<Record<string, string | Uint8Array>>,
  mode: 'installed' | 'runtime-closure' = 'installed',
): Promise<Sbom> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), content)
  }
  return await catalogDirectory(testDeps(), directory, { mode, created: CREATED })
}

const purlsOf = (sbom: Sbom): string[] => sbom.components.map(({ purl }) => purl)

describe('an image', () => {
  test.each([
    ['CVE-2024-24579', '../../../tmp/x'],
    ['CVE-2024-0406', 'usr/../../../etc/cron.d/x'],
    ['CVE-2024-0406, by a hard link', { name: 'usr/x', typeflag: '1', linkName: '../../etc/shadow' } satisfies RawEntry],
  ])('%s: that leads out of itself is refused', async (_, entry) => {
    const bad = typeof entry === 'string' ? file(entry, 'x') : entry
    await expect(ofImage([database, bad])).rejects.toMatchObject({ code: 'artifact-malformed' })
  })

  test('osv-scalibr#1873: whose links lead out of it stays within itself', async () => {
    const layers = [[database, symlink('var/lib/apk', '../../../../../../etc'), symlink('lib/apk', '/../../proc/self/root/etc')]]
    expect(purlsOf(await ofImage(...layers))).toEqual([LIBC])
  })

  test('stereoscope#206: whose links lead in a circle comes to an end', async () => {
    const ring = [symlink('a', 'b'), symlink('b', 'a'), symlink('lib/apk', 'apk/apk'), symlink('var/lib/rpm', '../../var/lib/rpm')]
    expect(purlsOf(await ofImage([database, ...ring]))).toEqual([LIBC])
  })

  test.each([
    ['CVE-2026-23745', [symlink('app', '/etc'), file('app/passwd', 'x')]],
    ['CVE-2026-24842', [{ name: 'link', typeflag: '1', linkName: 'gone' } satisfies RawEntry]],
    ['CVE-2026-26960', [symlink('a', '/etc'), { name: 'b', typeflag: '1', linkName: 'a' } satisfies RawEntry, file('b/passwd', 'x')]],
  ])('%s: that writes through its own links is refused', async (_, entries) => {
    await expect(ofImage([database, ...entries])).rejects.toMatchObject({ code: 'artifact-malformed' })
  })

  test('CVE-2026-23950: two spellings of one name are two files, and neither hides the other', async () => {
    const manifest = (name: string): string => JSON.stringify({ name, version: '1.0.0' })
    const sbom = await ofImage([
      file('srv/caf\u00e9/node_modules/one/package.json', manifest('one')),
      file('srv/cafe\u0301/node_modules/two/package.json', manifest('two')),
    ])
    expect(purlsOf(sbom)).toEqual(['pkg:npm/one@1.0.0', 'pkg:npm/two@1.0.0'])
  })

  test('CVE-2026-29786, CVE-2026-31802: a letter of a drive is part of a name', async () => {
    const sbom = await ofImage([database, symlink('C:', 'C:../..'), file('C:../node_modules/x/package.json', '{"name":"x","version":"1"}')])
    expect(sbom.components.map(({ evidence }) => evidence[0]?.file)).toEqual(['var/lib/dpkg/status', 'C:../node_modules/x/package.json'])
  })

  test('CVE-2026-59873: bytes that nobody looks at count as well', async () => {
    const { source, digest } = await imageOf([[file('big', new Uint8Array(3_000_000)), database]])
    const nobody = { wants: () => false, read: () => undefined }
    await expect(walkLayers(source, digest, [nobody], { caps: { tarUnpackedBytes: 1_000_000 } })).rejects.toMatchObject({
      code: 'limit-exceeded',
    })
  })

  test('CVE-2026-59873: a bomb is refused by its ratio', async () => {
    await expect(ofImage([file('zeros', new Uint8Array(48 << 20))])).rejects.toMatchObject({ code: 'limit-exceeded' })
  })

  test('CVE-2026-33481: is never written to a disk', async () => {
    const touched: string[] = []
    const watched = new Proxy(fs, {
      get: (all, name) => {
        touched.push(String(name))
        return all[name as keyof typeof fs]
      },
    })
    const { source, digest } = await imageOf([[database, file('opt/app.jar', zipBytes([{ path: 'a.jar', content: zipBytes([]) }]))]])
    await catalogImage(testDeps({ fs: watched }), source, digest, { created: CREATED })
    expect(touched).toEqual([])
  })

  test('go-containerregistry#2293: whose layers name other places is read from where it is', async () => {
    const { source, digest } = await imageOf([[database]], { urls: ['http://169.254.169.254/latest/meta-data'] })
    const asked: object[] = []
    const watched = { ...source, blob: (one: Parameters<typeof source.blob>[0]) => (asked.push(one), source.blob(one)) }
    expect(purlsOf(await catalogImage(testDeps(), watched, digest, { created: CREATED }))).toEqual([LIBC])
    expect(JSON.stringify(asked)).not.toContain('169.254')
  })
})

describe('an archive of Java', () => {
  const good = zipBytes([{ path: 'META-INF/maven/org.x/core/pom.properties', content: 'groupId=org.x\nartifactId=core\nversion=1.1\n' }])

  test.each(['CVE-2026-39244', 'CVE-2026-76845'])('%s: a bomb inside of it is missed, and said so', async () => {
    const bomb = { path: 'META-INF/maven/x/y/pom.xml', content: new Uint8Array(LIMITS.archiveTextBytes + 1) }
    const sbom = await ofDirectory({ 'app.jar': zipBytes([bomb, { path: 'core-1.1.jar', content: good }]) })
    expect(purlsOf(sbom)).toContain('pkg:maven/org.x/core@1.1')
    expect(sbom.completeness).toBe('incomplete')
  })

  test('CVE-2026-56876: names in it that lead out of it lead nowhere', async () => {
    const sbom = await ofDirectory({ 'lib/app.jar': zipBytes([{ path: '../../../core-1.1.jar', content: good }]) })
    expect(purlsOf(sbom)).toContain('pkg:maven/org.x/core@1.1')
    expect(await readdir(directory, { recursive: true })).toEqual(['lib', 'lib/app.jar'])
  })

  test('nested deeper than any is missed from there on', async () => {
    let nested = good
    for (let depth = 0; depth < LIMITS.archiveDepth + 3; depth += 1) nested = zipBytes([{ path: 'x.jar', content: nested }])
    const sbom = await ofDirectory({ 'app.jar': nested })
    expect(purlsOf(sbom)).not.toContain('pkg:maven/org.x/core@1.1')
    expect(sbom.completeness).toBe('incomplete')
  })
})

describe('a text', () => {
  const lines = Array.from({ length: 30 }, (_, at) => `<!ENTITY l${at + 1} "&l${at};&l${at};&l${at};&l${at};">`).join('')
  const pomOf = (head: string, version: string): string => `${head}<project>
      <groupId>g</groupId><artifactId>a</artifactId><version>1</version>
      <dependencies><dependency><groupId>x</groupId><artifactId>y</artifactId><version>${version}</version></dependency></dependencies>
    </project>`
  test.each([
    ['CVE-2026-25896', pomOf(`<!DOCTYPE project [<!ENTITY l0 "lol">${lines}]>`, '&l30;')],
    ['CVE-2026-26278', pomOf('', '&#65;'.repeat(100_000))],
    ['CVE-2026-33036', pomOf(`<!DOCTYPE project [<!ENTITY % a "<!ENTITY b 'lol'>">%a;]>`, '&b;')],
    ['CVE-2026-33349', pomOf('', `${'<a>'.repeat(100_000)}lol${'</a>'.repeat(100_000)}`)],
    ['GHSA-6fhj-vr9j-g45r', pomOf('<!DOCTYPE project [<!ENTITY x SYSTEM "lol.txt">]>', '&x;')],
    ['GHSA-38gf-rh2w-gmj7', pomOf('<!DOCTYPE project SYSTEM "http://127.0.0.1:9/x.dtd">', '&x;')],
  ])('%s: of XML has no entities but its own characters', async (_, pom) => {
    const sbom = await ofDirectory({ 'pom.xml': pom, 'lol.txt': 'lol' })
    expect(JSON.stringify(sbom)).not.toMatch(/lol(?!\.txt)/)
    expect(JSON.stringify(sbom).length).toBeLessThan(3000)
    expect(sbom.completeness).not.toBe('complete')
  })

  const aliases = Array.from({ length: 40 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}, *a${at}]`).join('\n')
  test.each([
    ['CVE-2026-53550', 'Chart.yaml', `a0: &a0 x\n${aliases}\nname: c\nversion: 1.0.0\ndependencies: *a40\n`],
    ['CVE-2026-53550', 'pubspec.lock', `a0: &a0 x\n${aliases}\npackages: *a40\n`],
    ['CVE-2026-59869', 'pnpm-lock.yaml', `lockfileVersion: '9.0'\nx: &x\n  <<: *x\npackages: &p\n  <<: [*p, *p]\n`],
    ['CVE-2026-59869', '.github/workflows/ci.yml', `a0: &a0 x\n${aliases}\njobs: *a40\n`],
  ])('%s: of YAML in %s cannot grow by its aliases', async (_, path, text) => {
    const sbom = await ofDirectory({ [path]: text })
    expect(sbom.components.filter(({ type }) => type === 'library')).toEqual([])
  })

  test('CVE-2026-44289: of Protocol Buffers is read by nobody here', async () => {
    const manifest = JSON.parse(await fs.readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as { dependencies: object }
    expect(Object.keys(manifest.dependencies).filter((name) => name.includes('proto'))).toEqual([])
  })

  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  test.each([
    ['package-lock.json', `{"lockfileVersion":3,"packages":${deep}}`],
    ['composer.lock', `{"packages":${deep}}`],
    ['bun.lock', `{"packages":${deep}}`],
    ['pnpm-lock.yaml', `lockfileVersion: '9.0'\npackages: ${deep}`],
    ['poetry.lock', `x = ${deep}`],
    ['mix.lock', `%{"a": ${deep}}`],
  ])('as deep as it is long, %s, is refused', async (path, text) => {
    await expect(ofDirectory({ [path]: text }, 'runtime-closure')).rejects.toMatchObject({ name: 'TallyError' })
  })

  test('with keys of prototypes changes nothing', async () => {
    const evil = '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}'
    await ofDirectory({
      'package-lock.json': `${evil},"lockfileVersion":3,"packages":{"__proto__":{"version":"1.0.0"},"node_modules/__proto__":{"version":"1.0.0"}}}`,
      'composer.lock': `${evil},"packages":[]}`,
      'deno.lock': `${evil},"version":"5","npm":{"__proto__":{}}}`,
      'node_modules/x/package.json': `${evil},"name":"x","version":"1.0.0"}`,
      'uv.lock': 'version = 1\n[__proto__]\npolluted = "yes"\n',
      'Chart.yaml': 'name: x\nversion: 1.0.0\n__proto__: {polluted: yes}\n',
    })
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('of 500 MB is refused by its size, unread', async () => {
    await writeFile(join(directory, 'package-lock.json'), '')
    await truncate(join(directory, 'package-lock.json'), 500 << 20)
    await expect(ofDirectory({}, 'runtime-closure')).rejects.toMatchObject({ code: 'limit-exceeded' })
  })
})

describe('a project', () => {
  test('CVE-2024-50611, GHSA-hxf3-vgpm-fv9p, cdxgen#3795: is looked at, and none of it runs', async () => {
    const mark = join(directory, 'ran')
    const shell = `touch ${mark}`
    await ofDirectory({
      'setup.py': `import os; os.system("${shell}")`,
      'package.json': JSON.stringify({ name: 'x', version: '1.0.0', scripts: { preinstall: shell, prepare: shell, postinstall: shell } }),
      'lib/python3.12/site-packages/evil.pth': `import os; os.system("${shell}")`,
      'lib/python3.12/site-packages/x-1.dist-info/METADATA': 'Name: x\nVersion: 1\n',
      'build.gradle': `exec { commandLine 'sh', '-c', '${shell}' }`,
      'conanfile.py': `import os; os.system("${shell}")`,
      'mix.exs': `System.cmd("touch", ["${mark}"])`,
      Gemfile: `system("${shell}")`,
      'x.gemspec': `system("${shell}")\nGem::Specification.new`,
      'Package.swift': 'import Foundation',
      '.npmrc': `node-options=--require ${mark}.js`,
      'pom.xml': '<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><build><plugins/></build></project>',
    })
    expect(await readdir(directory)).not.toContain('ran')
  })

  test('osv-scalibr#2323: whose requirements lead out of it is read as far as it goes', async () => {
    const outside = `${directory}-outside`
    await mkdir(outside)
    try {
      await writeFile(join(outside, 'secret.txt'), 'leaked==1.0\n')
      const name = outside.slice(outside.lastIndexOf('/') + 1)
      const sbom = await ofDirectory({
        'requirements.txt': `-r ../${name}/secret.txt\n-r ${outside}/secret.txt\n-c ../../../../etc/passwd\na==1.0\n`,
      })
      expect(purlsOf(sbom)).toEqual(['pkg:pypi/a@1.0'])
      expect(sbom.completeness).toBe('incomplete')
    } finally {
      await rm(outside, { recursive: true })
    }
  })

  test('keeps its passwords and the folder it lies in to itself', async () => {
    const secret = 'https://me:hunter2@host.example'
    const sbom = await ofDirectory({
      'package-lock.json': JSON.stringify({
        lockfileVersion: 3,
        packages: {
          '': { name: 'x', version: '1.0.0' },
          'node_modules/a': { version: '1.0.0', resolved: `${secret}/a.tgz?token=hunter2`, integrity: 'sha1-AAAA' },
          'node_modules/b': { version: '1.0.0', resolved: `git+${secret}/b.git#01` },
        },
      }),
      'requirements.txt': `--index-url ${secret}/simple\nc @ ${secret}/c.whl\n-e git+${secret}/d.git@v1#egg=d\n`,
      'poetry.lock': `[[package]]\nname = "e"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "${secret}/e.git"\nresolved_reference = "01"\n[metadata]\nlock-version = "2.1"\n`,
      'Gemfile.lock': `GIT\n  remote: ${secret}/f.git\n  revision: 01\n  specs:\n    f (1.0)\n\nDEPENDENCIES\n  f!\n`,
      'composer.lock': JSON.stringify({
        packages: [{ name: 'g/g', version: '1', source: { type: 'git', url: `${secret}/g.git`, reference: '01' } }],
      }),
      'Chart.yaml': `name: h\nversion: 1.0.0\ndependencies:\n  - name: i\n    version: 1.0.0\n    repository: ${secret}/charts\n`,
      Dockerfile: 'FROM me:hunter2@host.example/j:1\n',
      'models/k.safetensors': Buffer.concat([
        Buffer.from([60, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from(`{"__metadata__":{"modelspec.title":"${secret}"}}`.padEnd(60)),
      ]),
    })
    expect(sbom.components.length).toBeGreaterThan(6)
    const written = [
      ...CYCLONEDX_VERSIONS.map((version) => toCycloneDx(sbom, version)),
      toSpdx(sbom),
      toSpdx3(sbom),
      utf8(toPurlList(sbom)),
    ]
    for (const bytes of written) {
      const text = Buffer.from(bytes).toString()
      expect(text).not.toContain('hunter2')
      expect(text).not.toContain(directory)
    }
  })
})

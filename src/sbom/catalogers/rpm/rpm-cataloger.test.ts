import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { parsePurl } from '../../../package/purl.ts'
import { fuzz } from '../../fuzz-fixture.ts'
import { rpmCataloger } from './rpm-cataloger.ts'
import { berkeleyBytes, headerBytes, ndbBytes, rpmHeader, sqliteBytes } from './rpm-fixture.ts'
import type { RpmSpec } from './rpm-fixture.ts'
import { sharedData } from '../../../../test/support/shared-data.ts'

const OS = utf8('ID="fedora"\nVERSION_ID=40\n')
const BASH: RpmSpec = {
  name: 'bash',
  version: '5.2.26',
  release: '3.fc40',
  licence: 'GPL-3.0-or-later',
  source: 'bash-5.2.26-3.fc40.src.rpm',
  provides: ['bash = 5.2.26-3.fc40', '/bin/sh', 'config(bash) = 5.2.26-3.fc40'],
  requires: ['libc.so.6(GLIBC_2.38)(64bit)', 'filesystem >= 3', 'rpmlib(CompressedFileNames) <= 3.0.4-1', 'bash = 5.2.26-3.fc40'],
  files: ['/usr/bin/bash', '/usr/bin/sh', '/etc/skel/.bashrc'],
}
const GLIBC: RpmSpec = {
  name: 'glibc',
  version: '2.39',
  release: '8.fc40',
  provides: ['glibc = 2.39-8.fc40', 'libc.so.6(GLIBC_2.38)(64bit)'],
  files: ['/usr/lib64/libc.so.6'],
}
const FILESYSTEM: RpmSpec = { name: 'filesystem', version: '3.18', release: '8.fc40', epoch: 0, module: 'base:40' }
const DBUS: RpmSpec = {
  name: 'dbus',
  version: '1.14',
  release: '1',
  epoch: 1,
  arch: 'noarch',
  requires: ['/bin/sh', '/usr/bin/sh', '/gone'],
}
const KEY: RpmSpec = { name: 'gpg-pubkey', version: 'a15b79cc', release: '63d04c2c' }
/** A header that does not fit into one page. */
const LARGE: RpmSpec = { name: 'large', files: Array.from({ length: 900 }, (_, at) => `/usr/share/large/file-${at}`) }

function catalog(files: Readonly<Record<string, Uint8Array>>) {
  const found = rpmCataloger.read(new Map(Object.entries(files).map(([path, bytes]) => [path, { bytes }])), 'installed')
  const short = (purl: string): string => parsePurl(purl).name
  return {
    ...found,
    purls: found.components.map(({ purl }) => purl),
    arrows: found.edges.map(({ from, to }) => `${short(from)} > ${short(to)}`),
  }
}

function edgesOf(...specs: readonly RpmSpec[]): string[] {
  return catalog({ 'var/lib/rpm/rpmdb.sqlite': sqliteBytes(specs.map(rpmHeader)) }).arrows
}

const SPECS = [BASH, GLIBC, FILESYSTEM, KEY, DBUS, LARGE]
const BLOBS = SPECS.map(rpmHeader)

describe('the database of rpm', () => {
  it.each([
    ['SQLite', 'usr/lib/sysimage/rpm/rpmdb.sqlite', sqliteBytes(BLOBS)],
    ['NDB', 'usr/lib/sysimage/rpm/Packages.db', ndbBytes(BLOBS)],
    ['Berkeley DB', 'var/lib/rpm/Packages', berkeleyBytes(BLOBS, 'little')],
    ['Berkeley DB of a big-endian machine, larger pages', 'var/lib/rpm/Packages', berkeleyBytes(BLOBS, 'big', 8192)],
  ])('is read as %s', (_, path, bytes) => {
    const found = catalog({ 'etc/os-release': OS, [path]: bytes })
    expect(found.purls).toEqual([
      'pkg:generic/fedora@40',
      'pkg:rpm/fedora/bash@5.2.26-3.fc40?arch=x86_64&distro=fedora-40&upstream=bash-5.2.26-3.fc40.src.rpm',
      'pkg:rpm/fedora/glibc@2.39-8.fc40?arch=x86_64&distro=fedora-40',
      'pkg:rpm/fedora/filesystem@3.18-8.fc40?arch=x86_64&distro=fedora-40&rpmmod=base:40',
      'pkg:rpm/fedora/dbus@1.14-1?arch=noarch&distro=fedora-40&epoch=1',
      'pkg:rpm/fedora/large@1.0-1?arch=x86_64&distro=fedora-40',
    ])
    expect(found.components[1]).toMatchObject({
      version: '5.2.26-3.fc40',
      licence: 'GPL-3.0-or-later',
      evidence: [{ cataloger: 'rpm', file: path, method: 'database' }],
    })
    expect(found.components[4]?.version).toBe('1:1.14-1')
    expect(found.arrows).toEqual(['bash > glibc', 'bash > filesystem', 'dbus > bash'])
    expect(found.read).toContain(path)
    expect(found.owned?.has('usr/share/large/file-899')).toBe(true)
  })

  it.each([
    ['rhel', 'redhat'],
    ['opensuse-leap', 'opensuse'],
    ['sles', 'sles'],
    ['azurelinux', 'azurelinux'],
  ])('names the vendor of %s %s', (id, namespace) => {
    const found = catalog({ 'etc/os-release': utf8(`ID=${id}\nVERSION_ID=9`), 'var/lib/rpm/Packages.db': ndbBytes([rpmHeader(GLIBC)]) })
    expect(found.purls[1]).toBe(`pkg:rpm/${namespace}/glibc@2.39-8.fc40?arch=x86_64&distro=${id}-9`)
  })

  it('has no namespace where nothing says whose it is', () => {
    expect(catalog({ 'var/lib/rpm/Packages.db': ndbBytes([rpmHeader(GLIBC)]) }).purls).toEqual(['pkg:rpm/glibc@2.39-8.fc40?arch=x86_64'])
  })

  it('reads the newest of several files of one folder, and every folder', () => {
    const found = catalog({
      'var/lib/rpm/Packages': berkeleyBytes([rpmHeader({ name: 'left-behind' })], 'little'),
      'var/lib/rpm/rpmdb.sqlite': sqliteBytes([rpmHeader({ name: 'here' })]),
      'usr/share/rpm/Packages.db': new Uint8Array(0),
      'usr/share/rpm/Packages': berkeleyBytes([rpmHeader({ name: 'there' })], 'little'),
    })
    expect(found.components.map(({ name }) => name)).toEqual(['here', 'there'])
    expect(found.read).toHaveLength(4)
  })

  it('reads the list of distroless images', () => {
    const line = 'openssl-libs\t3.3.0-1.azl3\t1721000000\t1720000000\tMicrosoft\t(none)\t5000\tx86_64\t0\topenssl-3.3.0-1.azl3.src.rpm\n'
    const found = catalog({
      'etc/os-release': utf8('ID=azurelinux\nVERSION_ID="3.0"'),
      'var/lib/rpmmanifest/container-manifest-2': utf8(`${line}broken\nperl\t5.38-1\t\t\t\t4\t\tx86_64\t4\t(none)\n\n`),
    })
    expect(found.purls.slice(1)).toEqual([
      'pkg:rpm/azurelinux/openssl-libs@3.3.0-1.azl3?arch=x86_64&distro=azurelinux-3.0&upstream=openssl-3.3.0-1.azl3.src.rpm',
      'pkg:rpm/azurelinux/perl@5.38-1?arch=x86_64&distro=azurelinux-3.0&epoch=4',
    ])
  })

  it('has nothing to say of the runtime closure of a project, and of other files', () => {
    expect(rpmCataloger.wants('var/lib/rpm/Packages', 'runtime-closure')).toBe(false)
    expect(rpmCataloger.wants('var/lib/rpm/Basenames', 'installed')).toBe(false)
    expect(rpmCataloger.wants('srv/var/lib/rpm/Packages', 'installed')).toBe(false)
  })
})

describe('what packages require', () => {
  const provider = (name: string, ...provides: readonly string[]): RpmSpec => ({ name, provides })

  it.each([
    ['lib', 'lib = 1-1', true],
    ['lib >= 1', 'lib = 1-1', true],
    ['lib >= 2', 'lib = 1-1', false],
    ['lib < 2', 'lib = 1-1', true],
    ['lib > 1', 'lib = 1-1', false],
    ['lib = 1', 'lib = 1-7', true],
    ['lib = 1-6', 'lib = 1-7', false],
    ['lib >= 1:1', 'lib = 2-1', false],
    ['lib <= 5', 'lib >= 3', true],
    ['lib >= 5', 'lib', true],
    ['(lib and other)', 'lib = 1', false],
    ['(lib or other)', 'lib = 1', true],
    ['(other or lib >= 2)', 'lib = 1', false],
    ['(lib if other)', 'lib = 1', false],
    ['(lib if other else lib)', 'lib = 1', true],
    ['(lib unless other)', 'lib = 1', true],
    ['(lib >= 1 with lib < 2)', 'lib = 1', true],
    ['(lib >= 1 with lib < 1)', 'lib = 1', false],
    ['(lib without other)', 'lib = 1', true],
    ['((lib or other) and (lib if lib))', 'lib = 1', true],
    ['(perl(Lib) and lib)', 'lib = 1', false],
    ['(lib', 'lib = 1', false],
    ['(lib and lib or lib)', 'lib = 1', false],
    [`(lib ${')'.repeat(300_000)}`, 'lib = 1', false],
    [`${'('.repeat(100)}lib${')'.repeat(100)}`, 'lib = 1', false],
  ])('%.60s is met by %s: %s', (needed, provided, met) => {
    expect(edgesOf({ name: 'app', requires: [needed] }, provider('library', provided))).toEqual(met ? ['app > library'] : [])
  })

  it('takes the provider of the own architecture, and of several the first', () => {
    const old = { ...provider('old', 'lib'), arch: 'i686' }
    expect(edgesOf({ name: 'app', requires: ['lib'] }, old, provider('one', 'lib'), provider('two', 'lib'))).toEqual(['app > one'])
    expect(edgesOf({ name: 'app', requires: ['lib'] }, old)).toEqual(['app > old'])
  })

  it('finds files, also where /bin has become a link into /usr', () => {
    const tools: RpmSpec = { name: 'tools', files: ['/usr/bin/env', '/opt/tool'] }
    expect(edgesOf({ name: 'app', requires: ['/bin/env'] }, { name: 'script', requires: ['(/opt/tool or gone)'] }, tools)).toEqual([
      'app > tools',
      'script > tools',
    ])
  })

  it('reads the paths of rpm 3 and replaces what is no UTF-8', () => {
    const blob = headerBytes([
      { tag: 1000, type: 6, values: ['old'] },
      { tag: 1001, type: 9, values: ['1'] },
      { tag: 1027, type: 8, values: ['/usr/bin/old', '/x'] },
    ])
    const latin = Buffer.from(blob)
    latin[latin.indexOf('/x') + 1] = 0xe9
    const found = catalog({ 'var/lib/rpm/Packages.db': ndbBytes([latin]) })
    expect(found.purls).toEqual(['pkg:rpm/old@1'])
    expect([...(found.owned?.keys() ?? [])]).toEqual(['usr/bin/old', '\ufffd'])
  })
})

describe('a damaged database of rpm', () => {
  const chained = berkeleyBytes([rpmHeader(LARGE)], 'little')
  it.each([
    ['of no known format', 'var/lib/rpm/Packages', utf8('x'.repeat(600)), /is no hash database/],
    ['NDB that is none', 'var/lib/rpm/Packages.db', utf8('x'.repeat(600)), /is no package database of the format NDB/],
    ['NDB cut off', 'var/lib/rpm/Packages.db', ndbBytes(BLOBS).subarray(0, 5000), /ends at byte 5000/],
    [
      'NDB whose slots share a blob',
      'var/lib/rpm/Packages.db',
      shareBlob(ndbBytes([rpmHeader(LARGE), rpmHeader(GLIBC)])),
      /no blob of package 2|share one blob/,
    ],
    ['SQLite without packages', 'var/lib/rpm/rpmdb.sqlite', sqliteBytes([], 'create table x(y)'), /without a table of packages/],
    ['Berkeley DB cut off', 'var/lib/rpm/Packages', chained.subarray(0, 4096 * 3), /ends at byte/],
    ['Berkeley DB with a page in a ring', 'var/lib/rpm/Packages', changed(chained, 2 * 4096 + 16, [2, 0, 0, 0]), /uses page 2 twice/],
    ['an encrypted one', 'var/lib/rpm/Packages', changed(chained, 24, [1]), /encrypted/],
    ['with a header of nothing', 'var/lib/rpm/Packages.db', ndbBytes([new Uint8Array(100)]), /has no header of a package/],
    [
      'with a package without a name',
      'var/lib/rpm/Packages.db',
      ndbBytes([headerBytes([{ tag: 1001, type: 6, values: ['1'] }])]),
      /without a name/,
    ],
    [
      'with a text that does not end',
      'var/lib/rpm/Packages.db',
      ndbBytes([changed(headerBytes([{ tag: 1000, type: 6, values: ['name'] }]), 28, [0x61])]),
      /does not end/,
    ],
    [
      'with more texts than there is room for',
      'var/lib/rpm/Packages.db',
      ndbBytes([changed(headerBytes([{ tag: 1000, type: 8, values: ['name'] }]), 20, [0x7f, 0xff, 0xff, 0xff])]),
      /ends at byte/,
    ],
  ])('%s is refused', (_, path, bytes, message) => {
    expect(() => catalog({ [path]: bytes })).toThrow(expect.objectContaining({ code: 'artifact-malformed', where: path }))
    expect(() => catalog({ [path]: bytes })).toThrow(message)
  })

  it('does not build paths beyond the cap', () => {
    const folder = `/${'d'.repeat(200_000)}/`
    const files = [
      { tag: 1000, type: 6, values: ['bomb'] },
      { tag: 1001, type: 6, values: ['1'] },
      { tag: 1117, type: 8, values: Array.from({ length: 3000 }, () => 'f') },
      { tag: 1116, type: 4, values: Array.from({ length: 3000 }, () => 0) },
      { tag: 1118, type: 8, values: [folder] },
    ] as const
    expect(() => catalog({ 'var/lib/rpm/Packages.db': ndbBytes([headerBytes(files)]) })).toThrow(/ownedPathBytes/)
  })

  it('does not compare for ever', () => {
    const many: RpmSpec = {
      name: 'many',
      requires: Array.from({ length: 6000 }, (_, at) => `x > ${at + 10_000}`),
      provides: Array.from({ length: 6000 }, (_, at) => `x = ${at}`),
    }
    expect(() => edgesOf(many)).toThrow(/dependencySteps/)
  })

  it('is read or refused: 10,000 seeded mutations of each format', { timeout: 120_000 }, async () => {
    const blobs = [BASH, GLIBC, DBUS].map(rpmHeader)
    for (const [path, bytes] of [
      ['var/lib/rpm/Packages.db', ndbBytes(blobs)],
      ['var/lib/rpm/Packages', berkeleyBytes(blobs, 'little', 1024)],
      [
        'var/lib/rpm/rpmdb.sqlite',
        sqliteBytes(blobs, `pragma page_size = 512; create table Packages (hnum integer primary key, blob blob)`),
      ],
    ] as const) {
      const outcome = await fuzz([bytes], (mutated) => catalog({ [path]: mutated }))
      expect(outcome.strange).toEqual([])
      expect(outcome.read).toBeGreaterThan(500)
      expect(outcome.refused).toBeGreaterThan(500)
    }
  })
})

function changed(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(values, at)
  return copy
}

function shareBlob(ndb: Uint8Array): Uint8Array {
  return changed(ndb, 32 + 16 + 8, [...ndb.subarray(32 + 8, 32 + 12)])
}

const samples = sharedData('rpmdb')

describe.skipIf(samples === undefined)('databases of real systems', () => {
  it.each([
    ['libuuid/Packages', 'var/lib/rpm/Packages', 1, 0],
    ['sle15-bci/Packages.db', 'usr/lib/sysimage/rpm/Packages.db', 35, 80],
    ['cbl-mariner-2.0/rpmdb.sqlite', 'var/lib/rpm/rpmdb.sqlite', 129, 513],
  ])('%s', (file, path, packages, edges) => {
    const found = catalog({ [path]: new Uint8Array(readFileSync(join(samples ?? '', file))) })
    expect(found.components).toHaveLength(packages)
    expect(found.edges).toHaveLength(edges)
  })
})

import { describe, expect, it } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { assembleSbom } from './assemble.ts'
import type { Catalog } from './catalogers/cataloger.ts'
import { ndbBytes, rpmHeader } from './catalogers/rpm/rpm-fixture.ts'
import { CATALOGERS } from './catalogers/table.ts'
import { startCollection } from './collect.ts'
import type { Component } from './model.ts'
import { ownerOf } from './ownership.ts'

function component(purl: string, ...files: readonly string[]): Component {
  const evidence = files.map((file) => ({ cataloger: 'x', file, method: 'installed' as const, confidence: 1 }))
  return { purl, name: purl, version: '1', type: 'library', hashes: {}, evidence, scope: 'required' }
}

const OS: Catalog = {
  components: [
    component('pkg:generic/debian@12', 'usr/lib/os-release'),
    component('pkg:deb/debian/python3-six@1', 'var/lib/dpkg/status'),
    component('pkg:deb/debian/bash@5', 'var/lib/dpkg/status'),
  ],
  edges: [{ from: 'pkg:deb/debian/python3-six@1', to: 'pkg:deb/debian/bash@5' }],
  projects: [],
  read: [],
  owned: new Map([
    ['usr/lib/python3/dist-packages/six.egg-info', 'pkg:deb/debian/python3-six@1'],
    ['usr/share/java/a.jar', 'pkg:deb/debian/python3-six@1'],
    ['bin/bash', 'pkg:deb/debian/bash@5'],
    ['usr/lib/os-release', 'pkg:deb/debian/bash@5'],
  ]),
}
const LANGUAGE: Catalog = {
  components: [
    component('pkg:pypi/six@1', 'usr/lib/python3/dist-packages/six.egg-info'),
    component('pkg:maven/x/inner@1', 'usr/share/java/a.jar!/lib/inner.jar'),
    component('pkg:pypi/both@1', 'usr/lib/python3/dist-packages/six.egg-info', 'srv/venv/both'),
    component('pkg:pypi/app@1', 'srv/app'),
    component('pkg:golang/moved@1', 'usr/bin/bash'),
  ],
  edges: [
    { from: 'pkg:pypi/app@1', to: 'pkg:pypi/six@1' },
    { from: 'pkg:pypi/six@1', to: 'pkg:pypi/both@1' },
    { from: 'pkg:maven/x/inner@1', to: 'pkg:golang/moved@1' },
  ],
  projects: [],
  read: [],
}

describe('what an operating system’s package owns', () => {
  const sbom = assembleSbom([LANGUAGE, OS], {
    subject: {},
    fallbackName: 'image',
    created: '2026-01-01T00:00:00Z',
    completeness: 'unknown',
  })

  it('stands in the SBOM once, by its owner; what also lies elsewhere stands for itself', () => {
    expect(sbom.components.map(({ purl }) => purl)).toEqual([
      'pkg:deb/debian/bash@5',
      'pkg:deb/debian/python3-six@1',
      'pkg:generic/debian@12',
      'pkg:pypi/app@1',
      'pkg:pypi/both@1',
    ])
  })

  it('is told of its owner', () => {
    expect(sbom.components.map(({ properties }) => properties?.['package:contains'])).toEqual([
      'pkg:golang/moved@1',
      'pkg:maven/x/inner@1 pkg:pypi/both@1 pkg:pypi/six@1',
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is needed, and needs, as its owner', () => {
    expect(sbom.edges.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      'pkg:deb/debian/python3-six@1 > pkg:deb/debian/bash@5',
      'pkg:deb/debian/python3-six@1 > pkg:pypi/both@1',
      'pkg:generic/image > pkg:generic/debian@12',
      'pkg:generic/image > pkg:pypi/app@1',
      'pkg:pypi/app@1 > pkg:deb/debian/python3-six@1',
    ])
  })

  it.each([
    ['usr/bin/bash', 'pkg:deb/debian/bash@5'],
    ['bin/bash', 'pkg:deb/debian/bash@5'],
    ['usr/local/bin/bash', undefined],
    ['usr/usr/bin/bash', undefined],
  ])('is found as %s also where /bin became a link into /usr: %s', (path, owner) => {
    expect(ownerOf(OS.owned === undefined ? [] : [OS.owned], path)).toBe(owner)
  })
})

const FOLDER = 'usr/lib/python3.12/site-packages/six-1.16.dist-info'
const FILE = `${FOLDER}/METADATA`

describe('a package of Python that belongs to a package of the system', () => {
  it.each<[string, string, Readonly<Record<string, string | Uint8Array>>]>([
    [
      'dpkg',
      'pkg:deb/debian/python3-six@1.16?arch=all',
      {
        'var/lib/dpkg/status': 'Package: python3-six\nStatus: install ok installed\nArchitecture: all\nVersion: 1.16\n',
        'var/lib/dpkg/info/python3-six.list': `/.\n/usr\n/${FILE}\n`,
      },
    ],
    [
      'dpkg, in an image without its database',
      'pkg:deb/debian/python3-six@1.16?arch=all',
      {
        'var/lib/dpkg/status.d/python3-six': 'Package: python3-six\nArchitecture: all\nVersion: 1.16\n',
        'var/lib/dpkg/status.d/python3-six.md5sums': `${'0'.repeat(32)}  ${FILE}\n`,
      },
    ],
    [
      'apk',
      'pkg:apk/alpine/py3-six@1.16-r0?arch=x86_64',
      { 'lib/apk/db/installed': `P:py3-six\nV:1.16-r0\nA:x86_64\nF:${FOLDER}\nR:METADATA\n\n` },
    ],
    [
      'rpm',
      'pkg:rpm/python3-six@1.16-1?arch=noarch',
      {
        'var/lib/rpm/Packages.db': ndbBytes([
          rpmHeader({ name: 'python3-six', version: '1.16', release: '1', arch: 'noarch', files: [`/${FILE}`] }),
        ]),
      },
    ],
    [
      'opkg',
      'pkg:opkg/python3-six@1.16?arch=all',
      {
        'usr/lib/opkg/status': 'Package: python3-six\nVersion: 1.16\nStatus: install user installed\nArchitecture: all\n',
        'usr/lib/opkg/info/python3-six.list': `/${FILE}\n`,
      },
    ],
    [
      'pacman',
      'pkg:alpm/arch/python-six@1.16-1?arch=any',
      {
        'var/lib/pacman/local/python-six-1.16-1/desc': '%NAME%\npython-six\n\n%VERSION%\n1.16-1\n\n%ARCH%\nany\n',
        'var/lib/pacman/local/python-six-1.16-1/files': `%FILES%\nusr/\n${FILE}\n`,
      },
    ],
  ])('of %s stands there once', (_, owner, database) => {
    const collection = startCollection(CATALOGERS, 'installed')
    for (const [path, content] of Object.entries(database)) collection.take(path, typeof content === 'string' ? utf8(content) : content)
    collection.take(FILE, utf8('Name: six\nVersion: 1.16\n'))
    collection.take('srv/venv/lib/python3.12/site-packages/own-1.dist-info/METADATA', utf8('Name: own\nVersion: 1\nRequires-Dist: six\n'))
    const { catalogs, completeness } = collection.finish()
    const sbom = assembleSbom(catalogs, { subject: {}, fallbackName: 'image', created: '2026-01-01T00:00:00Z', completeness })
    expect(new Map(sbom.components.map(({ purl, properties }) => [purl, properties?.['package:contains']]))).toEqual(
      new Map([
        [owner, 'pkg:pypi/six@1.16'],
        ['pkg:pypi/own@1', undefined],
      ]),
    )
  })
})

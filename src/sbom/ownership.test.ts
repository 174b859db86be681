import { describe, expect, it } from 'vitest'
import { assembleSbom } from './assemble.ts'
import type { Catalog } from './catalogers/cataloger.ts'
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

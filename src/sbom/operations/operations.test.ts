import { describe, expect, it } from 'vitest'
import { FULL, SAMPLE, shuffled } from '../formats/test-sbom.ts'
import type { Component, Sbom } from '../model.ts'
import { separateBase } from './base.ts'
import { diffSboms, isEmptyDiff } from './diff.ts'
import { FAIL_ON, shortcomings } from './fail-on.ts'
import { mergeSboms } from './merge.ts'
import { diffJson, diffMarkdown, diffText } from './render-diff.ts'
import { withhold } from './withhold.ts'

/** A component of npm, as short as it can be said. */
function part(name: string, version: string, more: Partial<Component> = {}): Component {
  return { purl: `pkg:npm/${name}@${version}`, name, version, type: 'library', hashes: {}, evidence: [], scope: 'required', ...more }
}

function sbomOf(components: readonly Component[], more: Partial<Sbom> = {}): Sbom {
  return {
    ...SAMPLE,
    components,
    edges: components.map(({ purl }) => ({ from: 'pkg:npm/app@1.0.0', to: purl })),
    completeness: 'complete',
    ...more,
  }
}

describe('the difference of two SBOMs', () => {
  const before = sbomOf([
    part('gone', '1.0.0'),
    part('up', '1.9.0'),
    part('down', '2.0.0'),
    part('two', '1.0.0'),
    part('two', '2.0.0'),
    part('same', '1.0.0', { licence: 'MIT', hashes: { sha512: 'aa' } }),
  ])
  const after = sbomOf([
    part('new', '1.0.0', { licence: 'ISC' }),
    part('up', '1.10.0'),
    part('down', '1.0.0'),
    part('two', '2.0.0'),
    part('two', '3.0.0'),
    part('two', '4.0.0'),
    part('same', '1.0.0', { licence: 'BUSL-1.1', hashes: { sha512: 'bb' } }),
  ])
  const found = diffSboms(before, after)

  it('is told package by package', () => {
    expect(found.added.map(({ purl }) => purl)).toEqual(['pkg:npm/new@1.0.0', 'pkg:npm/two@4.0.0'])
    expect(found.removed.map(({ purl }) => purl)).toEqual(['pkg:npm/gone@1.0.0'])
    expect(found.versions.map(({ from, to, direction }) => `${from.name} ${from.version} ${to.version} ${direction}`)).toEqual([
      'down 2.0.0 1.0.0 downgraded',
      'two 1.0.0 3.0.0 upgraded',
      'up 1.9.0 1.10.0 upgraded',
    ])
    expect(found.licences).toMatchObject([{ component: { name: 'same' }, from: 'MIT', to: 'BUSL-1.1' }])
    expect(found.hashes).toMatchObject([{ component: { name: 'same' }, algorithm: 'sha512', from: 'aa', to: 'bb' }])
  })

  it('is the same for any order of components, and none between equals', () => {
    expect(diffSboms(shuffled(before), shuffled(after))).toEqual(found)
    expect(isEmptyDiff(diffSboms(before, shuffled(before)))).toBe(true)
    expect(diffText(diffSboms(before, before))).toBe('no package was added, removed or changed\n')
  })

  it('keeps architectures apart, and does not mind another release of the distribution', () => {
    const deb = (version: string, arch: string, distro: string) =>
      part('x', version, { purl: `pkg:deb/debian/x@${version}?arch=${arch}&distro=${distro}` })
    const changed = diffSboms(
      sbomOf([deb('1.0-1', 'amd64', 'debian-12'), deb('1.0-1', 'i386', 'debian-12')]),
      sbomOf([deb('1.0-2', 'amd64', 'debian-13'), deb('1.0-1', 'i386', 'debian-12')]),
    )
    expect(changed.versions.map(({ package: of, direction }) => [of, direction])).toEqual([['deb/debian/x (amd64)', 'upgraded']])
    expect(changed.added).toEqual([])
  })

  it('reads as text', () => {
    expect(diffText(found)).toBe(`! same 1.0.0  the same version, another sha512
+ new 1.0.0  ISC
+ two 4.0.0
- gone 1.0.0
~ down  2.0.0 -> 1.0.0  downgraded
~ two  1.0.0 -> 3.0.0  upgraded
~ up  1.9.0 -> 1.10.0  upgraded
l same 1.0.0  MIT -> BUSL-1.1

2 added, 1 removed, 3 with another version, 1 with another licence, 1 with other bytes
`)
  })

  it('reads as Markdown in which nothing of a package is markup', () => {
    const odd = diffSboms(sbomOf([]), sbomOf([part('a|b<img>`x`', '1.0.0', { purl: 'pkg:npm/odd@1.0.0' })]))
    expect(diffMarkdown(odd)).toContain('| a&#124;b&#60;img&#62;&#96;x&#96; 1.0.0 | none | required |')
    expect(diffMarkdown(found)).toMatch(/^### Packages: `app 1\.0\.0` to `app 1\.0\.0`\n\n2 added/)
  })

  it('is data as well', () => {
    expect(diffJson(found)).toMatchObject({
      schema: 'https://tallystick.dev/schemas/sbom-diff/v1',
      removed: [{ purl: 'pkg:npm/gone@1.0.0', licence: null }],
    })
  })

  it('never lets a control character through', () => {
    const odd = diffSboms(sbomOf([]), sbomOf([part('\u001b[31m', '1.0.0', { purl: 'pkg:npm/odd@1.0.0', licence: '\u202e' })]))
    expect(diffText(odd)).not.toMatch(/[\u001b\u202e]/)
    expect(diffMarkdown(odd)).not.toMatch(/[\u001b\u202e]/)
  })
})

describe('merging SBOMs', () => {
  const one = sbomOf([part('a', '1.0.0', { evidence: [{ cataloger: 'npm', file: 'x', method: 'lockfile', confidence: 1 }] })])
  const other = sbomOf([part('a', '1.0.0', { licence: 'MIT', scope: 'dev' }), part('b', '1.0.0')], {
    subject: { name: 'service', version: '2', purl: 'pkg:generic/service@2', digests: {} },
    edges: [{ from: 'pkg:generic/service@2', to: 'pkg:npm/b@1.0.0' }],
    completeness: 'incomplete',
    created: '2026-11-26T00:00:00Z',
  })

  it('of different subjects makes one that needs each of them', () => {
    const merged = mergeSboms([one, other], { subject: { name: 'product', version: '3' } })
    expect(merged.subject).toMatchObject({ name: 'product', version: '3', purl: 'pkg:generic/product@3' })
    expect(merged.components.map(({ purl }) => purl)).toEqual([
      'pkg:generic/service@2',
      'pkg:npm/a@1.0.0',
      'pkg:npm/app@1.0.0',
      'pkg:npm/b@1.0.0',
    ])
    expect(merged.components[1]).toMatchObject({ licence: 'MIT', scope: 'required', evidence: [{ file: 'x' }] })
    expect(merged.edges).toEqual([
      { from: 'pkg:generic/product@3', to: 'pkg:generic/service@2' },
      { from: 'pkg:generic/product@3', to: 'pkg:npm/app@1.0.0' },
      { from: 'pkg:generic/service@2', to: 'pkg:npm/b@1.0.0' },
      { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/a@1.0.0' },
    ])
    expect(merged).toMatchObject({ completeness: 'incomplete', created: '2026-11-26T00:00:00Z' })
  })

  it('of one subject is of that subject', () => {
    const again = sbomOf([part('b', '1.0.0')], { completeness: 'unknown' })
    const merged = mergeSboms([one, again], {})
    expect(merged.subject).toEqual(SAMPLE.subject)
    expect(merged.components.map(({ purl }) => purl)).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/b@1.0.0'])
    expect(merged.completeness).toBe('unknown')
  })

  it('is the same in any order', () => {
    const options = { subject: { name: 'p', version: '' } }
    expect(mergeSboms([other, shuffled(one)], options)).toEqual(mergeSboms([one, other], options))
  })
})

describe('withholding', () => {
  it('leaves out what is known, and says so', () => {
    const [component] = withhold(FULL, ['licence', 'hashes', 'producer', 'distributions', 'evidence', 'layer']).components
    expect(component).toMatchObject({
      hashes: {},
      evidence: [],
      withheld: ['producer', 'licence', 'hashes', 'distributions', 'evidence', 'layer'],
    })
    for (const field of ['licence', 'concluded', 'producer', 'distributions', 'layer']) expect(component).not.toHaveProperty(field)
  })

  it('does not say of what nobody knows that it is withheld', () => {
    const [component] = withhold(sbomOf([part('a', '1')]), ['licence', 'hashes']).components
    expect(component).toEqual(part('a', '1'))
  })
})

describe('what an SBOM can be refused for', () => {
  const sbom = sbomOf(
    [
      part('whole', '1', { licence: 'MIT', hashes: { sha512: 'aa' } }),
      part('bare', '', { purl: 'pkg:npm/bare', range: '^1' }),
      part('distributed', '1', {
        concluded: { licence: 'MIT', confidence: 0.9, file: 'LICENSE' },
        distributions: [{ hashes: { sha256: 'aa' } }],
      }),
      part('debian', '12', { purl: 'pkg:generic/debian@12', type: 'operating-system' }),
    ],
    { completeness: 'incomplete' },
  )

  it('is named with the components it is about', () => {
    expect(shortcomings(sbom, FAIL_ON).map(({ what, components }) => [what, components.map(({ name }) => name)])).toEqual([
      ['unversioned', ['bare']],
      ['unlicensed', ['bare']],
      ['unhashed', ['bare']],
      ['incomplete', []],
    ])
    expect(shortcomings(sbom, [])).toEqual([])
    expect(shortcomings({ ...sbom, components: [] }, ['empty', 'unversioned'])).toMatchObject([{ what: 'empty' }])
  })
})

describe('separating the base of an image', () => {
  const base = sbomOf([part('libc', '1'), part('old', '1')], {
    subject: { name: 'base', version: '', purl: 'pkg:oci/base@sha256:00', digests: { sha256: '00' } },
  })
  const image = sbomOf([part('libc', '1'), part('old', '2'), part('own', '1')], {
    edges: [
      { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/libc@1' },
      { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/own@1' },
      { from: 'pkg:npm/own@1', to: 'pkg:npm/libc@1' },
    ],
  })

  it('hangs on it what it has at the same version', () => {
    const { components, edges } = separateBase(image, base, { keep: true })
    expect(components.map(({ purl, properties }) => [purl, properties?.['oci:base']])).toEqual([
      ['pkg:npm/libc@1', 'pkg:oci/base@sha256:00'],
      ['pkg:npm/old@2', undefined],
      ['pkg:npm/own@1', undefined],
      ['pkg:oci/base@sha256:00', undefined],
    ])
    expect(edges).toEqual([
      { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/own@1' },
      { from: 'pkg:npm/app@1.0.0', to: 'pkg:oci/base@sha256:00' },
      { from: 'pkg:npm/own@1', to: 'pkg:npm/libc@1' },
      { from: 'pkg:oci/base@sha256:00', to: 'pkg:npm/libc@1' },
    ])
  })

  it('or leaves it out, but for the base itself', () => {
    const { components, edges } = separateBase(image, base, { keep: false })
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:npm/old@2', 'pkg:npm/own@1', 'pkg:oci/base@sha256:00'])
    expect(edges).toEqual([
      { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/own@1' },
      { from: 'pkg:npm/app@1.0.0', to: 'pkg:oci/base@sha256:00' },
      { from: 'pkg:npm/own@1', to: 'pkg:oci/base@sha256:00' },
    ])
  })
})

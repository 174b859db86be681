import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import type { Sbom } from '../../model.ts'
import { FULL, SAMPLE, shuffled } from '../test-sbom.ts'
import { fromSpdx } from './read.ts'
import { toSpdx } from './write.ts'
import { sharedData } from '../../../../test/support/shared-data.ts'

const write = (sbom: Sbom) => JSON.parse(new TextDecoder().decode(toSpdx(sbom)))
const ids = (document: { packages: { SPDXID: string; name: string }[] }) => new Map(document.packages.map((one) => [one.name, one.SPDXID]))

describe('toSpdx', () => {
  it('has what SPDX 2.3 asks for', () => {
    const document = write(SAMPLE)
    expect(document).toMatchObject({
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: 'SPDXRef-DOCUMENT',
      name: 'app-1.0.0',
      creationInfo: { created: '2026-11-25T00:00:00Z', creators: ['Tool: tally-0.1.0'] },
    })
    expect(document.documentNamespace).toMatch(/^https:\/\/tallystick\.dev\/spdx\/app-[0-9a-f-]{36}$/)
    const all = document.packages.map((one: { SPDXID: string }) => one.SPDXID)
    expect(new Set(all).size).toBe(all.length)
    for (const id of all) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/)
    for (const one of document.packages)
      expect(one).toMatchObject({ downloadLocation: 'NOASSERTION', filesAnalyzed: false, copyrightText: 'NOASSERTION' })
  })

  it('carries checksums, package URLs and licences, free text as an extracted one', () => {
    const document = write(SAMPLE)
    const [, a, b, c, d] = document.packages
    expect(a).toMatchObject({
      checksums: [{ algorithm: 'SHA512', checksumValue: 'cd'.repeat(64) }],
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:npm/%40s/a@1.0.0' }],
      licenseDeclared: 'MIT',
      sourceInfo: 'found by npm lockfile package-lock.json',
    })
    expect(b.licenseDeclared).toBe('Apache-2.0 OR MIT')
    expect(d.licenseDeclared).toBe('NOASSERTION')
    expect(c.licenseDeclared).toMatch(/^LicenseRef-[0-9a-f]{16}$/)
    expect(document.hasExtractedLicensingInfos).toEqual([
      { licenseId: c.licenseDeclared, extractedText: 'SEE LICENSE IN <file>', name: 'SEE LICENSE IN <file>' },
    ])
  })

  it('describes the subject, and says what depends on what and what is not known', () => {
    const document = write(SAMPLE)
    const id = ids(document)
    expect(document.relationships[0]).toEqual({
      spdxElementId: 'SPDXRef-DOCUMENT',
      relationshipType: 'DESCRIBES',
      relatedSpdxElement: id.get('app'),
    })
    expect(document.relationships).toContainEqual({
      spdxElementId: id.get('@s/a'),
      relationshipType: 'DEPENDS_ON',
      relatedSpdxElement: id.get('b'),
    })
    expect(document.relationships).toContainEqual({
      spdxElementId: id.get('b'),
      relationshipType: 'DEPENDS_ON',
      relatedSpdxElement: 'NOASSERTION',
    })
    const complete = write({ ...SAMPLE, completeness: 'complete' })
    expect(complete.relationships).toContainEqual({
      spdxElementId: id.get('b'),
      relationshipType: 'DEPENDS_ON',
      relatedSpdxElement: 'NONE',
    })
  })

  it('takes the address of what came from no registry', () => {
    const purl = 'pkg:npm/x@1?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Fx.git%40abc'
    const components = SAMPLE.components.slice(0, 1).map((one) => Object.assign({}, one, { purl }))
    expect(write({ ...SAMPLE, components, edges: [] }).packages[1].downloadLocation).toBe('git+https://host.example/x.git@abc')
  })

  it('gives the same bytes for the same SBOM in any order', () => {
    expect(toSpdx(shuffled(SAMPLE))).toEqual(toSpdx(SAMPLE))
  })

  it.each([
    ['the sample', SAMPLE],
    ['one with everything', FULL],
  ])('reads back %s as it was', (_, sbom) => {
    expect(fromSpdx(toSpdx(sbom))).toEqual(sbom)
  })

  it('says who makes a part, what was concluded, where it is from, and what is withheld', () => {
    const document = write(FULL)
    expect(document.creationInfo).toEqual({
      created: '2026-11-25T00:00:00Z',
      creators: ['Organization: Some Author (author@host.example)', 'Tool: tally-0.1.0'],
      comment: 'Analyzed',
    })
    const [, a] = document.packages
    expect(a).toMatchObject({
      supplier: 'Organization: Maker [of a] (https://maker.example/)',
      originator: 'Organization: Maker [of a] (https://maker.example/)',
      licenseConcluded: 'MIT',
      downloadLocation: 'https://files.example/a%20b.tgz',
    })
    const comments = a.annotations.map(({ comment }: { comment: string }) => comment)
    expect(comments).toEqual([
      'range: ^1.0',
      `layer: sha256:${'ef'.repeat(32)}`,
      'withheld: evidence',
      'licence from: 0.9 LICENSE',
      'property: npm:x=y=z',
    ])
  })
})

function read(document: object): Sbom {
  return fromSpdx(utf8(JSON.stringify({ spdxVersion: 'SPDX-2.3', ...document })))
}

describe('fromSpdx', () => {
  it('turns reversed relationships round and takes the scope from them', () => {
    const sbom = read({
      name: 'doc',
      packages: [
        { SPDXID: 'SPDXRef-app', name: 'app', versionInfo: '1' },
        { SPDXID: 'SPDXRef-t', name: 't', licenseDeclared: 'NOASSERTION', licenseConcluded: 'MIT' },
        { SPDXID: 'SPDXRef-u', name: 'u', licenseDeclared: 'NONE' },
      ],
      documentDescribes: ['SPDXRef-app'],
      relationships: [
        { spdxElementId: 'SPDXRef-t', relationshipType: 'DEV_DEPENDENCY_OF', relatedSpdxElement: 'SPDXRef-app' },
        { spdxElementId: 'SPDXRef-app', relationshipType: 'CONTAINS', relatedSpdxElement: 'SPDXRef-u' },
        { spdxElementId: 'SPDXRef-app', relationshipType: 'CONTAINS', relatedSpdxElement: 'NOASSERTION' },
      ],
    })
    expect(sbom.subject).toMatchObject({ name: 'app', version: '1', purl: 'pkg:generic/app@1' })
    expect(sbom.edges).toEqual([
      { from: 'pkg:generic/app@1', to: 'pkg:generic/t' },
      { from: 'pkg:generic/app@1', to: 'pkg:generic/u' },
    ])
    expect(sbom.components.map(({ name, scope, licence }) => [name, scope, licence])).toEqual([
      ['t', 'dev', 'MIT'],
      ['u', 'required', undefined],
    ])
  })

  it.each([
    [{ spdxVersion: 'SPDX-3.0' }, 'version-unsupported'],
    [{ packages: [{ name: 'x' }] }, 'evidence-malformed'],
    [{ relationships: {} }, 'evidence-malformed'],
  ])('refuses %j', (document, code) => {
    expect(() => read(document)).toThrow(expect.objectContaining({ code }))
  })
})

const data = sharedData('spdx-examples')

describe.skipIf(data === undefined)('examples of the SPDX project', () => {
  const files =
    data === undefined
      ? []
      : readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json') && !name.includes('spdx3'))

  it.each(files)('%s goes in, out and in again unchanged', (name) => {
    const sbom = fromSpdx(new Uint8Array(readFileSync(join(data ?? '', name))), name)
    expect(sbom.components.length + sbom.subject.name.length).toBeGreaterThan(0)
    expect(fromSpdx(toSpdx(sbom))).toEqual(sbom)
  })
})

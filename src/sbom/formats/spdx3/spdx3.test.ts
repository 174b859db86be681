import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import type { Sbom } from '../../model.ts'
import { FULL, SAMPLE, shuffled } from '../test-sbom.ts'
import { fromSpdx3 } from './read.ts'
import { toSpdx3 } from './write.ts'
import { sharedData } from '../../../../test/support/shared-data.ts'

type Element = { type: string; spdxId: string; [key: string]: unknown }
const write = (sbom: Sbom): Element[] => JSON.parse(new TextDecoder().decode(toSpdx3(sbom)))['@graph']
const of = (graph: Element[], type: string) => graph.filter((element) => element.type === type)

describe('toSpdx3', () => {
  it('is a document that holds an SBOM with the subject at its root', () => {
    const graph = write(FULL)
    const [document] = of(graph, 'SpdxDocument')
    const [list] = of(graph, 'software_Sbom')
    const subject = graph.find((element) => element['software_packageUrl'] === 'pkg:npm/app@1.0.0')
    expect(document).toMatchObject({
      name: 'app-1.0.0',
      rootElement: [list?.spdxId],
      profileConformance: ['core', 'simpleLicensing', 'software'],
    })
    expect(list).toMatchObject({ rootElement: [subject?.spdxId], software_sbomType: ['analyzed'] })
    expect(document?.spdxId).toMatch(/^https:\/\/tallystick\.dev\/spdx\/app-[0-9a-f-]{36}#document$/)
    const ids = graph.flatMap(({ spdxId }) => (spdxId === undefined ? [] : [spdxId]))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('names who created it: an author, or where nobody says who the software', () => {
    const agents = (sbom: Sbom) => {
      const graph = write(sbom)
      const [created] = of(graph, 'CreationInfo')
      return graph
        .filter(({ spdxId }) => (created as { createdBy: unknown[] } | undefined)?.createdBy.includes(spdxId))
        .map(({ type, name }) => [type, name])
    }
    expect(agents(FULL)).toEqual([['Organization', 'Some Author']])
    expect(agents(SAMPLE)).toEqual([['SoftwareAgent', 'tally']])
  })

  it('names only elements it holds, or those every document may name', () => {
    const graph = write(FULL)
    const ids = new Set(graph.map(({ spdxId }) => spdxId))
    for (const { from, to } of of(graph, 'Relationship') as unknown as { from: string; to: string[] }[]) {
      expect(ids).toContain(from)
      for (const target of to) if (!target.startsWith('https://spdx.org/rdf/3.0.1/terms/')) expect(ids).toContain(target)
    }
  })

  it('carries a licence that is on no list as its text', () => {
    const graph = write(SAMPLE)
    const licence = graph.find((element) => String(element['simplelicensing_licenseExpression']).startsWith('LicenseRef-'))
    const [{ value } = { value: '' }] = (licence as Element)['simplelicensing_customIdToUri'] as { value: string }[]
    expect(graph.find(({ spdxId }) => spdxId === value)).toMatchObject({ simplelicensing_licenseText: 'SEE LICENSE IN <file>' })
  })

  it('gives the same bytes for the same SBOM in any order', () => {
    expect(toSpdx3(shuffled(FULL))).toEqual(toSpdx3(FULL))
  })

  it.each([
    ['the sample', SAMPLE],
    ['one with everything', FULL],
    ['a complete one', { ...SAMPLE, completeness: 'complete' } satisfies Sbom],
  ])('reads back %s as it was', (_, sbom) => {
    expect(fromSpdx3(toSpdx3(sbom))).toEqual(sbom)
  })
})

describe('fromSpdx3', () => {
  const read = (graph: readonly object[]): Sbom =>
    fromSpdx3(utf8(JSON.stringify({ '@context': 'x', '@graph': [{ type: 'CreationInfo', '@id': '_:c', specVersion: '3.0.1' }, ...graph] })))
  const part = (name: string, more: object = {}): object => ({ type: 'software_Package', spdxId: name, name, ...more })

  it('takes scopes from relationships, elements that stand in place of their ids, and single values for lists', () => {
    const sbom = read([
      { type: 'SpdxDocument', spdxId: 'd', rootElement: 'app' },
      part('app', { software_packageVersion: '1' }),
      part('t', {
        originatedBy: [{ spdxId: 'maker' }],
        externalIdentifier: [{ externalIdentifierType: 'packageUrl', identifier: 'pkg:npm/T@1' }],
      }),
      { type: 'Organization', spdxId: 'maker', name: 'Maker' },
      { type: 'software_File', spdxId: 'f', name: './a/f' },
      {
        type: 'LifecycleScopedRelationship',
        spdxId: 'r1',
        relationshipType: 'dependsOn',
        scope: 'development',
        from: 'app',
        to: ['t', 'gone'],
      },
      { type: 'Relationship', spdxId: 'r2', relationshipType: 'contains', from: 'app', to: 'f' },
      { type: 'Relationship', spdxId: 'r3', relationshipType: 'hasConcludedLicense', from: 't', to: ['l'] },
      { type: 'simplelicensing_LicenseExpression', spdxId: 'l', simplelicensing_licenseExpression: 'MIT' },
    ])
    expect(sbom.subject.purl).toBe('pkg:generic/app@1')
    expect(sbom.components.map(({ purl, type, scope, licence, producer }) => [purl, type, scope, licence, producer?.name])).toEqual([
      ['pkg:generic/.%2Fa%2Ff', 'file', 'required', undefined, undefined],
      ['pkg:npm/T@1', 'library', 'dev', 'MIT', 'Maker'],
    ])
    expect(sbom.edges).toHaveLength(2)
  })

  it.each([
    [{ '@graph': [] }, 'evidence-malformed'],
    [{ '@graph': [{ type: 'CreationInfo', '@id': '_:c', specVersion: '4.0' }] }, 'version-unsupported'],
    [{ '@graph': {} }, 'evidence-malformed'],
    [{ '@graph': [{ spdxId: 'x' }] }, 'evidence-malformed'],
    [[], 'evidence-malformed'],
  ])('refuses %j', (document, code) => {
    expect(() => fromSpdx3(utf8(JSON.stringify(document)))).toThrow(expect.objectContaining({ code }))
  })
})

const data = sharedData('spdx-examples')

describe.skipIf(data === undefined)('examples of the SPDX project, version 3', () => {
  const files =
    data === undefined
      ? []
      : readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/spdx3.0/') && path.endsWith('.json'))

  it('round-trips all of them', () => {
    expect(files.length).toBeGreaterThan(15)
    for (const path of files) {
      const sbom = fromSpdx3(new Uint8Array(readFileSync(join(data ?? '', path))), path)
      expect(fromSpdx3(toSpdx3(sbom)), path).toEqual(sbom)
    }
  })
})

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { systemDeps } from '../../kernel/system.ts'
import { CYCLONEDX_VERSIONS } from '../formats/cyclonedx/versions.ts'
import { toCycloneDx } from '../formats/cyclonedx/write.ts'
import { toSpdx } from '../formats/spdx/write.ts'
import { toSpdx3 } from '../formats/spdx3/write.ts'
import { FULL, SAMPLE } from '../formats/test-sbom.ts'
import { cycloneDxSchemas } from './schema-files.ts'
import { validateSbom } from './validate.ts'
import { sharedData } from '../../../test/support/shared-data.ts'

const schemas = await cycloneDxSchemas(systemDeps({ log: () => undefined, signal: new AbortController().signal }))
const judge = (bytes: Uint8Array) => validateSbom(bytes, 'SBOM', schemas)
const shown = (bytes: Uint8Array) => judge(bytes).problems.map(({ severity, path, message }) => `${severity} ${path} ${message}`)

type Draft = { [key: string]: unknown }

/** A document that is written right, changed. */
function changed(bytes: Uint8Array, change: (document: Draft) => void): Uint8Array {
  const document = JSON.parse(new TextDecoder().decode(bytes)) as Draft
  change(document)
  return utf8(JSON.stringify(document))
}

describe('what is written here', () => {
  it.each([
    ['the sample', SAMPLE],
    ['one with everything', FULL],
    ['an empty one', { ...SAMPLE, components: [], edges: [] }],
  ])('is valid: %s', (_, sbom) => {
    for (const version of CYCLONEDX_VERSIONS) expect(shown(toCycloneDx(sbom, version)), version).toEqual([])
    expect(shown(toSpdx(sbom))).toEqual([])
    expect(shown(toSpdx3(sbom))).toEqual([])
  })

  it('is told by its format, version and id', () => {
    expect(judge(toCycloneDx(SAMPLE, '1.7')).document).toMatchObject({
      format: 'CycloneDX',
      version: '1.7',
      id: expect.stringMatching(/^urn:uuid:/),
      revision: '1',
    })
    expect(judge(toSpdx(SAMPLE)).document).toMatchObject({ format: 'SPDX', version: '2.3', id: expect.stringMatching(/^https:/) })
    expect(judge(toSpdx3(SAMPLE)).document).toMatchObject({ format: 'SPDX', version: '3.0.1', id: expect.stringMatching(/#document$/) })
  })
})

describe('CycloneDX', () => {
  const part = (document: Draft, at: number): Draft => (document['components'] as Draft[])[at] as Draft

  it.each<[string, (document: Draft) => void, string]>([
    ['a field nobody knows', (d) => void (d['colour'] = 'red'), 'error $.colour is no field of this kind of object'],
    ['a component without a type', (d) => void delete part(d, 0)['type'], 'error $.components[0] has no `type`'],
    ['a wrong kind of value', (d) => void (d['version'] = 'one'), 'error $.version is string, not integer'],
    [
      'a reference that names two parts',
      (d) => void (part(d, 1)['bom-ref'] = part(d, 0)['bom-ref']),
      'warning $.components[1].bom-ref names two parts',
    ],
    [
      'a dependency on nothing',
      (d) => void (d['dependencies'] = [{ ref: 'nowhere', dependsOn: [] }]),
      'warning $.dependencies[0] names 1 part(s) that are not in the document',
    ],
    [
      'a package URL that is none',
      (d) => void (part(d, 0)['purl'] = 'npm/a'),
      'warning $.components[0].purl is not a package URL: it does not start with `pkg:`',
    ],
  ])('with %s', (_, change, problem) => {
    expect(shown(changed(toCycloneDx(SAMPLE), change))).toContain(problem)
  })

  it('with many problems has the first hundred of them', () => {
    const components = Array.from({ length: 300 }, () => ({ name: 'x' }))
    expect(shown(changed(toCycloneDx(SAMPLE), (document) => void (document['components'] = components)))).toHaveLength(100)
  })

  it('of a version without a schema here is not judged', () => {
    expect(() => judge(utf8('{"bomFormat":"CycloneDX","specVersion":"1.2"}'))).toThrow(
      expect.objectContaining({ code: 'version-unsupported' }),
    )
  })

  it('that no reader would take is judged all the same', () => {
    expect(shown(utf8('{"bomFormat":"CycloneDX","specVersion":"1.6","components":{}}'))).toContain(
      'error $.components is object, not array',
    )
  })
})

describe('SPDX 2', () => {
  const packages = (document: Draft): Draft[] => document['packages'] as Draft[]

  it.each<[string, (document: Draft) => void, RegExp]>([
    ['no licence of its data', (d) => void delete d['dataLicense'], /dataLicense/],
    [
      'a time with an offset',
      (d) => void (d['creationInfo'] = { created: '2026-01-01T00:00:00+01:00', creators: ['Tool: x'] }),
      /created is no time in UTC/,
    ],
    ['an id of a wrong form', (d) => void ((packages(d)[0] as Draft)['SPDXID'] = 'x y'), /is no SPDX identifier/],
    [
      'one id for two packages',
      (d) => void ((packages(d)[1] as Draft)['SPDXID'] = (packages(d)[2] as Draft)['SPDXID']),
      /uses one SPDXID for two elements/,
    ],
    [
      'a relationship to nothing',
      (d) =>
        void (d['relationships'] as unknown[]).push({
          spdxElementId: 'SPDXRef-x',
          relationshipType: 'CONTAINS',
          relatedSpdxElement: 'NONE',
        }),
      /names an element that is not in the document/,
    ],
    [
      'a licence that is no expression',
      (d) => void ((packages(d)[1] as Draft)['licenseDeclared'] = 'Some Licence'),
      /is no SPDX licence expression/,
    ],
    [
      'a licence without its text',
      (d) => void ((packages(d)[1] as Draft)['licenseDeclared'] = 'LicenseRef-gone'),
      /whose text is not in the document/,
    ],
    ['nothing that it describes', (d) => void (d['relationships'] = []), /DESCRIBES/],
  ])('with %s', (_, change, problem) => {
    expect(shown(changed(toSpdx(SAMPLE), change)).join('\n')).toMatch(problem)
  })
})

describe('SPDX 3', () => {
  const graph = (document: Draft): Draft[] => document['@graph'] as Draft[]
  const first = (document: Draft, type: string): Draft => graph(document).find((element) => element['type'] === type) as Draft

  it.each<[string, (document: Draft) => void, RegExp]>([
    ['no document', (d) => void (d['@graph'] = graph(d).filter((element) => element['type'] !== 'SpdxDocument')), /has no SpdxDocument/],
    ['no creation info', (d) => void delete first(d, 'software_Package')['creationInfo'], /has no creationInfo/],
    ['a package without a name', (d) => void delete first(d, 'software_Package')['name'], /name/],
    [
      'one id for two elements',
      (d) => void (first(d, 'Tool')['spdxId'] = first(d, 'software_Sbom')['spdxId']),
      /has the id of another element/,
    ],
    ['a relationship to nothing', (d) => void (first(d, 'Relationship')['to'] = ['urn:x:gone']), /^warning .* names 1 element/m],
    ['an odd completeness', (d) => void (first(d, 'Relationship')['completeness'] = 'mostly'), /completeness/],
    ['an empty graph', (d) => void (d['@graph'] = []), /@graph/],
  ])('with %s', (_, change, problem) => {
    expect(shown(changed(toSpdx3(SAMPLE), change)).join('\n')).toMatch(problem)
  })
})

describe('what is no SBOM', () => {
  it.each(['{}', '[]', 'null', '"x"', '{"bomFormat":"SPDX"}', 'not json'])('%s is refused', (text) => {
    expect(() => judge(utf8(text))).toThrow(expect.objectContaining({ code: 'evidence-malformed' }))
  })
})

const data = sharedData('spdx-examples')

describe.skipIf(data === undefined)('examples of the SPDX project', () => {
  const files = data === undefined ? [] : readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'))

  it('are judged without a fault of ours, whatever they are worth', () => {
    let judged = 0
    for (const path of files) {
      const bytes = new Uint8Array(readFileSync(join(data ?? '', path)))
      if (!/"(?:spdxVersion|@graph)"/.test(new TextDecoder().decode(bytes))) continue
      expect(Array.isArray(judge(bytes).problems), path).toBe(true)
      judged += 1
    }
    expect(judged).toBeGreaterThan(15)
  })
})

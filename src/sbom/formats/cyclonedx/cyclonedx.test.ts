import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import type { Json } from '../../../kernel/json.ts'
import type { Component, Sbom } from '../../model.ts'
import { FULL, SAMPLE, shuffled } from '../test-sbom.ts'
import { checkSchema } from '../../validate/json-schema.ts'
import { cycloneDxSchemas } from '../../validate/schema-files.ts'
import { systemDeps } from '../../../kernel/system.ts'
import { fromCycloneDx } from './read.ts'
import { CYCLONEDX_VERSIONS } from './versions.ts'
import type { CycloneDxVersion } from './versions.ts'
import { toCycloneDx } from './write.ts'
import { sharedData } from '../../../../test/support/shared-data.ts'

const data = sharedData('cyclonedx')

const write = (sbom: Sbom, version?: CycloneDxVersion) => JSON.parse(new TextDecoder().decode(toCycloneDx(sbom, version)))

describe('toCycloneDx', () => {
  it('says what a part is, what it claims, how it was found and what it needs', () => {
    const document = write(SAMPLE)
    expect(document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
    expect(document.metadata).toEqual({
      timestamp: '2026-11-25T00:00:00Z',
      tools: { components: [{ type: 'application', name: 'tally', version: '0.1.0' }] },
      component: {
        type: 'application',
        'bom-ref': 'pkg:npm/app@1.0.0',
        name: 'app',
        version: '1.0.0',
        hashes: [{ alg: 'SHA-256', content: 'ab'.repeat(32) }],
        purl: 'pkg:npm/app@1.0.0',
      },
      properties: [{ name: 'tally:unknown', value: 'author' }],
    })
    expect(document.components[0]).toEqual({
      type: 'library',
      'bom-ref': 'pkg:npm/%40s/a@1.0.0',
      name: '@s/a',
      version: '1.0.0',
      scope: 'required',
      hashes: [{ alg: 'SHA-512', content: 'cd'.repeat(64) }],
      licenses: [{ license: { id: 'MIT', acknowledgement: 'declared' } }],
      purl: 'pkg:npm/%40s/a@1.0.0',
      evidence: {
        identity: [
          {
            field: 'purl',
            confidence: 1,
            concludedValue: 'pkg:npm/%40s/a@1.0.0',
            methods: [{ technique: 'manifest-analysis', confidence: 1, value: 'package-lock.json' }],
          },
        ],
        occurrences: [{ location: 'package-lock.json', additionalContext: 'npm lockfile' }],
      },
      properties: [{ name: 'tally:unknown', value: 'producer' }],
    })
    expect(document.components.map((one: { scope: string }) => one.scope)).toEqual(['required', 'optional', 'excluded', 'required'])
    expect(document.components.map((one: { licenses?: unknown }) => one.licenses)).toEqual([
      [{ license: { id: 'MIT', acknowledgement: 'declared' } }],
      [{ expression: 'Apache-2.0 OR MIT', acknowledgement: 'declared' }],
      [{ license: { name: 'SEE LICENSE IN <file>', acknowledgement: 'declared' } }],
      undefined,
    ])
    expect(document.compositions).toEqual([{ aggregate: 'incomplete', dependencies: ['pkg:npm/app@1.0.0'] }])
  })

  it('lists every part among the dependencies, leaves with an empty list', () => {
    expect(write(SAMPLE).dependencies).toEqual([
      { ref: 'pkg:npm/%40s/a@1.0.0', dependsOn: ['pkg:npm/b@2.0.0'] },
      { ref: 'pkg:npm/app@1.0.0', dependsOn: ['pkg:npm/%40s/a@1.0.0', 'pkg:npm/c@3.0.0', 'pkg:npm/d'] },
      { ref: 'pkg:npm/b@2.0.0', dependsOn: [] },
      { ref: 'pkg:npm/c@3.0.0', dependsOn: [] },
      { ref: 'pkg:npm/d', dependsOn: [] },
    ])
  })

  it('gives the same bytes for the same SBOM in any order, and another serial number for another SBOM', () => {
    expect(toCycloneDx(shuffled(SAMPLE))).toEqual(toCycloneDx(SAMPLE))
    const serial = write(SAMPLE).serialNumber
    expect(serial).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(write({ ...SAMPLE, completeness: 'complete' }).serialNumber).not.toBe(serial)
  })

  it.each(CYCLONEDX_VERSIONS.flatMap((version) => [[version, SAMPLE] as const, [version, FULL] as const]))(
    'is read back as it was, from %s',
    (version, sbom) => {
      expect(fromCycloneDx(toCycloneDx(sbom, version))).toEqual(sbom)
    },
  )

  it('says who made it and its parts, what was concluded, where parts are from, and what is withheld', () => {
    const document = write(FULL)
    expect(document.metadata).toMatchObject({
      lifecycles: [{ phase: 'post-build' }],
      authors: [{ name: 'Some Author', email: 'author@host.example' }],
      manufacturer: { name: 'Some Author', contact: [{ email: 'author@host.example' }] },
    })
    expect(document.components[0]).toMatchObject({
      supplier: { name: 'Maker [of a]', url: ['https://maker.example/'] },
      manufacturer: { name: 'Maker [of a]', url: ['https://maker.example/'] },
      externalReferences: [
        { type: 'distribution', url: 'https://files.example/a%20b.tgz', hashes: [{ alg: 'SHA-256', content: 'ab'.repeat(32) }] },
      ],
      evidence: { licenses: [{ license: { id: 'MIT', acknowledgement: 'concluded' } }] },
      properties: [
        { name: 'tally:layer', value: `sha256:${'ef'.repeat(32)}` },
        { name: 'tally:range', value: '^1.0' },
        { name: 'tally:withheld', value: 'evidence' },
        { name: 'tally:licence-from', value: '0.9 LICENSE' },
        { name: 'tally:npm:x', value: 'y=z' },
      ],
    })
  })

  it('tells what nobody knows from what is withheld', () => {
    const components = SAMPLE.components.slice(0, 1).map((one) => Object.assign({}, one, { hashes: {}, withheld: ['hashes'] }))
    const properties = write({ ...SAMPLE, components, edges: [] }).components[0].properties
    expect(properties).toEqual([
      { name: 'tally:unknown', value: 'producer' },
      { name: 'tally:withheld', value: 'hashes' },
    ])
  })

  it('names a file that is known by its hash alone by that hash', () => {
    const distributions = [{ hashes: { sha256: 'ab'.repeat(32) } }, { hashes: { md5: '0'.repeat(32) } }]
    const components = SAMPLE.components.slice(0, 1).map((one) => Object.assign({}, one, { distributions }))
    const sbom = { ...SAMPLE, components, edges: [] }
    const urls = write(sbom).components[0].externalReferences.map(({ url }: { url: string }) => url)
    expect(urls).toEqual([`hash://md5/${'0'.repeat(32)}`, `ni:///sha-256;${Buffer.from('ab'.repeat(32), 'hex').toString('base64url')}`])
    expect(fromCycloneDx(toCycloneDx(sbom)).components[0]?.distributions).toEqual(distributions.toReversed())
  })
})

/** The sample's components, all with the same oddity. */
function withEach(odd: Partial<Component>): Component[] {
  return SAMPLE.components.map((one) => Object.assign({}, one, odd))
}

function read(document: object): Sbom {
  return fromCycloneDx(utf8(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', ...document })))
}

describe('fromCycloneDx', () => {
  it('reads what other tools write: nested parts, circles, null lists, old tools, parts without a package URL', () => {
    const sbom = read({
      metadata: { tools: [{ vendor: 'v', name: 'other', version: '9' }] },
      components: [
        {
          type: 'library',
          'bom-ref': '1',
          name: 'a',
          purl: 'pkg:npm/@s/a@1',
          components: [{ type: 'file', 'bom-ref': '2', name: '/etc/x' }],
        },
        { type: 'container', 'bom-ref': '3', name: 'base', version: '1', purl: 'not a purl' },
      ],
      dependencies: [
        { ref: '1', dependsOn: ['3', 'nowhere', '1'] },
        { ref: '3', dependsOn: ['1'] },
        { ref: '2', dependsOn: null },
      ],
    })
    expect(sbom.components.map(({ purl, type }) => `${type} ${purl}`)).toEqual([
      'application pkg:generic/base@1',
      'file pkg:generic/etc%2Fx',
      'library pkg:npm/%40s/a@1',
    ])
    expect(sbom.edges).toEqual([
      { from: 'pkg:generic/base@1', to: 'pkg:npm/%40s/a@1' },
      { from: 'pkg:npm/%40s/a@1', to: 'pkg:generic/base@1' },
      { from: 'pkg:npm/%40s/a@1', to: 'pkg:generic/etc%2Fx' },
    ])
    expect(sbom).toMatchObject({ completeness: 'unknown', tool: { name: 'other', version: '9' } })
  })

  it.each([
    [['complete'], 'complete'],
    [['complete', 'unknown'], 'unknown'],
    [['complete', 'incomplete_first_party_only'], 'incomplete'],
    [[], 'unknown'],
  ])('takes the compositions %j for %s', (aggregates, completeness) => {
    expect(read({ compositions: aggregates.map((aggregate) => ({ aggregate })) }).completeness).toBe(completeness)
  })

  it('joins licences that stand beside each other', () => {
    const licenses = [{ license: { id: 'MIT' } }, { license: { name: 'Other' } }, {}]
    expect(read({ components: [{ type: 'library', name: 'a', licenses }] }).components[0]?.licence).toBe('(MIT) AND (Other)')
  })

  it.each([
    [{ bomFormat: 'SPDX' }, 'evidence-malformed'],
    [{ specVersion: '2.0' }, 'version-unsupported'],
    [{ components: [{ type: 'library' }] }, 'evidence-malformed'],
    [{ components: 'x' }, 'evidence-malformed'],
  ])('refuses %j', (document, code) => {
    expect(() => read(document)).toThrow(expect.objectContaining({ code }))
  })
})

const schemas = await cycloneDxSchemas(systemDeps({ log: () => undefined, signal: new AbortController().signal }))

/** The first reason why a document does not fit the schema. */
function whyInvalid(document: Json, file: string): string | undefined {
  return checkSchema(document, file, schemas, 1).map(({ path, message }) => `${path} ${message}`)[0]
}

describe('documents that are written', () => {
  it.each([
    ['the sample', SAMPLE],
    ['one with everything', FULL],
    ['an image without a version', { ...SAMPLE, subject: { name: 'image', version: '', purl: 'pkg:oci/image@sha256:00', digests: {} } }],
    ['an empty SBOM', { ...SAMPLE, components: [], edges: [], completeness: 'unknown' } satisfies Sbom],
    ['absurd texts', { ...SAMPLE, components: withEach({ name: '\u0000\u202e"', version: '<script>', licence: '\n' }) }],
    [
      'hashes of other kinds',
      {
        ...SAMPLE,
        components: withEach({ hashes: { gitCommit: '00', sha256: 'zz', md5: '0'.repeat(32) } }),
      },
    ],
  ])('%s is written so that it fits the schema of every version', (_, sbom) => {
    for (const version of CYCLONEDX_VERSIONS) {
      expect(whyInvalid(write(sbom, version), `bom-${version}.schema.json`), version).toBeUndefined()
    }
  })
})

describe.skipIf(data === undefined)("CycloneDX's own cases", () => {
  it.each(['1.4', '1.5', '1.6', '1.7'])('every case of %s is judged right', (version) => {
    const folder = join(data ?? '', version)
    for (const name of readdirSync(folder)) {
      const why = whyInvalid(JSON.parse(readFileSync(join(folder, name), 'utf8')), `bom-${version}.schema.json`)
      expect(why === undefined, `${name}: ${why ?? 'fits'}`).toBe(name.startsWith('valid'))
    }
  })

  it.each(['1.4', '1.5', '1.6', '1.7'])('every valid case of %s is read, and written again so that it fits the schema', (version) => {
    const folder = join(data ?? '', version)
    for (const name of readdirSync(folder).filter((name) => name.startsWith('valid'))) {
      const sbom = fromCycloneDx(new Uint8Array(readFileSync(join(folder, name))), name)
      for (const other of CYCLONEDX_VERSIONS) {
        expect(whyInvalid(write(sbom, other), `bom-${other}.schema.json`), name).toBeUndefined()
        expect(fromCycloneDx(toCycloneDx(sbom, other)), name).toEqual(sbom)
      }
    }
  })
})

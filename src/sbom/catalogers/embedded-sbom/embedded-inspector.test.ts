import { describe, expect, it } from 'vitest'
import { inPieces } from '../../../artifact/tar-fixture.ts'
import { toBase64, utf8 } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { assembleSbom } from '../../assemble.ts'
import { startCollection, warnOfUnread } from '../../collect.ts'
import { toCycloneDx } from '../../formats/cyclonedx/write.ts'
import { toSpdx } from '../../formats/spdx/write.ts'
import { toSpdx3 } from '../../formats/spdx3/write.ts'
import { SAMPLE } from '../../formats/test-sbom.ts'
import { fuzz } from '../../fuzz-fixture.ts'
import type { Inspected } from '../inspector.ts'
import { pythonCataloger } from '../python/python-cataloger.ts'
import { embeddedInspector } from './embedded-inspector.ts'

const SITE = 'usr/lib/python3.12/site-packages'

async function inspect(path: string, bytes: Uint8Array): Promise<Inspected> {
  expect(embeddedInspector.mayWant({ path, size: bytes.byteLength, executable: false })).toBe(true)
  return await embeddedInspector.inspect({ path, size: bytes.byteLength, layer: 'sha256:00', content: inPieces(bytes) })
}

function statementOf(predicateType: string, sbom: Uint8Array): Uint8Array {
  const predicate: unknown = JSON.parse(Buffer.from(sbom).toString())
  return utf8(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject: [], predicateType, predicate }))
}

function envelopeOf(statement: Uint8Array): object {
  return { payloadType: 'application/vnd.in-toto+json', payload: toBase64(statement), signatures: [{ sig: 'AAAA' }] }
}

const CDX = toCycloneDx(SAMPLE)
const ENVELOPE = envelopeOf(statementOf('https://cyclonedx.org/bom', CDX))
const PACKAGES = SAMPLE.components.map(({ purl }) => purl)

describe('an SBOM that lies in what is looked at', () => {
  it.each([
    ['CycloneDX of a wheel (PEP 770)', `${SITE}/a-1.dist-info/sboms/a.cdx.json`, CDX, 'CycloneDX 1.6', false],
    ['CycloneDX of vendored packages', `${SITE}/pip/_vendor/bom.cdx.json`, CDX, 'CycloneDX 1.6', false],
    ['SPDX of a distribution', 'usr/share/sbom/x.spdx.json', toSpdx(SAMPLE), 'SPDX 2.3', false],
    ['SPDX of apko', 'var/lib/db/sbom/x-1.0-r0.spdx.json', toSpdx(SAMPLE), 'SPDX 2.3', false],
    ['SPDX of Bitnami', 'opt/bitnami/redis/.spdx-redis.spdx', toSpdx(SAMPLE), 'SPDX 2.3', false],
    ['SPDX 3', 'usr/share/sbom/x.spdx.json', toSpdx3(SAMPLE), 'SPDX 3.0.1', false],
    ['an attestation', 'opt/app/sbom.intoto.json', utf8(JSON.stringify(ENVELOPE)), 'CycloneDX 1.6', true],
    ['a bare statement', 'opt/app/sbom.intoto.json', statementOf('https://spdx.dev/Document/v2.3', toSpdx(SAMPLE)), 'SPDX 2.3', true],
    ['attestations line by line', 'opt/app/sbom.intoto.jsonl', utf8(`\n${JSON.stringify(ENVELOPE)}\n`), 'CycloneDX 1.6', true],
    ['a bundle', 'usr/share/sbom/x.sigstore.json', utf8(JSON.stringify({ mediaType: 'x', dsseEnvelope: ENVELOPE })), 'CycloneDX 1.6', true],
  ])('is a claim as %s', async (_, path, bytes, format, attested) => {
    const claims = (await inspect(path, bytes))?.catalog?.claims ?? []
    expect(claims).toMatchObject([{ file: path, layer: 'sha256:00', format, attested, packages: PACKAGES }])
  })

  it.each([
    ['is none', 'usr/share/sbom/notes.txt', utf8('nothing that could be read by anybody')],
    ['is broken', 'usr/share/sbom/x.spdx.json', CDX.subarray(0, 400)],
    [
      'attests something else',
      'opt/a.intoto.json',
      utf8(JSON.stringify(envelopeOf(statementOf('https://slsa.dev/provenance/v1', utf8('{}'))))),
    ],
    ['is an attestation of no JSON', 'opt/a.intoto.json', utf8(JSON.stringify(envelopeOf(utf8('x'))))],
    ['is an attestation of no base64', 'opt/a.intoto.json', utf8(JSON.stringify({ ...ENVELOPE, payload: '&&&&' }))],
  ])('claims nothing when it %s', async (_, path, bytes) => {
    expect(await inspect(path, bytes)).toBeUndefined()
  })

  it.each([
    ['a project’s own document', 'sbom.cdx.json', 5000],
    ['one beside sources', 'src/app/bom.cdx.json', 5000],
    ['one that is too large', 'usr/share/sbom/x.cdx.json', LIMITS.embeddedSbomBytes + 1],
  ])('is not looked for in %s', (_, path, size) => {
    expect(embeddedInspector.mayWant({ path, size, executable: false })).toBe(false)
  })

  it('is compared with what is there, and none of what it claims becomes a component', async () => {
    const path = `${SITE}/pip/_vendor/bom.cdx.json`
    const claimed = ['pkg:pypi/there@1.0', 'pkg:pypi/phantom@2.0', 'pkg:pypi/urllib3@9.9']
    const bytes = toCycloneDx({
      ...SAMPLE,
      components: claimed.map((purl) => ({ purl, name: purl, version: '1', type: 'library', hashes: {}, evidence: [], scope: 'required' })),
      edges: [],
    })
    const collection = startCollection([pythonCataloger], 'installed')
    collection.take(`${SITE}/there-1.0.dist-info/METADATA`, utf8('Name: There\nVersion: 1.0\n'), 'sha256:00')
    collection.note(path, await inspect(path, bytes))
    const { catalogs, completeness, ...open } = collection.finish()
    const warnings: string[] = []
    warnOfUnread({ log: (_, message) => warnings.push(message) }, open)
    expect(warnings).toEqual([
      `${path} claims 3 packages, of which 2 were not found (pkg:pypi/phantom@2.0 and 1 more); claims are not in the SBOM`,
    ])
    const sbom = assembleSbom(catalogs, { subject: {}, fallbackName: 'x', created: '2026-01-01T00:00:00Z', completeness })
    expect(sbom.components.map(({ name, type, layer }) => [name, type, layer])).toEqual([
      ['bom.cdx.json', 'file', 'sha256:00'],
      ['There', 'library', 'sha256:00'],
    ])
    expect(sbom.components[0]?.properties).toMatchObject({
      'claim:format': 'CycloneDX 1.6',
      'claim:not-found': '2',
      'claim:not-found-packages': 'pkg:pypi/phantom@2.0 pkg:pypi/urllib3@9.9',
      'claim:packages': '3',
      'claim:verified': 'false',
    })
  })

  it('that claims what is there is kept without a word, however its package URLs are written', async () => {
    const path = 'usr/share/sbom/x.cdx.json'
    const bytes = toCycloneDx({
      ...SAMPLE,
      components: [
        {
          purl: 'pkg:pypi/There@1.0?checksum=sha256:00',
          name: 'x',
          version: '1.0',
          type: 'library',
          hashes: {},
          evidence: [],
          scope: 'required',
        },
      ],
      edges: [],
    })
    const collection = startCollection([pythonCataloger], 'installed')
    collection.take(`${SITE}/there-1.0.dist-info/METADATA`, utf8('Name: there\nVersion: 1.0\n'))
    collection.note(path, await inspect(path, bytes))
    expect(collection.finish().disputed).toEqual([])
  })

  it('breaks nothing when it is spoilt', async () => {
    const outcome = await fuzz(
      [CDX, toSpdx(SAMPLE), utf8(JSON.stringify(ENVELOPE))],
      async (bytes) => await inspect('opt/a.intoto.json', bytes.byteLength > 20 ? bytes : CDX),
      { rounds: 600 },
    )
    expect(outcome.strange).toEqual([])
    expect(outcome.refused).toBe(0)
  })
})

import { describe, expect, test } from 'vitest'
import { PREDICATE } from '../evidence.ts'
import { checkPredicate, predicateTypeOf } from './index-table.ts'

const provenance = {
  buildDefinition: { buildType: 'https://example.com/build', externalParameters: {}, resolvedDependencies: [{ uri: 'git+https://x/y' }] },
  runDetails: { builder: { id: 'https://example.com/builder' }, metadata: { finishedOn: '2026-11-25T10:00:00Z' } },
}
const vsa = {
  verifier: { id: 'https://example.com/verifier' },
  timeVerified: '2026-11-25T10:00:00.5+01:00',
  resourceUri: 'pkg:npm/x@1',
  policy: { uri: 'https://example.com/policy', digest: { sha256: 'ab' } },
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
}
const testResult = { result: 'PASSED', configuration: [{ name: 'rules', digest: { sha256: 'ab' } }] }

describe('a predicate type as typed', () => {
  // The URIs behind cosign 3's ten names for --type.
  test.each([
    ['slsaprovenance', 'https://slsa.dev/provenance/v0.2'],
    ['slsaprovenance02', 'https://slsa.dev/provenance/v0.2'],
    ['slsaprovenance1', 'https://slsa.dev/provenance/v1'],
    ['link', 'https://in-toto.io/Link/v1'],
    ['spdx', 'https://spdx.dev/Document'],
    ['spdxjson', 'https://spdx.dev/Document'],
    ['cyclonedx', 'https://cyclonedx.org/bom'],
    ['vuln', 'https://cosign.sigstore.dev/attestation/vuln/v1'],
    ['openvex', 'https://openvex.dev/ns'],
    ['custom', 'https://cosign.sigstore.dev/attestation/v1'],
    ['https://example.com/own/v1', 'https://example.com/own/v1'],
  ])('%s means %s', (typed, uri) => {
    expect(predicateTypeOf(typed)).toBe(uri)
  })
  test.each(['', 'slsa', 'toString', 'a b', 'https://with space'])('%j means nothing', (typed) => {
    expect(() => predicateTypeOf(typed)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})

describe('a predicate', () => {
  test.each([
    ['signature', PREDICATE.signature, {}],
    ['provenance', PREDICATE.provenance, { ...provenance, anything: 'else' }],
    ['VSA', PREDICATE.vsa, vsa],
    ['test result', PREDICATE.testResult, testResult],
    ['release', PREDICATE.release, { purl: 'pkg:npm/x@1.0.0', releaseId: '1' }],
    ['CycloneDX', PREDICATE.cyclonedx, { bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ name: 'a', type: 'library' }] }],
    ['SPDX', PREDICATE.spdx, { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT', packages: [] }],
  ])('%s of the right shape passes', (_, type, predicate) => {
    expect(checkPredicate(type, predicate)).toEqual({ ok: true, known: true })
  })
  test('of a type nobody knows passes as unknown', () => {
    expect(checkPredicate('https://example.com/own', 'anything')).toEqual({ ok: true, known: false })
    expect(checkPredicate('toString', 'anything')).toEqual({ ok: true, known: false })
  })

  const { buildDefinition, runDetails } = provenance
  test.each([
    ['signature that is a text', PREDICATE.signature, 'x'],
    ['provenance that is missing', PREDICATE.provenance, undefined],
    ['provenance without builder', PREDICATE.provenance, { buildDefinition, runDetails: {} }],
    ['provenance with an empty builder id', PREDICATE.provenance, { buildDefinition, runDetails: { builder: { id: '' } } }],
    ['provenance without external parameters', PREDICATE.provenance, { buildDefinition: { buildType: 'a:b' }, runDetails }],
    [
      'provenance with a dependency that names nothing',
      PREDICATE.provenance,
      { buildDefinition: { ...buildDefinition, resolvedDependencies: [{}] }, runDetails },
    ],
    [
      'provenance with a time that is none',
      PREDICATE.provenance,
      { buildDefinition, runDetails: { ...runDetails, metadata: { finishedOn: 'yesterday' } } },
    ],
    ['VSA without policy', PREDICATE.vsa, { ...vsa, policy: undefined }],
    ['VSA with another result', PREDICATE.vsa, { ...vsa, verificationResult: 'passed' }],
    ['VSA without levels', PREDICATE.vsa, { ...vsa, verifiedLevels: undefined }],
    ['test result without configuration', PREDICATE.testResult, { result: 'PASSED' }],
    ['test result with another result', PREDICATE.testResult, { ...testResult, result: 'OK' }],
    ['release without purl', PREDICATE.release, {}],
    ['release with a purl that is none', PREDICATE.release, { purl: 'npm/x' }],
    ['CycloneDX of another format', PREDICATE.cyclonedx, { bomFormat: 'SPDX', specVersion: '1.6' }],
    ['CycloneDX wrapped by an old cosign', PREDICATE.cyclonedx, { Data: '{}', Timestamp: '' }],
    ['SPDX as text', PREDICATE.spdx, 'SPDXVersion: SPDX-2.3'],
  ])('%s is refused', (_, type, predicate) => {
    expect(checkPredicate(type, predicate)).toMatchObject({ ok: false, why: expect.stringMatching(/./) })
  })
})

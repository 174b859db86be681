import { describe, expect, it } from 'vitest'
import { PREDICATE } from '../evidence/evidence.ts'
import { hexOf } from '../kernel/digest.ts'
import { checkVsa, verifierIdOf } from './check-vsa.ts'
import type { VsaExpectation } from './check-vsa.ts'
import { evaluate } from './evaluate.ts'
import { ARTIFACT, COMMIT, FULL_POLICY, GOOD, NOW, RESOURCE, VSA_PREDICATE, policyOf, receipt } from './test-receipts.ts'
import { vsaPredicate } from './vsa.ts'

const POLICY = policyOf(FULL_POLICY)
const DETAILS = {
  verifierId: verifierIdOf('key-of-builder'),
  resourceUri: RESOURCE,
  policyUri: 'https://policy.example/prod',
  timeVerified: NOW.toISOString(),
  levels: ['SLSA_BUILD_LEVEL_1'],
}
const allowed = evaluate(POLICY, {
  artifact: ARTIFACT,
  receipts: Object.values(GOOD).map(receipt),
  now: NOW,
  headCommit: COMMIT,
  resourceUri: RESOURCE,
})
const denied = evaluate(POLICY, { artifact: ARTIFACT, receipts: [], now: NOW })

describe('vsaPredicate', () => {
  it('is a passed verification summary of an allow', () => {
    const predicate = vsaPredicate(allowed, DETAILS)
    expect(predicate).toMatchObject({
      verifier: { id: DETAILS.verifierId },
      timeVerified: '2026-11-25T12:00:00.000Z',
      resourceUri: RESOURCE,
      policy: { uri: DETAILS.policyUri, digest: { sha256: hexOf(POLICY.digest) } },
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
    })
    expect(predicate['inputAttestations']).toHaveLength(Object.keys(GOOD).length)
  })

  it.each([denied, { ...allowed, decision: 'unknown' as const }])('is failed and claims no level for anything else', (verdict) => {
    expect(vsaPredicate(verdict, DETAILS)).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] })
  })

  it('does not hide a waiver', () => {
    const waived = {
      ...allowed,
      clauses: allowed.clauses.map((clause) =>
        clause.clause === 'sbom.complete' ? { ...clause, result: 'failed' as const, waivedBy: 'W1' } : clause,
      ),
    }
    const { clauses } = vsaPredicate(waived, DETAILS)['dev.tallystick.verdict'] as { clauses: unknown[] }
    expect(clauses).toContainEqual({ clause: 'sbom.complete', result: 'failed', waivedBy: 'W1' })
  })
})

const EXPECTED: VsaExpectation = {
  artifact: ARTIFACT,
  from: ['builder'],
  verifierId: 'https://verifier.example/dev',
  resourceUri: RESOURCE,
  levels: ['SLSA_BUILD_LEVEL_1'],
  policy: `sha256:${'d'.repeat(64)}`,
}
const GOOD_VSA = receipt(GOOD.verdict)

function vsa(change: object): ReturnType<typeof receipt> {
  return receipt({ ...GOOD.verdict, predicate: { ...VSA_PREDICATE, ...change } })
}

describe('checkVsa', () => {
  it('passes a summary that holds', () => {
    expect(checkVsa(GOOD_VSA, EXPECTED)).toMatchObject({ ok: true, policy: 'expected' })
    expect(checkVsa(GOOD_VSA, { ...EXPECTED, policy: 'https://policy.example/dev' })).toMatchObject({ ok: true, policy: 'expected' })
    expect(checkVsa(GOOD_VSA, { ...EXPECTED, resourceUri: 'pattern:tally://tool/dev:*' }).ok).toBe(true)
    expect(checkVsa(GOOD_VSA, { ...EXPECTED, policy: undefined })).toMatchObject({ ok: true, policy: 'any' })
  })

  it.each<[string, ReturnType<typeof receipt>, Partial<VsaExpectation>]>([
    ['signature', GOOD_VSA, { from: ['other'] }],
    ['subject', receipt({ ...GOOD.verdict, about: 'a'.repeat(64) }), {}],
    ['predicateType', receipt({ ...GOOD.verdict, predicateType: PREDICATE.release }), {}],
    ['verifier', vsa({ verifier: { id: 'https://verifier.example/prod' } }), {}],
    ['resourceUri', GOOD_VSA, { resourceUri: `${RESOURCE}1` }],
    ['resourceUri', GOOD_VSA, { resourceUri: undefined }],
    ['resourceUri', GOOD_VSA, { resourceUri: 'pattern:tally://tool/prod:*' }],
    ['verificationResult', vsa({ verificationResult: 'FAILED' }), {}],
    ['verifiedLevels', vsa({ verifiedLevels: ['SLSA_BUILD_LEVEL_0'] }), {}],
    ['verifiedLevels', vsa({ verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'FAILED'] }), {}],
    ['verifiedLevels', GOOD_VSA, { levels: ['SLSA_BUILD_LEVEL_3'] }],
    ['verifiedLevels', GOOD_VSA, { levels: ['SLSA_SOURCE_LEVEL_1'] }],
    ['verifiedLevels', vsa({ verifiedLevels: ['SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_3'] }), {}],
    ['verifiedLevels', vsa({ verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'] }), {}],
    ['policy', vsa({ policy: { uri: 'https://policy.example/dev' } }), {}],
    ['predicate', vsa({ verificationResult: 'MAYBE' }), {}],
  ])('fails at %s alone', (step, given, change) => {
    const check = checkVsa(given, { ...EXPECTED, ...change })
    expect(check.ok).toBe(false)
    expect(check.steps.filter((each) => !each.ok).map((each) => each.step)).toEqual([step])
  })

  it('names a summary by another policy as that', () => {
    expect(checkVsa(GOOD_VSA, { ...EXPECTED, policy: POLICY.digest }).policy).toBe('other')
  })

  it('binds the verifier to the key where no id is agreed', () => {
    const own = vsa({ verifier: { id: verifierIdOf('key-of-builder') } })
    expect(checkVsa(own, { ...EXPECTED, verifierId: undefined }).ok).toBe(true)
    expect(checkVsa(GOOD_VSA, { ...EXPECTED, verifierId: undefined }).ok).toBe(false)
  })

  it('reads our own summary', () => {
    const own = receipt({ ...GOOD.verdict, predicate: vsaPredicate(allowed, DETAILS) })
    expect(checkVsa(own, { ...EXPECTED, verifierId: undefined, policy: POLICY.digest })).toMatchObject({ ok: true, policy: 'expected' })
  })
})

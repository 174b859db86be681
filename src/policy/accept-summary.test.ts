import { describe, expect, test } from 'vitest'
import { PREDICATE } from '../evidence/evidence.ts'
import { acceptSummary } from './accept-summary.ts'
import type { SummaryAsk } from './accept-summary.ts'
import { verifierIdOf } from './check-vsa.ts'
import { evaluate } from './evaluate.ts'
import type { Question } from './evaluate.ts'
import { ARTIFACT, COMMIT, FULL_POLICY, GOOD, NOW, RESOURCE, policyOf, receipt } from './test-receipts.ts'
import type { ReceiptParts } from './test-receipts.ts'
import { verifiedLevels } from './verified-levels.ts'
import { vsaPredicate } from './vsa.ts'

const POLICY = policyOf(FULL_POLICY)
const RECEIPTS = Object.values(GOOD).map(receipt)
const verdict = evaluate(POLICY, { artifact: ARTIFACT, receipts: RECEIPTS, now: NOW, headCommit: COMMIT, resourceUri: RESOURCE })
const ISSUED = vsaPredicate(verdict, {
  verifierId: verifierIdOf('key-of-gatekeeper'),
  resourceUri: RESOURCE,
  policyUri: 'https://policy.example/prod',
  timeVerified: NOW.toISOString(),
  levels: verifiedLevels(verdict, RECEIPTS, POLICY),
})
const GOOD_SUMMARY: ReceiptParts = {
  predicateType: PREDICATE.vsa,
  predicate: ISSUED,
  authority: 'gatekeeper',
  at: NOW.toISOString(),
  proof: 'asserted',
}
const ASK: SummaryAsk = { from: ['gatekeeper'], resource: RESOURCE, levels: ['SLSA_BUILD_LEVEL_2'], maxAge: '24h' }

const question = (...parts: ReceiptParts[]): Question => ({ artifact: ARTIFACT, receipts: parts.map(receipt), now: NOW })
const summary = (change: object): ReceiptParts => ({ ...GOOD_SUMMARY, predicate: { ...ISSUED, ...change } })

test('our own summary, of what it was issued for, stands', () => {
  expect(acceptSummary(ASK, POLICY, question(GOOD_SUMMARY))).toMatchObject({
    stands: true,
    verdict: { decision: 'allow', policy: { name: 'prod', digest: POLICY.digest } },
  })
  expect(acceptSummary(ASK, undefined, question(GOOD_SUMMARY)).stands).toBe(true)
})

describe('a summary does not stand when only this is wrong:', () => {
  const waived = summary({
    'dev.tallystick.verdict': { decision: 'allow', clauses: [{ clause: 'sbom.complete', result: 'failed', waivedBy: 'W1' }] },
  })
  test.each<[string, ReceiptParts, Partial<SummaryAsk>, string]>([
    ['its signer', { ...GOOD_SUMMARY, authority: 'stranger', keyId: 'key-of-gatekeeper' }, {}, 'stranger'],
    ['its subject', { ...GOOD_SUMMARY, about: 'a'.repeat(64) }, {}, 'another artifact'],
    ['its type', { ...GOOD_SUMMARY, predicateType: PREDICATE.release }, {}, 'none'],
    ['its verifier', summary({ verifier: { id: 'https://verifier.example' } }), {}, 'verifier.example'],
    ['its resource', summary({ resourceUri: `${RESOURCE}1` }), {}, RESOURCE],
    ['its result', summary({ verificationResult: 'FAILED' }), {}, 'FAILED'],
    ['its levels', GOOD_SUMMARY, { levels: ['SLSA_BUILD_LEVEL_3'] }, 'SLSA_BUILD_LEVEL_2'],
    ['its age', { ...GOOD_SUMMARY, at: '2026-11-23T12:00:00Z' }, {}, '2 days old'],
    ['its policy', summary({ policy: { uri: 'https://policy.example/prod', digest: { sha256: 'd'.repeat(64) } } }), {}, 'dddd'],
    ['a policy it names by address alone', summary({ policy: { uri: 'https://policy.example/prod' } }), {}, 'policy.example'],
    ['a waiver it rests on', waived, {}, 'sbom.complete'],
    ['that it shows no trace', summary({ 'dev.tallystick.verdict': undefined }), {}, 'no trace'],
  ])('%s', (_what, parts, change, found) => {
    const answer = acceptSummary({ ...ASK, ...change }, POLICY, question(parts))
    expect(answer.stands).toBe(false)
    expect(answer.verdict.decision).toBe('deny')
    expect(answer.verdict.clauses.map((clause) => clause.found).join('; ')).toContain(found)
  })

  test('a policy that was edited by one comment: the summary was by another', () => {
    expect(acceptSummary(ASK, policyOf(`${FULL_POLICY}# stricter soon\n`), question(GOOD_SUMMARY)).stands).toBe(false)
  })
})

test('an ask that cannot be one is refused', () => {
  expect(() => acceptSummary({ ...ASK, maxAge: 'soon' }, POLICY, question())).toThrow(expect.objectContaining({ code: 'policy-invalid' }))
})

describe('verifiedLevels', () => {
  test('are those that builder and signer prove', () => {
    expect(ISSUED['verifiedLevels']).toEqual(['SLSA_BUILD_LEVEL_2'])
    const alone = policyOf('version: 1\nname: p\nrequire: { provenance: { from: [builder, other], count: 2 } }\n')
    const receipts = [GOOD.provenance, { ...GOOD.provenance, authority: 'other' }].map(receipt)
    const both = evaluate(alone, { artifact: ARTIFACT, receipts, now: NOW })
    expect(both.decision).toBe('allow')
    expect(verifiedLevels(both, receipts, alone)).toEqual(['SLSA_BUILD_LEVEL_1'])
    const lower = policyOf(
      'version: 1\nname: p\nrequire: { provenance: { from: [builder] } }\nbuilders: [{ id: "https://builder.example/one", level: 3, signed-by: [{ authority: nobody }] }]\n',
    )
    const [provenance] = receipts
    if (provenance === undefined) throw new Error('no provenance')
    const allowed = evaluate(lower, { artifact: ARTIFACT, receipts: [provenance], now: NOW })
    expect(verifiedLevels(allowed, [provenance], lower)).toEqual(['SLSA_BUILD_LEVEL_0'])
  })

  test('are not evaluated where no provenance was asked for, and none for a no', () => {
    const signed = policyOf('version: 1\nname: p\nrequire: { signature: { from: [builder] } }\n')
    const receipts = [receipt(GOOD.signature)]
    const allowed = evaluate(signed, { artifact: ARTIFACT, receipts, now: NOW })
    expect(verifiedLevels(allowed, receipts, signed)).toEqual(['SLSA_BUILD_LEVEL_UNEVALUATED'])
    expect(verifiedLevels({ ...allowed, decision: 'deny' }, receipts, signed)).toEqual([])
  })
})

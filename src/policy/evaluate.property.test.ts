import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Verdict } from '../evidence/verdict.ts'
import type { Receipt } from '../trust/receipt.ts'
import { evaluate } from './evaluate.ts'
import type { Policy } from './document.ts'
import { ARTIFACT, COMMIT, GOOD, NOW, PROVENANCE_PREDICATE, RESOURCE, SBOM_PREDICATE, policyOf, receipt } from './test-receipts.ts'
import type { ReceiptParts } from './test-receipts.ts'

const PREDICATES: readonly unknown[] = [
  {},
  { ...PROVENANCE_PREDICATE, runDetails: { builder: { id: 'https://builder.example/two' } } },
  { ...PROVENANCE_PREDICATE, buildDefinition: { ...PROVENANCE_PREDICATE.buildDefinition, internalParameters: {} } },
  { ...SBOM_PREDICATE, compositions: [] },
  {
    ...SBOM_PREDICATE,
    components: [{ type: 'library', name: 'bad', version: '1', purl: 'pkg:npm/bad@1', licenses: [{ license: { id: 'MIT' } }] }],
  },
  { ...SBOM_PREDICATE, components: [{ type: 'library', name: 'bad', version: '1' }] },
  { result: 'FAILED' },
]

const parts: fc.Arbitrary<ReceiptParts> = fc
  .record({
    good: fc.constantFrom(...Object.values(GOOD)),
    other: fc.option(fc.constantFrom(...PREDICATES), { nil: undefined, freq: 1 }),
    authority: fc.constantFrom('a', 'b', 'z'),
    keyId: fc.constantFrom('k1', 'k2'),
    logged: fc.boolean(),
    at: fc.constantFrom('2026-11-25T11:00:00Z', '2026-01-01T00:00:00Z'),
    proof: fc.constantFrom('log' as const, 'asserted' as const),
  })
  .map(({ good, other, ...rest }) => Object.assign({}, good, rest, other === undefined ? {} : { predicate: other }))

const CLAUSES = [
  'signature',
  'provenance',
  'provenance.builder',
  'sbom',
  'sbom.complete',
  'check',
  'log',
  'forbid.packages',
  'forbid.licences',
]

const policies: fc.Arbitrary<Policy> = fc
  .record({
    count: fc.constantFrom(1, 1, 2),
    kinds: fc.subarray(['signature', 'provenance', 'sbom', 'check'] as const, { minLength: 1, maxLength: 2 }),
    log: fc.boolean(),
    waived: fc.subarray(CLAUSES),
    scope: fc.constantFrom('*', 'pkg:npm/bad@1'),
  })
  .map(({ count, kinds, log, waived, scope }) => {
    const lines: Record<string, string> = {
      signature: `signature: { from: [a, b], count: ${count} }`,
      provenance: `provenance: { from: [a, b], count: ${count}, builder: "https://builder.example/one", clean: true, max-age: 30d }`,
      sbom: `sbom: { from: [a, b], count: ${count}, complete: true }`,
      check: `check: { from: [a, b], count: ${count} }`,
    }
    const required = kinds.map((kind) => `  ${lines[kind] ?? ''}\n`).join('')
    const waivers = waived.map(
      (clause, index) =>
        `  - { id: w${index}, clause: ${clause}, asked-by: x, approved-by: y, reason: r, ticket: t, scope: "${scope}", not-after: "2027-01-01T00:00:00Z" }\n`,
    )
    return policyOf(
      `version: 1\nname: p\nrequire:\n${required}${log ? `  log: { of: [${kinds.join(', ')}] }\n` : ''}` +
        (kinds.includes('sbom') ? 'forbid: { packages: ["pkg:npm/bad"], licences: [GPL-3.0-only] }\n' : '') +
        (waivers.length === 0 ? '' : `waivers:\n${waivers.join('')}`),
    )
  })

function judge(policy: Policy, receipts: readonly Receipt[]): Verdict {
  return evaluate(policy, { artifact: ARTIFACT, receipts, now: NOW, headCommit: COMMIT, resourceUri: RESOURCE })
}

// Mostly good receipts of two authorities with a few odd ones between, or nothing would ever be allowed.
const SOUND: readonly ReceiptParts[] = Object.values(GOOD).flatMap((good) => [
  { ...good, authority: 'a', keyId: 'k1' },
  { ...good, authority: 'b', keyId: 'k2' },
])
const receiptSets = fc
  .tuple(fc.subarray([...SOUND], { minLength: 4 }), fc.array(parts, { maxLength: 4 }))
  .map(([sound, odd]) => [...sound, ...odd].map(receipt))
const cases = fc.tuple(policies, receiptSets)

describe('whatever the policy and the receipts', () => {
  it('leaving a receipt out never makes an allow', () => {
    let allowed = 0
    fc.assert(
      fc.property(cases, ([policy, receipts]) => {
        const whole = judge(policy, receipts).decision
        if (whole === 'allow') allowed += 1
        else
          for (const left of receipts)
            expect(
              judge(
                policy,
                receipts.filter((each) => each !== left),
              ).decision,
            ).not.toBe('allow')
      }),
      { numRuns: 600, seed: 20261125 },
    )
    expect(allowed).toBeGreaterThan(100)
  })

  it('allow means that every clause is met or waived', () => {
    fc.assert(
      fc.property(cases, ([policy, receipts]) => {
        const { decision, clauses } = judge(policy, receipts)
        const standing = clauses.filter((clause) => clause.result !== 'met' && clause.waivedBy === undefined)
        expect(decision).toBe(standing.length === 0 ? 'allow' : standing.some((clause) => clause.result === 'failed') ? 'deny' : 'unknown')
        for (const clause of standing) expect(clause.next).not.toBe('')
      }),
      { numRuns: 200, seed: 20261125 },
    )
  })

  it('the order of receipts does not matter', () => {
    fc.assert(
      fc.property(cases, ([policy, receipts]) => {
        expect(judge(policy, receipts.toReversed())).toEqual(judge(policy, receipts))
      }),
      { numRuns: 200, seed: 20261125 },
    )
  })
})

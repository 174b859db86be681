import { describe, expect, it } from 'vitest'
import type { Verdict } from '../evidence/verdict.ts'
import { evaluate } from './evaluate.ts'
import {
  ARTIFACT,
  COMMIT,
  FULL_POLICY,
  GOOD,
  NOW,
  PROVENANCE_PREDICATE,
  RESOURCE,
  SBOM_PREDICATE,
  policyOf,
  receipt,
} from './test-receipts.ts'
import type { ReceiptParts } from './test-receipts.ts'

const WAIVER = {
  id: 'W1',
  clause: 'sbom.complete',
  'asked-by': 'ann',
  'approved-by': 'bob',
  reason: 'no cataloger reads our lockfile yet',
  ticket: 'T-1',
  scope: ARTIFACT.digest as string,
  'not-after': '2026-12-31T00:00:00Z',
}

function withWaivers(...waivers: Partial<typeof WAIVER>[]): string {
  return `${FULL_POLICY}waivers: ${JSON.stringify(waivers.map((waiver) => Object.assign({}, WAIVER, waiver)))}\n`
}

function judge(text: string, sbom: ReceiptParts | null): Verdict {
  const parts = [GOOD.signature, GOOD.provenance, GOOD.publish, GOOD.check, GOOD.verdict, ...(sbom === null ? [] : [sbom])]
  return evaluate(policyOf(text), { artifact: ARTIFACT, receipts: parts.map(receipt), now: NOW, headCommit: COMMIT, resourceUri: RESOURCE })
}

const INCOMPLETE: ReceiptParts = { ...GOOD.sbom, predicate: { ...SBOM_PREDICATE, compositions: [{ aggregate: 'unknown' }] } }

function licensed(...names: string[]): ReceiptParts {
  const components = names.map((name) => ({
    type: 'library',
    name,
    version: '1',
    purl: `pkg:npm/${name}@1`,
    licenses: [{ license: { id: 'AGPL-3.0-only' } }],
  }))
  return { ...GOOD.sbom, predicate: { ...SBOM_PREDICATE, components } }
}

describe('a waiver', () => {
  it('lets pass what it covers, and the real result stays beside it', () => {
    const verdict = judge(withWaivers({}), INCOMPLETE)
    expect(verdict.decision).toBe('allow')
    expect(verdict.clauses.find((each) => each.clause === 'sbom.complete')).toMatchObject({ result: 'failed', waivedBy: 'W1' })
  })

  it('of all artifacts is written with a star', () => {
    expect(judge(withWaivers({ scope: '*' }), INCOMPLETE).decision).toBe('allow')
  })

  it.each([
    [{ 'not-after': '2026-11-01T00:00:00Z' }, 'ended 2026-11-01'],
    [{ 'approved-by': ' Ann ' }, 'approved by the person who asked'],
    [{ scope: `sha256:${'0'.repeat(64)}` }, 'covers sha256:0000'],
  ])('%j does not hold, and is named', (change, why) => {
    const verdict = judge(withWaivers(change), INCOMPLETE)
    expect(verdict.decision).toBe('deny')
    const clause = verdict.clauses.find((each) => each.clause === 'sbom.complete')
    expect(clause?.found).toContain(why)
    expect(clause?.waivedBy).toBeUndefined()
  })

  it('of another clause changes nothing', () => {
    expect(judge(withWaivers({ clause: 'sbom.bound' }), INCOMPLETE).decision).toBe('deny')
  })

  it('does not combine with another that does not hold', () => {
    const expired = { 'not-after': '2026-11-01T00:00:00Z' }
    expect(judge(withWaivers(expired, { id: 'W2', scope: 'sha256:x' }), INCOMPLETE).decision).toBe('deny')
  })

  it('is not used up by a clause that is met', () => {
    const verdict = judge(withWaivers({}), GOOD.sbom)
    expect(verdict.clauses.every((each) => each.waivedBy === undefined)).toBe(true)
  })

  it('of a missing receipt waives its kind only, not what should have been asked of it', () => {
    const verdict = judge(withWaivers({ clause: 'sbom' }), null)
    expect(verdict.decision).toBe('deny')
    expect(verdict.clauses.find((each) => each.clause === 'sbom')?.waivedBy).toBe('W1')
    expect(verdict.clauses.find((each) => each.clause === 'log')).toMatchObject({ result: 'failed' })
  })

  it('of one package covers that package and no other', () => {
    const text = withWaivers({ clause: 'forbid.licences', scope: 'pkg:npm/a@1' })
    expect(judge(text, licensed('a')).decision).toBe('allow')
    expect(judge(text, licensed('a', 'b')).decision).toBe('deny')
    const both = withWaivers(
      { clause: 'forbid.licences', scope: 'pkg:npm/a@1' },
      { id: 'W2', clause: 'forbid.licences', scope: 'pkg:npm/b@1' },
    )
    const verdict = judge(both, licensed('a', 'b'))
    expect(verdict.decision).toBe('allow')
    expect(verdict.clauses.find((each) => each.clause === 'forbid.licences')).toMatchObject({ result: 'failed', waivedBy: 'W1, W2' })
  })

  it('of a kind asks for one good receipt where the policy asks for two, shown as what it is', () => {
    const text = `version: 1\nname: two\nrequire: { provenance: { from: [a, b], count: 2, branch: main } }\nwaivers: ${JSON.stringify([{ ...WAIVER, clause: 'provenance' }])}\n`
    const ask = (...parts: ReceiptParts[]): Verdict =>
      evaluate(policyOf(text), { artifact: ARTIFACT, receipts: parts.map(receipt), now: NOW })
    const good = { ...GOOD.provenance, authority: 'a' }
    const bad = {
      ...GOOD.provenance,
      authority: 'b',
      predicate: { ...PROVENANCE_PREDICATE, buildDefinition: { ...PROVENANCE_PREDICATE.buildDefinition, resolvedDependencies: [] } },
    }
    for (const verdict of [ask(good), ask(good, bad)]) {
      expect(verdict.decision).toBe('allow')
      expect(verdict.clauses[0]).toMatchObject({ clause: 'provenance', result: 'failed', waivedBy: 'W1' })
    }
    expect(ask(bad).decision).toBe('deny')
  })

  it('of a missing receipt does not help whoever withholds one that is in no log', () => {
    const text = `version: 1\nname: s\nrequire: { signature: { from: [a] }, check: { from: [builder] }, log: { of: [signature, check] } }\nwaivers: ${JSON.stringify([{ ...WAIVER, clause: 'signature' }])}\n`
    const ask = (...parts: ReceiptParts[]): Verdict =>
      evaluate(policyOf(text), { artifact: ARTIFACT, receipts: parts.map(receipt), now: NOW })
    expect(ask(GOOD.check, { authority: 'a', logged: false }).decision).toBe('deny')
    expect(ask(GOOD.check).decision).toBe('deny')
  })
})

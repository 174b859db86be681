import { describe, expect, test } from 'vitest'
import type { Waiver } from './waiver.ts'
import { waiverState } from './waiver.ts'

const now = new Date('2026-11-25T12:00:00Z')
const waiver: Waiver = {
  id: 'w-1',
  clause: 'sbom',
  askedBy: 'ada@example.org',
  approvedBy: 'grace@example.org',
  reason: 'the first release has none',
  ticket: 'T-7',
  scope: 'pkg:npm/left-pad@1.3.0',
  notAfter: '2026-12-01T00:00:00Z',
}

describe('waiverState', () => {
  test('holds for its scope until its end', () => {
    expect(waiverState(waiver, waiver.scope, now)).toEqual({ holds: true })
    expect(waiverState({ ...waiver, scope: '*' }, 'anything', now)).toEqual({ holds: true })
    expect(waiverState({ ...waiver, notAfter: now.toISOString() }, waiver.scope, now)).toEqual({ holds: true })
  })

  test.each<[string, Partial<Waiver>, string]>([
    ['approved by who asked', { approvedBy: ' ADA@example.org ' }, 'approved by the person who asked'],
    ['ended', { notAfter: '2026-11-25T11:59:59Z' }, 'ended 2026-11-25T11:59:59Z'],
    ['without a readable end', { notAfter: 'next week' }, 'no readable end'],
    ['for something else', { scope: 'pkg:npm/left-pad@1.3.1' }, 'covers pkg:npm/left-pad@1.3.1 only'],
    ['for part of the name', { scope: 'pkg:npm/left-pad' }, 'covers pkg:npm/left-pad only'],
    ['for nothing', { scope: '' }, 'covers  only'],
  ])('does not hold when %s', (_what, change, why) => {
    expect(waiverState({ ...waiver, ...change }, waiver.scope, now)).toEqual({ holds: false, why: expect.stringContaining(why) })
  })
})

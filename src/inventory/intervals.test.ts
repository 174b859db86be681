import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeOf } from './intervals.ts'
import type { Period } from './intervals.ts'

type Report = { readonly artifact: string | null; readonly at: string }

/** The series after one more report, as `setInSeries` writes it. */
function after(periods: readonly Period[], report: Report): readonly Period[] {
  const { at } = report
  const covering = periods.find((period) => period.from <= at && (period.until === null || period.until > at))
  const next = periods
    .map((period) => period.from)
    .filter((from) => from > at)
    .toSorted()[0]
  const change = changeOf({ artifact: report.artifact, tag: '' }, at, covering, next)
  const others = periods.filter((period) => period !== covering)
  if (covering === undefined) return change.kind === 'begins' ? [...others, change.begins] : others
  if (change.kind === 'already') return [...others, { ...covering, confirmedAt: change.confirmedAt }]
  const confirmedAt = covering.confirmedAt < at ? covering.confirmedAt : covering.from
  return [...others, { ...covering, until: at, confirmedAt }, change.begins, ...(change.resumes === undefined ? [] : [change.resumes])]
}

function lasting(periods: readonly Period[]): string[] {
  return periods
    .filter((period) => period.from !== period.until)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
    .map((period) => `${period.artifact ?? 'nothing'} ${period.from}-${period.until ?? ''}`)
}

describe('what a series had, and when', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['one after the other', ['A1', 'B3'], ['A 1-3', 'B 3-']],
    ['the same again is no news', ['A1', 'A2', 'B3', 'B4'], ['A 1-3', 'B 3-']],
    ['back to what was before', ['A1', 'B2', 'A3'], ['A 1-2', 'B 2-3', 'A 3-']],
    ['a late report is put where it belongs', ['A1', 'B3', 'C2'], ['A 1-2', 'C 2-3', 'B 3-']],
    ['a late report does not end what was confirmed since', ['A1', 'A3', 'B2'], ['A 1-2', 'B 2-3', 'A 3-']],
    ['the first report may come last', ['B2', 'A1'], ['A 1-2', 'B 2-']],
    ['it ends', ['A1', '-2'], ['A 1-2', 'nothing 2-']],
    ['a late start does not bring back what has ended', ['-2', 'A1'], ['A 1-2', 'nothing 2-']],
    ['two values at the same moment: the later report counts', ['A1', 'B1'], ['B 1-']],
  ])('%s', (_, reports, expected) => {
    const periods = reports.reduce<readonly Period[]>((all, report) => {
      const artifact = report.startsWith('-') ? null : report.slice(0, 1)
      return after(all, { artifact, at: report.slice(1) })
    }, [])
    expect(lasting(periods)).toEqual(expected)
  })

  test('in whatever order reports come, the newest one holds now, and periods neither overlap nor leave gaps', () => {
    const report = fc.record({ artifact: fc.constantFrom('A', 'B', 'C', null), at: fc.integer({ min: 10, max: 99 }).map(String) })
    fc.assert(
      fc.property(fc.uniqueArray(report, { selector: (each) => each.at, minLength: 1, maxLength: 12 }), (reports) => {
        const periods = reports.reduce(after, []).filter((period) => period.from !== period.until)
        const sorted = periods.toSorted((a, b) => (a.from < b.from ? -1 : 1))
        sorted.forEach((period, at) => expect(period.until).toBe(sorted[at + 1]?.from ?? null))
        const newest = reports.reduce((a, b) => (a.at > b.at ? a : b))
        expect(sorted.at(-1)?.artifact).toBe(newest.artifact)
      }),
    )
  })
})

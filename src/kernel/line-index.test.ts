import { describe, expect, it } from 'vitest'
import { indexLines } from './line-index.ts'

describe('indexLines', () => {
  it.each([
    [0, 1, 1],
    [1, 1, 2],
    [2, 1, 3],
    [3, 2, 1],
    [4, 3, 1],
    [9, 4, 1],
  ])('offset %i is at %i:%i', (offset, line, column) => {
    expect(indexLines('ab\n\nxyz\r\n').placeOf(offset)).toEqual({ line, column })
  })

  it('knows where lines start, and spans', () => {
    const lines = indexLines('ab\ncd')
    expect([lines.count, lines.startOf(1), lines.startOf(2), lines.startOf(3)]).toEqual([2, 0, 3, 5])
    expect(lines.spanOf(1, 4)).toEqual({ startLine: 1, startColumn: 2, endLine: 2, endColumn: 2 })
  })
})

import { describe, expect, it } from 'vitest'
import { parseAlpmVersion } from './alpm-version.ts'
import { orderingOf } from './ordering.ts'

const compare = orderingOf('alpm')

describe('versions of pacman', () => {
  it('are in the order of its manual', () => {
    const ordered = [
      '1.0a',
      '1.0b',
      '1.0beta',
      '1.0p',
      '1.0pre',
      '1.0rc',
      '1.0',
      '1.0.a',
      '1.0.1',
      '1.1',
      '1.1.1',
      '1.2',
      '2.0',
      '3.0.0',
      '1:0.1',
    ]
    for (const [at, lower] of ordered.entries()) {
      for (const higher of ordered.slice(at + 1)) {
        expect([lower, higher, Math.sign(compare(lower, higher) ?? 0)]).toEqual([lower, higher, -1])
        expect([higher, lower, Math.sign(compare(higher, lower) ?? 0)]).toEqual([higher, lower, 1])
      }
    }
  })

  it.each([
    ['1.0', '1.0', 0],
    ['1.0-1', '1.0-2', -1],
    ['1.0-9', '1.0', 0],
    ['1.01', '1.1', 0],
    ['1.0.', '1.0', 0],
    ['0:1', '1', 0],
  ])('%s against %s', (a, b, order) => {
    expect(Math.sign(compare(a, b) ?? Number.NaN)).toBe(order)
  })

  it.each(['', 'x:1', 'a b'])('%j is none', (text) => {
    expect(parseAlpmVersion(text)).toBeUndefined()
  })
})

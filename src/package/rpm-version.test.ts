import { describe, expect, it } from 'vitest'
import { orderingOf } from './ordering.ts'
import { parseRpmVersion } from './rpm-version.ts'

const compare = orderingOf('rpm')

describe('versions of rpm', () => {
  it.each([
    ['1.0', '2.0'],
    ['2.0', '2.0.1'],
    ['2.0.1', '2.0.1a'],
    ['5.5p1', '5.5p10'],
    ['xyz10', 'xyz10.1'],
    ['xyz.4', '8'],
    ['1.0~rc1', '1.0'],
    ['1.0~rc1~git2', '1.0~rc1'],
    ['1.0', '1.0^git1'],
    ['1.0^git1', '1.0.1'],
    ['1.0~rc1^git1', '1.0'],
    ['10b2', '10.0001'],
    ['9', '1:1'],
    ['1.0-1', '1.0-2'],
    ['1.0-1.el9', '1.0-1.el9_2'],
    ['4_0', '4.1'],
  ])('%s comes before %s', (lower, higher) => {
    expect(compare(lower, higher)).toBeLessThan(0)
    expect(compare(higher, lower)).toBeGreaterThan(0)
  })

  it.each([
    ['1.05', '1.5'],
    ['1..0', '1.0'],
    ['1_0', '1.0'],
    ['0:1.0', '1.0'],
    ['1.0-3', '1.0'],
    ['1.0^', '1.0^'],
  ])('%s equals %s', (a, b) => {
    expect(compare(a, b)).toBe(0)
  })

  it.each(['', 'x:1', '1 0', '-1'])('%j is none', (text) => {
    expect(parseRpmVersion(text)).toBeUndefined()
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compareGeneric, orderingOf } from './ordering.ts'
import { sharedData } from '../../test/support/shared-data.ts'

const data = sharedData('version-order')

/** Lines `a < b`, `a = b`, `a > b`; blank lines and comments between. */
function readPairs(file: string): [string, string, string][] {
  return readFileSync(join(data ?? '', file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(?:#|\/\/)/.test(line))
    .map((line) => line.trim().split(' ') as [string, string, string])
}

describe.skipIf(data === undefined)('orderings against the vectors', () => {
  it.each([
    ['npm', 'semver-versions.txt', 75],
    ['deb', 'debian-versions.txt', 25],
    ['deb', 'debian-versions-generated.txt', 12_000],
    ['apk', 'alpine-versions-generated.txt', 12_000],
  ])('%s: %s', (type, file, least) => {
    const pairs = readPairs(file)
    expect(pairs.length).toBeGreaterThan(least)
    const wrong = pairs.filter(([a, sign, b]) => {
      const order = orderingOf(type)(a, b)
      const back = orderingOf(type)(b, a)
      return order === undefined || back === undefined || signOf(order) !== sign || Math.sign(order) !== -Math.sign(back) + 0
    })
    expect(wrong).toEqual([])
  })

  it.each([
    ['apk', 'alpine-versions.txt', 670],
    ['pypi', 'pypi-versions.txt', 20],
    ['pypi', 'pypi-versions-generated.txt', 11_000],
  ])('%s: %s, without what is no version by the grammar and is taken all the same', (type, file, least) => {
    const order = orderingOf(type)
    const pairs = readPairs(file).filter(([a, , b]) => order(a, b) !== undefined)
    expect(pairs.length).toBeGreaterThan(least)
    expect(pairs.filter(([a, sign, b]) => signOf(order(a, b) ?? Number.NaN) !== sign)).toEqual([])
  })
})

function signOf(order: number): string {
  return order < 0 ? '<' : order > 0 ? '>' : '='
}

describe('orderings', () => {
  it.each([
    ['npm', '1.0.0-rc.1', '1.0.0'],
    ['npm', '1.2.3', '1.2.10'],
    ['golang', 'v1.9.0', 'v1.10.0+incompatible'],
    ['golang', 'v0.0.0-20200101000000-abcdef', 'v0.0.1'],
    ['deb', '1.0~rc1-1', '1.0-1'],
    ['deb', '1.0-1', '1.0-1+deb12u1'],
    ['deb', '9.9', '1:0.1'],
    ['deb', '1.0-1', '1.0-1.1'],
    ['apk', '1.2_rc1', '1.2'],
    ['apk', '1.2', '1.2_p1'],
    ['apk', '1.2_alpha2', '1.2_alpha10'],
    ['apk', '1.2-r9', '1.2-r10'],
    ['apk', '1.2', '1.2-r0'],
    ['apk', '1.01', '1.1'],
    ['apk', '1.2.3-r5', '1.2.3a-r0'],
    ['apk', '6.6.2-r1', '6.6.2p1-r0'],
    ['gem', '1.0.0.rc1', '1.0.0'],
    ['pypi', '1.0.post1', '1.1'],
    ['pypi', '1.0.dev1', '1.0a1'],
    ['pypi', '1.0a1.dev1', '1.0a1'],
    ['pypi', '1.0rc1', '1.0'],
    ['pypi', '1.0', '1.0-1'],
    ['pypi', '1.0', '1.0+local'],
    ['pypi', '1.0+abc.2', '1.0+abc.10'],
    ['pypi', '9.9', '1!0.1'],
    ['generic', '1.9', '1.10'],
    ['generic', '1.0', '1.0.1'],
  ])('%s: %s comes before %s', (type, a, b) => {
    expect(orderingOf(type)(a, b)).toBeLessThan(0)
    expect(orderingOf(type)(b, a)).toBeGreaterThan(0)
  })

  it('does not know the order of what is no version', () => {
    expect(orderingOf('npm')('latest', '1.0.0')).toBeUndefined()
    expect(orderingOf('deb')('x:1', '1')).toBeUndefined()
    expect(orderingOf('apk')('1.2_unheard', '1.2')).toBeUndefined()
    expect(orderingOf('apk')('1.2-ruff', '1.2')).toBeUndefined()
    expect(orderingOf('pypi')('0.1-bulbasaur', '0.1')).toBeUndefined()
    expect(compareGeneric('abc', 'def')).toBeUndefined()
  })

  it('orders a million digits in linear time', () => {
    const huge = '9'.repeat(1_000_000)
    expect(orderingOf('deb')(`${huge}8`, `${huge}9`)).toBeLessThan(0)
    expect(orderingOf('npm')(`${huge}.0.0`, '1.0.0')).toBeUndefined()
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseNpmRange, satisfies } from './npm-range.ts'
import { compareSemver, parseSemver } from './semver.ts'
import type { Semver } from './semver.ts'
import { sharedData } from '../../test/support/shared-data.ts'

function isIn(version: string, range: string, prereleases?: 'as-npm' | 'ordered'): boolean | undefined {
  const parsedVersion = parseSemver(version)
  const parsedRange = parseNpmRange(range)
  return parsedVersion === undefined || parsedRange === undefined ? undefined : satisfies(parsedVersion, parsedRange, prereleases)
}

describe('npm ranges', () => {
  it.each([
    ['^1.2.3', ['1.2.3', '1.9.0'], ['1.2.2', '2.0.0', '2.0.0-rc.1']],
    ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0', '0.2.2']],
    ['^0.0.3', ['0.0.3'], ['0.0.4', '0.0.2']],
    ['^0.0', ['0.0.0', '0.0.9'], ['0.1.0']],
    ['^0', ['0.0.0', '0.9.9'], ['1.0.0']],
    ['^1.x', ['1.0.0', '1.9.9'], ['2.0.0', '0.9.9']],
    ['~1.2.3', ['1.2.3', '1.2.9'], ['1.3.0', '1.2.2']],
    ['~1.2', ['1.2.0', '1.2.9'], ['1.3.0']],
    ['~1', ['1.0.0', '1.9.0'], ['2.0.0']],
    ['~>1.2.3', ['1.2.4'], ['1.3.0']],
    ['1.2.x', ['1.2.0', '1.2.99'], ['1.3.0', '1.1.9']],
    ['1', ['1.0.0', '1.99.0'], ['2.0.0', '0.99.0']],
    ['*', ['0.0.0', '99.0.0'], ['1.0.0-rc.1']],
    ['', ['1.0.0'], []],
    ['1.2.3', ['1.2.3', 'v1.2.3', '1.2.3+build'], ['1.2.4']],
    ['1.2.3 - 2.3.4', ['1.2.3', '2.3.4'], ['1.2.2', '2.3.5']],
    ['1.2 - 2.3', ['1.2.0', '2.3.99'], ['2.4.0', '1.1.9']],
    ['1 - 2', ['1.0.0', '2.99.99'], ['3.0.0']],
    ['>1.2', ['1.3.0'], ['1.2.9']],
    ['>1', ['2.0.0'], ['1.9.9']],
    ['<=1.2', ['1.2.9'], ['1.3.0']],
    ['<1.2', ['1.1.9'], ['1.2.0', '1.2.0-rc.1']],
    ['>=1.2.3 <2 || 3.x', ['1.2.3', '3.1.0'], ['2.0.0', '4.0.0', '1.2.2']],
    ['>= 1.2.3', ['1.2.3'], ['1.2.2']],
    ['>1.2.3-alpha.3', ['1.2.3-alpha.7', '3.4.5'], ['3.4.5-alpha.9']],
    ['^1.2.3-beta.2', ['1.2.3-beta.4', '1.2.3'], ['1.2.4-beta.2']],
    ['<*', [], ['0.0.0', '1.0.0']],
  ])('%s', (range, inside, outside) => {
    for (const version of inside) expect(isIn(version, range), `${version} in ${range}`).toBe(true)
    for (const version of outside) expect(isIn(version, range), `${version} not in ${range}`).toBe(false)
  })

  it('puts a pre-release in its place when order is all that is asked', () => {
    expect(isIn('4.17.21-rc.1', '<4.17.21')).toBe(false)
    expect(isIn('4.17.21-rc.1', '<4.17.21', 'ordered')).toBe(true)
    expect(isIn('2.0.0-rc.1', '^1.0.0', 'ordered')).toBe(false)
  })

  it.each(['latest', 'git+ssh://host/x', 'file:../x', '1.2.3.4.5', '>>1', '^', 'a || 1'])('%s is no range', (range) => {
    expect(parseNpmRange(range)).toBeUndefined()
  })
})

const vers = sharedData('vers')

/** Cases not followed, and why. npm's own semver 7 was asked about each. */
const UNION = 'overlapping sets: the list of bounds cannot say what the union says'
const PARTIAL = 'a partial version stands for all that begin with it'
const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  '<= 1.0': PARTIAL,
  '>= 2.2.x': PARTIAL,
  '>= 1.x': PARTIAL,
  '2.1 || 2.6': PARTIAL,
  '<=2.1 >=1.1': PARTIAL,
  '>= 0.2.0 <= 0.9.6 || ~0.8.0-pre': UNION,
  '^2.0.18 || ^3.0.16 || ^3.1.6 || ^4.0.8 || ^5.0.0-beta.5': UNION,
  '<2.0.18 || <3.0.16 || <3.1.6 || <4.0.8 || <5.0.0-beta.5': UNION,
  '<2.0.1 || <1.1.7': UNION,
  '>=5.0.3 >=4.2.1': 'both must hold',
  '1.1.2 1.2.2': 'both must hold, so nothing does',
}

describe.skipIf(vers === undefined)('npm ranges against the vers specification', () => {
  const { tests } = (
    vers === undefined ? { tests: [] } : JSON.parse(readFileSync(join(vers, 'npm_range_from_native_test.json'), 'utf8'))
  ) as {
    tests: { input: { native_range: string }; expected_output: string }[]
  }

  it('holds for the same released versions', () => {
    expect(tests.length).toBeGreaterThan(400)
    const wrong: string[] = []
    for (const { input, expected_output } of tests) {
      const range = parseNpmRange(input.native_range)
      for (const probe of probesOf(expected_output)) {
        const found = range === undefined ? undefined : satisfies(probe, range, 'ordered')
        if (found !== inVers(probe, expected_output)) wrong.push(`${input.native_range} => ${expected_output} at ${JSON.stringify(probe)}`)
      }
    }
    expect(wrong.filter((line) => NOT_FOLLOWED[line.slice(0, line.indexOf(' => '))] === undefined)).toEqual([])
  })
})

type Bound = { operator: string; version: Semver }

function boundsOf(vers: string): Bound[] {
  const list = vers.slice('vers:npm/'.length)
  if (list === '*') return []
  return list.split('|').map((item) => {
    const operator = /^[<>=!]*/.exec(item)?.[0] ?? ''
    const version = parseSemver(decodeURIComponent(item.slice(operator.length)))
    if (version === undefined) throw new Error(`no version in ${item}`)
    return { operator, version }
  })
}

/** The bounds themselves and the releases just after them. */
function probesOf(vers: string): Semver[] {
  return boundsOf(vers).flatMap(({ version }) => [
    version,
    { ...version, patch: String(Number(version.patch) + 1), prerelease: [] },
    { ...version, patch: '0', minor: '0', prerelease: [] },
  ])
}

/** Containment by the algorithm of the vers specification: equalities, then the intervals between neighbouring bounds. */
function inVers(version: Semver, vers: string): boolean {
  const bounds = boundsOf(vers)
  if (bounds.length === 0) return true
  if (bounds.some(({ operator, version: bound }) => ['', '=', '<=', '>='].includes(operator) && compareSemver(version, bound) === 0))
    return true
  const ranges = bounds.filter(({ operator }) => /[<>]/.test(operator))
  const first = ranges[0]
  const last = ranges.at(-1)
  if (first?.operator.startsWith('<') === true && compareSemver(version, first.version) < 0) return true
  if (last?.operator.startsWith('>') === true && compareSemver(version, last.version) > 0) return true
  return ranges.some(({ operator, version: low }, at) => {
    const next = ranges[at + 1]
    return (
      operator.startsWith('>') &&
      next?.operator.startsWith('<') === true &&
      compareSemver(version, low) > 0 &&
      compareSemver(version, next.version) < 0
    )
  })
}

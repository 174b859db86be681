import { compareAlpmVersions, parseAlpmVersion } from './alpm-version.ts'
import { compareApkVersions, parseApkVersion } from './apk-version.ts'
import { compareDebVersions, parseDebVersion } from './deb-version.ts'
import { compareDigits, compareText } from './digits.ts'
import { comparePypiVersions, parsePypiVersion } from './pypi-version.ts'
import { compareRpmVersions, parseRpmVersion } from './rpm-version.ts'
import { compareSemver, parseSemver } from './semver.ts'

/** How an ecosystem orders its versions. Undefined when one of the two is no version of it: unknown is not the same as unequal. */
export type Ordering = (a: string, b: string) => number | undefined

const ORDERINGS: Readonly<Record<string, Ordering>> = {
  npm: orderBy(parseSemver, compareSemver),
  cargo: orderBy(parseSemver, compareSemver),
  golang: orderBy(parseSemver, compareSemver),
  hex: orderBy(parseSemver, compareSemver),
  swift: orderBy(parseSemver, compareSemver),
  deb: orderBy(parseDebVersion, compareDebVersions),
  pypi: orderBy(parsePypiVersion, comparePypiVersions),
  apk: orderBy(parseApkVersion, compareApkVersions),
  alpm: orderBy(parseAlpmVersion, compareAlpmVersions),
  rpm: orderBy(parseRpmVersion, compareRpmVersions),
}

/** The ordering of a package URL type; the generic one for a type that has none of its own here. */
export function orderingOf(type: string): Ordering {
  return ORDERINGS[type] ?? compareGeneric
}

/** Whether versions of the type follow semver, and its ranges therefore npm's grammar. */
export function isSemverType(type: string): boolean {
  return type === 'npm' || type === 'cargo' || type === 'golang' || type === 'hex' || type === 'swift'
}

/**
 * A guess for ecosystems without an ordering of their own: runs of digits as numbers, runs of letters as text, a number
 * after letters, the end after the words of a pre-release and before anything else. Text without a digit has no order.
 */
export function compareGeneric(a: string, b: string): number | undefined {
  if (a === b) return 0
  if (!/\d/.test(a) || !/\d/.test(b)) return undefined
  const left = a.toLowerCase().match(/\d+|[a-z]+/g) ?? []
  const right = b.toLowerCase().match(/\d+|[a-z]+/g) ?? []
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compareTokens(left[at], right[at])
    if (order !== 0) return order
  }
  return 0
}

const BEFORE_RELEASE = new Set(['dev', 'a', 'alpha', 'b', 'beta', 'm', 'milestone', 'pre', 'preview', 'c', 'rc', 'cr', 'snapshot'])

function compareTokens(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) {
    const present = a ?? b ?? ''
    const sign = /^0*$/.test(present) ? 0 : BEFORE_RELEASE.has(present) ? -1 : 1
    return a === undefined ? -sign : sign
  }
  const aNumeric = /^\d/.test(a)
  const bNumeric = /^\d/.test(b)
  if (aNumeric && bNumeric) return compareDigits(a, b)
  if (aNumeric !== bNumeric) return aNumeric ? 1 : -1
  return compareText(a, b)
}

function orderBy<Version>(parse: (text: string) => Version | undefined, compare: (a: Version, b: Version) => number): Ordering {
  return (a, b) => {
    const left = parse(a)
    const right = parse(b)
    return left === undefined || right === undefined ? undefined : compare(left, right)
  }
}

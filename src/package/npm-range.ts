import { isInRelation } from './relation.ts'
import type { Relation } from './relation.ts'
import { compareSemver, compareTriples } from './semver.ts'
import type { Semver } from './semver.ts'

type Comparator = { readonly operator: Exclude<Relation, '!='>; readonly version: Semver }

/** A range as npm writes it: any of the sets, all comparators of a set. An empty set holds for every version. */
export type NpmRange = readonly (readonly Comparator[])[]

const MAX_LENGTH = 4096
const PARTIAL =
  /^(\^|~>?|>=|<=|>|<|=)?[v=]*([0-9]+|[xX*])(?:\.([0-9]+|[xX*]))?(?:\.([0-9]+|[xX*])(?:-([0-9A-Za-z.-]+))?)?(?:\+[0-9A-Za-z.+-]*)?$/

/**
 * Reads a range of npm (docs of node-semver, "Ranges"): `^ ~ x || - < <= > >= =`. Undefined when it is none (a tag, a URL).
 */
export function parseNpmRange(text: string): NpmRange | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const sets: (readonly Comparator[])[] = []
  for (const part of text.split('||')) {
    const set = parseSet(part.trim())
    if (set === undefined) return undefined
    sets.push(set)
  }
  return sets
}

/**
 * Whether a version lies in a range. A pre-release satisfies only a set that names a pre-release of the same three numbers,
 * as npm installs; with `prereleases: 'ordered'` it simply takes its place in the order, as a question about impact needs.
 */
export function satisfies(version: Semver, range: NpmRange, prereleases: 'as-npm' | 'ordered' = 'as-npm'): boolean {
  return range.some((set) => {
    if (!set.every((comparator) => holds(comparator, version))) return false
    if (version.prerelease.length === 0 || prereleases === 'ordered') return true
    return set.some(({ version: bound }) => bound.prerelease.length > 0 && compareTriples(bound, version) === 0)
  })
}

function holds({ operator, version: bound }: Comparator, version: Semver): boolean {
  return isInRelation(compareSemver(version, bound), operator)
}

function parseSet(text: string): readonly Comparator[] | undefined {
  const words = joinOperators(text.split(/[\s,]+/).filter((word) => word !== ''))
  const comparators: Comparator[] = []
  for (let at = 0; at < words.length; at += 1) {
    const hyphen = words[at + 1] === '-' && words[at + 2] !== undefined
    const found = hyphen ? hyphenRange(words[at] ?? '', words[at + 2] ?? '') : primitive(words[at] ?? '')
    if (found === undefined) return undefined
    comparators.push(...found)
    if (hyphen) at += 2
  }
  return comparators
}

/** `>= 1.2` is one comparator though it is two words. */
function joinOperators(words: readonly string[]): string[] {
  const joined: string[] = []
  let operator = ''
  for (const word of words) {
    if (/^(?:\^|~>?|>=|<=|>|<|=)$/.test(word)) operator += word
    else {
      joined.push(operator + word)
      operator = ''
    }
  }
  return operator === '' ? joined : [...joined, operator]
}

type Partial = { readonly operator: string; readonly numbers: readonly string[]; readonly prerelease: readonly string[] }

function parsePartial(word: string): Partial | undefined {
  const found = PARTIAL.exec(word)
  if (found === null) return undefined
  const numbers: string[] = []
  for (const number of found.slice(2, 5)) {
    if (number === undefined || /^[xX*]$/.test(number)) break
    numbers.push(number)
  }
  const prerelease = numbers.length === 3 && found[5] !== undefined ? found[5].split('.') : []
  return { operator: found[1] ?? '', numbers, prerelease }
}

function primitive(word: string): readonly Comparator[] | undefined {
  const partial = parsePartial(word)
  if (partial === undefined) return undefined
  const { operator, numbers } = partial
  if (numbers.length === 0) return operator === '<' || operator === '>' ? [NOTHING] : []
  const low = floorOf(partial)
  const next = ceilingOf(numbers, numbers.length - 1)
  switch (operator) {
    case '^':
      return [{ operator: '>=', version: low }, below(ceilingOf(numbers, caretIndex(numbers)))]
    case '~':
    case '~>':
      return [{ operator: '>=', version: low }, below(ceilingOf(numbers, Math.min(1, numbers.length - 1)))]
    case '>':
      return [numbers.length === 3 ? { operator, version: low } : { operator: '>=', version: next }]
    case '<=':
      return [numbers.length === 3 ? { operator, version: low } : below(next)]
    case '<':
      return [numbers.length === 3 ? { operator, version: low } : below(low)]
    case '>=':
      return [{ operator, version: low }]
    default:
      return numbers.length === 3 ? [{ operator: '=', version: low }] : [{ operator: '>=', version: low }, below(next)]
  }
}

function hyphenRange(from: string, to: string): readonly Comparator[] | undefined {
  const low = parsePartial(from)
  const high = parsePartial(to)
  if (low === undefined || high === undefined || low.operator !== '' || high.operator !== '') return undefined
  const start: Comparator[] = low.numbers.length === 0 ? [] : [{ operator: '>=', version: floorOf(low) }]
  if (high.numbers.length === 0) return start
  const end: Comparator =
    high.numbers.length === 3 ? { operator: '<=', version: floorOf(high) } : below(ceilingOf(high.numbers, high.numbers.length - 1))
  return [...start, end]
}

/** Nothing is below the lowest pre-release. */
const NOTHING: Comparator = { operator: '<', version: { major: '0', minor: '0', patch: '0', prerelease: ['0'] } }

/** Below a version and all its pre-releases: `<2.0.0-0`. */
function below(version: Semver): Comparator {
  return { operator: '<', version: { ...version, prerelease: ['0'] } }
}

function floorOf({ numbers, prerelease }: Partial): Semver {
  return { major: numbers[0] ?? '0', minor: numbers[1] ?? '0', patch: numbers[2] ?? '0', prerelease }
}

/** The first version after all that share the numbers up to `index`. */
function ceilingOf(numbers: readonly string[], index: number): Semver {
  const at = (position: number): string => {
    const number = numbers[position] ?? '0'
    return position < index ? number : position === index ? (BigInt(number) + 1n).toString() : '0'
  }
  return { major: at(0), minor: at(1), patch: at(2), prerelease: [] }
}

/** Which number a caret lets grow no further: the leftmost that is not zero, or the last that was written. */
function caretIndex(numbers: readonly string[]): number {
  const nonZero = numbers.findIndex((number) => !/^0+$/.test(number))
  return nonZero === -1 ? numbers.length - 1 : nonZero
}

import { fail } from '../kernel/errors.ts'
import { parseNpmRange, satisfies } from './npm-range.ts'
import { isSemverType, orderingOf } from './ordering.ts'
import { parsePurl } from './purl.ts'
import type { Purl } from './purl.ts'
import { parseSemver } from './semver.ts'

/** What somebody asks for: a package URL, with or without version and qualifiers, or a name with a range in the words of its ecosystem. */
export type PackageQuery =
  | { readonly kind: 'purl'; readonly purl: Purl }
  | { readonly kind: 'name'; readonly name: string; readonly range: string | undefined }

export type Match = 'yes' | 'no' | 'unknown'

/**
 * Reads a query: `pkg:…`, `name`, `name@range`, `@scope/name@range`, `group:artifact@range`. Throws `reference-invalid`.
 */
export function parseQuery(text: string): PackageQuery {
  const trimmed = text.trim()
  if (/^pkg:/i.test(trimmed)) return { kind: 'purl', purl: parsePurl(trimmed) }
  const at = trimmed.indexOf('@', 1)
  const name = at === -1 ? trimmed : trimmed.slice(0, at)
  const range = at === -1 ? undefined : trimmed.slice(at + 1).trim()
  if (name === '' || name === '@' || /\s/.test(name) || range === '') {
    throw fail('reference-invalid', 'is neither a package URL nor a name with a range', {
      where: text.slice(0, 200),
      hint: 'write it as pkg:npm/lodash@4.17.20, or as `lodash@<4.17.21`',
    })
  }
  return { kind: 'name', name, range }
}

/** Whether a component is what a query asks for. A version that its ecosystem cannot order is `unknown`, never `no`. */
export function judgeQuery(component: Purl, query: PackageQuery): Match {
  if (query.kind === 'purl') return judgePurl(component, query.purl)
  if (!namesOf(component).includes(query.name.toLowerCase())) return 'no'
  return query.range === undefined ? 'yes' : inRange(component, query.range)
}

/** As `judgeQuery` over texts, with `unknown` counted as a match: a question about impact errs on the side of showing. */
export function matchesQuery(component: string | Purl, query: string | PackageQuery): boolean {
  const purl = typeof component === 'string' ? parsePurl(component) : component
  return judgeQuery(purl, typeof query === 'string' ? parseQuery(query) : query) !== 'no'
}

function judgePurl(component: Purl, asked: Purl): Match {
  if (component.type !== asked.type) return 'no'
  if (!sameText(component.type, component.name, asked.name)) return 'no'
  if (!sameText(component.type, component.namespace ?? '', asked.namespace ?? '')) return 'no'
  if (asked.subpath !== undefined && asked.subpath !== component.subpath) return 'no'
  for (const [key, value] of Object.entries(asked.qualifiers)) if (component.qualifiers[key] !== value) return 'no'
  if (asked.version === undefined || asked.version === component.version) return 'yes'
  if (component.version === undefined) return 'unknown'
  const order = orderingOf(component.type)(component.version, asked.version)
  return order === 0 ? 'yes' : 'no'
}

/** Go compares case-folded because its purl definition contradicts itself; every other type was made canonical when it was parsed. */
function sameText(type: string, a: string, b: string): boolean {
  return type === 'golang' ? a.toLowerCase() === b.toLowerCase() : a === b
}

/** The names people know a package by. A distribution's namespace is the distribution, not a part of the name. */
function namesOf({ type, namespace, name }: Purl): string[] {
  const lower = name.toLowerCase()
  if (namespace === undefined) return [lower]
  const scope = namespace.toLowerCase()
  if (type === 'maven') return [`${scope}:${lower}`, `${scope}/${lower}`, lower]
  if (type === 'deb' || type === 'rpm' || type === 'apk' || type === 'alpm') return [lower, `${scope}/${lower}`]
  return [`${scope}/${lower}`]
}

function inRange(component: Purl, range: string): Match {
  if (range === '*') return 'yes'
  if (component.version === undefined) return 'unknown'
  if (isSemverType(component.type)) {
    const version = parseSemver(component.version)
    const parsed = parseNpmRange(range)
    if (version === undefined || parsed === undefined) return component.version === range ? 'yes' : 'unknown'
    return satisfies(version, parsed, 'ordered') ? 'yes' : 'no'
  }
  return inComparators(component.type, component.version, range)
}

/** Ranges of other ecosystems: `>= 1.2, < 2 || = 3`, ordered as the ecosystem orders. A bare version means equality. */
function inComparators(type: string, version: string, range: string): Match {
  const order = orderingOf(type)
  let found: Match = 'no'
  for (const set of range.split('||')) {
    let all: Match = 'yes'
    for (const word of set.replace(/([<>=!]=?|<<|>>)\s+/g, '$1').split(/[\s,]+/)) {
      if (word === '') continue
      const one = compareOnce(order, version, word)
      if (one === 'no') all = 'no'
      else if (one === 'unknown' && all === 'yes') all = 'unknown'
    }
    if (all === 'yes') return 'yes'
    if (all === 'unknown') found = 'unknown'
  }
  return found
}

function compareOnce(order: (a: string, b: string) => number | undefined, version: string, word: string): Match {
  const split = /^(<<|<=|<|>>|>=|>|==?|!=)?(.*)$/.exec(word)
  const result = order(version, split?.[2] ?? word)
  if (result === undefined) return 'unknown'
  switch (split?.[1]) {
    case '<':
    case '<<':
      return result < 0 ? 'yes' : 'no'
    case '<=':
      return result <= 0 ? 'yes' : 'no'
    case '>':
    case '>>':
      return result > 0 ? 'yes' : 'no'
    case '>=':
      return result >= 0 ? 'yes' : 'no'
    case '!=':
      return result === 0 ? 'no' : 'yes'
    default:
      return result === 0 ? 'yes' : 'no'
  }
}

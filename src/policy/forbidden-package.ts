import { isSemverType } from '../package/ordering.ts'
import { parseNpmRange } from '../package/npm-range.ts'
import { parsePurl } from '../package/purl.ts'
import type { Purl } from '../package/purl.ts'
import { judgeQuery } from '../package/query.ts'
import type { Match } from '../package/query.ts'
import { TallyError } from '../kernel/errors.ts'

/** A package a policy forbids: a package URL (all versions when it has none), with a range of versions when one stands after the `@`. */
export type ForbiddenPackage = { readonly text: string; readonly purl: Purl; readonly range?: string }

const RANGE = /^[<>=^~!*]|\|\||\s/
const COMPARATOR = /^(?:<<|<=|<|>>|>=|>|==?|!=)\s*[^\s<>=!|,]+$/

/** Reads an entry of `forbid.packages`. Undefined when it is no package URL, or what follows the `@` is no range of its ecosystem. */
export function parseForbiddenPackage(text: string): ForbiddenPackage | undefined {
  const at = text.lastIndexOf('@')
  const after = at > text.lastIndexOf('/') ? text.slice(at + 1).trim() : ''
  if (!RANGE.test(after)) {
    const purl = purlOf(text)
    return purl === undefined ? undefined : { text, purl }
  }
  const purl = purlOf(text.slice(0, at))
  if (purl === undefined || !isRange(purl.type, after)) return undefined
  return { text, purl, range: after }
}

/** A range may hold `/` only in its purl, so the `@` before it is the last one; versions are compared as the package room orders them. */
export function judgeForbidden(component: Purl, forbidden: ForbiddenPackage): Match {
  const named = judgeQuery(component, { kind: 'purl', purl: forbidden.purl })
  if (named !== 'yes' || forbidden.range === undefined) return named
  return judgeQuery(component, { kind: 'name', name: fullName(component), range: forbidden.range })
}

/** Namespace and name as one, the form a component without a package URL would have. */
export function fullName(purl: Purl): string {
  return purl.namespace === undefined ? purl.name : `${purl.namespace}/${purl.name}`
}

function isRange(type: string, range: string): boolean {
  if (range === '*') return true
  if (isSemverType(type)) return parseNpmRange(range) !== undefined
  return range.split('||').every((set) => comparatorsOf(set).length > 0 && comparatorsOf(set).every((word) => COMPARATOR.test(word)))
}

function comparatorsOf(set: string): readonly string[] {
  return set
    .replace(/([<>=!])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
}

function purlOf(text: string): Purl | undefined {
  try {
    return parsePurl(text)
  } catch (error) {
    if (error instanceof TallyError) return undefined
    throw error
  }
}

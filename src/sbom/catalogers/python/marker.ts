import { comparePypiVersions, parsePypiVersion } from '../../../package/pypi-version.ts'
import { isInRelation } from '../../../package/relation.ts'
import type { Relation } from '../../../package/relation.ts'
import { normalName } from './requirement.ts'

/** Whether a condition holds; undefined where what it asks for is not known. */
export type Holds = boolean | undefined

/** What is known of where a package is installed, by the variables of PEP 508. */
export type PythonEnvironment = Readonly<Record<string, string | undefined>>

const VERSIONS = new Set(['python_version', 'python_full_version', 'implementation_version'])
const TOKEN = /\s*(?:([()])|"([^"]*)"|'([^']*)'|([<>=!~]{1,3})|([A-Za-z_][\w.]*))/y
const MAX_LENGTH = 4096
const MAX_DEPTH = 32

type Token =
  | { readonly kind: 'open' | 'close' | 'end' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'operator'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }

/**
 * Evaluates an environment marker (PEP 508, "Environment Markers"), with the extras that are asked for. What is no marker is not known
 * to hold.
 */
export function evaluateMarker(marker: string, environment: PythonEnvironment, extras: ReadonlySet<string>): Holds {
  const tokens = marker.length > MAX_LENGTH ? undefined : tokensOf(marker)
  if (tokens === undefined) return undefined
  let at = 0
  let broken = false
  const peek = (): Token => tokens[at] ?? { kind: 'end' }
  const take = (): Token => {
    const token = peek()
    at += 1
    return token
  }
  const takeWord = (word: string): boolean => {
    const token = peek()
    if (token.kind !== 'word' || token.text !== word) return false
    at += 1
    return true
  }
  const any = (depth: number): Holds => {
    let holds = all(depth)
    while (takeWord('or')) holds = either(holds, all(depth))
    return holds
  }
  const all = (depth: number): Holds => {
    let holds = one(depth)
    while (takeWord('and')) holds = both(holds, one(depth))
    return holds
  }
  const one = (depth: number): Holds => {
    if (peek().kind === 'open' && depth < MAX_DEPTH) {
      at += 1
      const holds = any(depth + 1)
      if (take().kind !== 'close') broken = true
      return holds
    }
    const left = take()
    const negated = takeWord('not')
    const operator = take()
    const right = take()
    if ((left.kind !== 'word' && left.kind !== 'text') || (right.kind !== 'word' && right.kind !== 'text')) broken = true
    else if (operator.kind === 'operator' || (operator.kind === 'word' && operator.text === 'in'))
      return compare(left, negated ? 'not in' : operator.text, right, environment, extras)
    broken = true
    return undefined
  }
  const holds = any(0)
  return broken || peek().kind !== 'end' ? undefined : holds
}

function tokensOf(marker: string): readonly Token[] | undefined {
  const text = marker.trim()
  const tokens: Token[] = []
  const pattern = new RegExp(TOKEN.source, 'y')
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text)
    if (found === null) return undefined
    const [, bracket, double, single, operator, word] = found
    if (bracket !== undefined) tokens.push({ kind: bracket === '(' ? 'open' : 'close' })
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'text', text: double ?? single ?? '' })
  }
  return tokens
}

type Operand = Extract<Token, { readonly text: string }>

function compare(left: Operand, operator: string, right: Operand, environment: PythonEnvironment, extras: ReadonlySet<string>): Holds {
  const isExtra = [left, right].find(({ kind, text }) => kind === 'word' && text === 'extra')
  if (isExtra !== undefined) {
    const asked = extras.has(normalName((isExtra === left ? right : left).text))
    return operator === '==' ? asked : operator === '!=' ? !asked : undefined
  }
  const [a, b] = [valueOf(left, environment), valueOf(right, environment)]
  if (a === undefined || b === undefined) return undefined
  const isVersion = [left, right].some(({ kind, text }) => kind === 'word' && VERSIONS.has(text))
  switch (operator) {
    case 'in':
      return b.includes(a)
    case 'not in':
      return !b.includes(a)
    default:
      return isVersion ? compareVersions(a, operator, b) : operator === '==' ? a === b : operator === '!=' ? a !== b : undefined
  }
}

function valueOf(operand: Operand, environment: PythonEnvironment): string | undefined {
  if (operand.kind === 'text') return operand.text
  // Older tools wrote dots.
  return environment[operand.text] ?? environment[operand.text.replaceAll('.', '_')]
}

function compareVersions(a: string, operator: string, b: string): Holds {
  if (operator === '===') return a === b
  const series = /^(.*)\.\*$/.exec(b)?.[1]
  if (series !== undefined) {
    const same = `${a}.`.startsWith(`${series}.`)
    return operator === '==' ? same : operator === '!=' ? !same : undefined
  }
  const [left, right] = [parsePypiVersion(a), parsePypiVersion(b)]
  if (left === undefined || right === undefined) return undefined
  const order = comparePypiVersions(left, right)
  if (operator === '~=') return order >= 0 && `${a}.`.startsWith(`${b.split('.').slice(0, -1).join('.')}.`)
  const relation = RELATIONS.get(operator)
  return relation === undefined ? undefined : isInRelation(order, relation)
}

const RELATIONS: ReadonlyMap<string, Relation> = new Map([
  ['==', '='],
  ['!=', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])

function both(a: Holds, b: Holds): Holds {
  if (a === false || b === false) return false
  return a === true && b === true ? true : undefined
}

function either(a: Holds, b: Holds): Holds {
  if (a === true || b === true) return true
  return a === false && b === false ? false : undefined
}

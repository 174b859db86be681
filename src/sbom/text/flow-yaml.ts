import type { Json } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { readEscape } from './escape.ts'

type Read<Value> = { readonly value: Value; readonly end: number }

/** Members of a map to be. Without a prototype, so that `__proto__` is a key like any other. */
export function emptyMembers(): Record<string, Json> {
  return Object.create(null) as Record<string, Json>
}

/** A plain scalar of YAML: what is neither a truth value nor nothing stays as it was written. */
export function plainScalar(text: string): Json {
  switch (text) {
    case 'true':
      return true
    case 'false':
      return false
    case 'null':
    case '~':
    case '':
      return null
    default:
      return text
  }
}

const YAML_ESCAPES = '"\\/bfnrt0exuU'

/** The quoted scalar (YAML 1.2, 7.3.1 and 7.3.2) that begins at `at` and ends on this line. Undefined when there is none. */
export function readQuoted(text: string, at: number): Read<string> | undefined {
  const quote = text[at]
  if (quote === "'") return readSingle(text, at)
  if (quote !== '"') return undefined
  let value = ''
  for (let from = at + 1; ;) {
    const end = nextOf(text, '"\\', from)
    if (end === -1) return undefined
    value += text.slice(from, end)
    if (text[end] === '"') return { value, end: end + 1 }
    const escape = readEscape(text, end + 1, YAML_ESCAPES)
    if (escape === undefined) return undefined
    value += escape.value
    from = escape.end
  }
}

function readSingle(text: string, at: number): Read<string> | undefined {
  let value = ''
  for (let from = at + 1; ;) {
    const end = text.indexOf("'", from)
    if (end === -1) return undefined
    value += text.slice(from, end)
    if (text[end + 1] !== "'") return { value, end: end + 1 }
    value += "'"
    from = end + 2
  }
}

function nextOf(text: string, units: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (units.includes(text[at] ?? '')) return at
  return -1
}

/** The flow map or list (YAML 1.2, 7.4) that begins at `at` and ends on this line. Undefined when there is none, or one of an unusual kind. */
export function readFlow(text: string, at: number, depth: number): Read<Json> | undefined {
  if (depth > LIMITS.jsonDepth) return undefined
  return text[at] === '{' ? readFlowMap(text, at, depth) : text[at] === '[' ? readFlowList(text, at, depth) : undefined
}

function readFlowList(text: string, at: number, depth: number): Read<Json> | undefined {
  const items: Json[] = []
  let next = skipSpace(text, at + 1)
  while (text[next] !== ']') {
    const item = readFlowValue(text, next, ',]', depth)
    if (item === undefined) return undefined
    items.push(item.value)
    next = skipSpace(text, item.end)
    if (text[next] === ',') next = skipSpace(text, next + 1)
    else if (text[next] !== ']') return undefined
  }
  return { value: items, end: next + 1 }
}

function readFlowMap(text: string, at: number, depth: number): Read<Json> | undefined {
  const members = emptyMembers()
  let next = skipSpace(text, at + 1)
  while (text[next] !== '}') {
    const key = readFlowKey(text, next)
    if (key === undefined || key.value in members) return undefined
    next = skipSpace(text, key.end)
    const value = text[next] === ',' || text[next] === '}' ? { value: null, end: next } : readFlowValue(text, next, ',}', depth)
    if (value === undefined) return undefined
    members[key.value] = value.value
    next = skipSpace(text, value.end)
    if (text[next] === ',') next = skipSpace(text, next + 1)
    else if (text[next] !== '}') return undefined
  }
  return { value: members, end: next + 1 }
}

/** A key with its colon. */
function readFlowKey(text: string, at: number): Read<string> | undefined {
  const quoted = readQuoted(text, at)
  if (quoted !== undefined) return text[quoted.end] === ':' ? { value: quoted.value, end: quoted.end + 1 } : undefined
  let end = at
  while (end < text.length && !',{}[]"\''.includes(text[end] ?? '')) {
    if (text[end] === ':' && (text[end + 1] === ' ' || text[end + 1] === undefined)) return { value: text.slice(at, end), end: end + 1 }
    end += 1
  }
  return undefined
}

function readFlowValue(text: string, at: number, stops: string, depth: number): Read<Json> | undefined {
  const first = text[at] ?? ''
  if (first === '{' || first === '[') return readFlow(text, at, depth + 1)
  if (first === '"' || first === "'") return readQuoted(text, at)
  if (first === '' || '&*!@`%|>#?'.includes(first)) return undefined
  let end = at
  while (end < text.length && !stops.includes(text[end] ?? '')) {
    if ('{}['.includes(text[end] ?? '') || text.startsWith(' #', end) || text.startsWith(': ', end)) return undefined
    end += 1
  }
  return end === text.length ? undefined : { value: plainScalar(text.slice(at, end).trimEnd()), end }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (text[at] === ' ') at += 1
  return at
}

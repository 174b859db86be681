/**
 * SPDX licence expressions (SPDX 2.3, annex D). `or` is a choice of the licensee, `and` binds to all, a `+` or an
 * exception belongs to one licence.
 */
export type Licence =
  | { readonly kind: 'licence'; readonly id: string; readonly exception?: string }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Licence[] }

const MAX_LENGTH = 4096
const MAX_TOKENS = 500
const ID = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9][A-Za-z0-9.-]*\+?$/
/** The GNU ids without -only or -or-later, which SPDX withdrew. */
const BARE_GNU = /^(a?gpl-[123]\.0|lgpl-(?:2\.[01]|3\.0)|gfdl-1\.[123])(\+?)$/

/**
 * Reads an expression. Undefined for anything that is none: free text, NOASSERTION, NONE, an empty text, or one over the
 * caps. Ids are lower-cased, for SPDX compares them without case; withdrawn GNU ids become the ones that replaced them.
 */
export function parseLicence(text: string): Licence | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  if (tokens.length > MAX_TOKENS) return undefined
  const state = { tokens, at: 0 }
  const licence = parseOr(state, 0)
  return state.at === tokens.length ? licence : undefined
}

type State = { readonly tokens: readonly string[]; at: number }

/** Operators are upper-case or lower-case, not mixed (the later SPDX versions read both). */
function isWord(token: string | undefined, word: string): boolean {
  return token === word || token === word.toLowerCase()
}

function parseOr(state: State, depth: number): Licence | undefined {
  return parseChain(state, 'OR', () => parseChain(state, 'AND', () => parseSimple(state, depth)))
}

function parseChain(state: State, word: 'OR' | 'AND', next: () => Licence | undefined): Licence | undefined {
  const first = next()
  if (first === undefined) return undefined
  const parts = [first]
  while (isWord(state.tokens[state.at], word)) {
    state.at += 1
    const part = next()
    if (part === undefined) return undefined
    parts.push(part)
  }
  return parts.length === 1 ? first : { kind: word === 'OR' ? 'or' : 'and', parts }
}

function parseSimple(state: State, depth: number): Licence | undefined {
  const token = state.tokens[state.at]
  if (token === undefined || depth > 50) return undefined
  state.at += 1
  if (token === '(') {
    const inner = parseOr(state, depth + 1)
    if (state.tokens[state.at] !== ')') return undefined
    state.at += 1
    return inner
  }
  if (!isId(token)) return undefined
  const id = normalId(token)
  if (!isWord(state.tokens[state.at], 'WITH')) return { kind: 'licence', id }
  const exception = state.tokens[state.at + 1]
  if (exception === undefined || !isId(exception) || exception.endsWith('+')) return undefined
  state.at += 2
  return { kind: 'licence', id, exception: exception.toLowerCase() }
}

function isId(token: string): boolean {
  if (['AND', 'OR', 'WITH'].some((word) => isWord(token, word))) return false
  return token !== 'NOASSERTION' && token !== 'NONE' && ID.test(token)
}

function normalId(token: string): string {
  const id = token.toLowerCase()
  const gnu = BARE_GNU.exec(id)
  if (gnu === null) return id
  return `${gnu[1] ?? id}${gnu[2] === '+' ? '-or-later' : '-only'}`
}

/** The simple licences an expression is made of, each as `id` or `id with exception`, lower-case. */
export function licenceTerms(licence: Licence): readonly string[] {
  if (licence.kind === 'licence') return [termOf(licence)]
  return licence.parts.flatMap(licenceTerms)
}

function termOf(licence: Extract<Licence, { kind: 'licence' }>): string {
  return licence.exception === undefined ? licence.id : `${licence.id} with ${licence.exception}`
}

/**
 * Whether no choice an expression offers avoids the forbidden terms: of an `or` every branch must be forbidden, of an
 * `and` one is enough. A forbidden licence is forbidden with any exception too; a forbidden `id with exception` only with that one.
 */
export function isForbidden(licence: Licence, forbidden: ReadonlySet<string>): boolean {
  if (licence.kind === 'licence') return forbidden.has(licence.id) || forbidden.has(termOf(licence))
  return licence.kind === 'or'
    ? licence.parts.every((part) => isForbidden(part, forbidden))
    : licence.parts.some((part) => isForbidden(part, forbidden))
}

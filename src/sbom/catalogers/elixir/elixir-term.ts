import { malformed } from '../../byte-view.ts'
import { LIMITS } from '../../../kernel/limits.ts'

/** A literal of Elixir: texts (atoms have their colon), numbers as text, lists and tuples, maps and keyword pairs. */
export type ElixirTerm =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'atom'; readonly value: string }
  | { readonly kind: 'tuple' | 'list'; readonly items: readonly ElixirTerm[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [ElixirTerm, ElixirTerm])[] }

type Reader = { readonly tokens: readonly string[]; at: number; readonly where: string }

/** Reads one literal term, as Mix writes its lockfile. Nothing is evaluated: calls, operators and interpolation are refused. Throws `artifact-malformed`. */
export function parseElixirTerm(text: string, where: string): ElixirTerm {
  const reader = { tokens: tokensOf(text, where), at: 0, where }
  const term = readTerm(reader, 0)
  if (reader.at < reader.tokens.length) throw malformed(where, 'has something behind its last bracket')
  return term
}

const TOKEN =
  /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"\s*:(?=\s)|"(?:[^"\\]|\\.)*"|%\{|=>|[{}[\],]|:"(?:[^"\\]|\\.)*"|:?[A-Za-z_][\w.@!?]*:?|-?\d[\w.]*/gsy

function tokensOf(text: string, where: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) throw malformed(where, `is no literal of Elixir at character ${at}`)
    if (!/^[\s#]/.test(token)) tokens.push(token)
  }
  return tokens
}

function readTerm(reader: Reader, depth: number): ElixirTerm {
  if (depth > LIMITS.jsonDepth) throw malformed(reader.where, `is nested deeper than jsonDepth (${LIMITS.jsonDepth})`)
  const token = reader.tokens[reader.at]
  reader.at += 1
  if (token === '{') return { kind: 'tuple', items: readItems(reader, '}', depth) }
  if (token === '[') return { kind: 'list', items: readItems(reader, ']', depth) }
  if (token === '%{') return { kind: 'map', entries: pairsOf(readItems(reader, '}', depth), reader.where) }
  if (token === undefined || /^(?:[}\],]|=>)$/.test(token)) throw malformed(reader.where, 'has a bracket or comma where a value must be')
  if (token.startsWith('"')) return { kind: 'text', value: unquote(token) }
  return { kind: 'atom', value: token.startsWith(':') ? unquote(token.slice(1)) : token }
}

/** Items up to a closing bracket. A key and its value stand as a tuple of two. */
function readItems(reader: Reader, close: string, depth: number): ElixirTerm[] {
  const items: ElixirTerm[] = []
  while (reader.tokens[reader.at] !== close) {
    const token = reader.tokens[reader.at] ?? ''
    if (/^(?:"[^]*"\s*|[A-Za-z_][^:]*):$/.test(token)) {
      reader.at += 1
      const key = token.slice(0, -1).trim()
      items.push({
        kind: 'tuple',
        items: [{ kind: key.startsWith('"') ? 'text' : 'atom', value: unquote(key) }, readTerm(reader, depth + 1)],
      })
    } else {
      const item = readTerm(reader, depth + 1)
      if (reader.tokens[reader.at] === '=>') {
        reader.at += 1
        items.push({ kind: 'tuple', items: [item, readTerm(reader, depth + 1)] })
      } else items.push(item)
    }
    if (reader.tokens[reader.at] === ',') reader.at += 1
    else if (reader.tokens[reader.at] !== close) throw malformed(reader.where, 'has two values without a comma between them')
  }
  reader.at += 1
  return items
}

function pairsOf(items: readonly ElixirTerm[], where: string): (readonly [ElixirTerm, ElixirTerm])[] {
  return items.map((item) => {
    const [key, value] = item.kind === 'tuple' ? item.items : []
    if (key === undefined || value === undefined) throw malformed(where, 'has a map with something that is no pair')
    return [key, value]
  })
}

function unquote(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replace(/\\(["\\])/g, '$1') : token
}

/** The text of a text or atom; empty for anything else. */
export function elixirText(term: ElixirTerm | undefined): string {
  return term?.kind === 'text' || term?.kind === 'atom' ? term.value : ''
}

/** The items of a tuple or list; none for anything else. */
export function elixirItems(term: ElixirTerm | undefined): readonly ElixirTerm[] {
  return term?.kind === 'tuple' || term?.kind === 'list' ? term.items : []
}

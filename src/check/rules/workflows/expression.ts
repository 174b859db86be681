/**
 * GitHub Actions expressions (docs.github.com, "Evaluate expressions in workflows and actions"), as far as it matters for
 * what a value is made of.
 */
export type Expression =
  | { readonly kind: 'literal' }
  /** A context path, lower-case; `*` for an index or a filter whose name is not written out. */
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  /** A comparison or negation: its value is a boolean, whatever it compares. */
  | { readonly kind: 'boolean' }

type Token = { readonly kind: 'word' | 'text' | 'number' | 'sign'; readonly text: string }

const MAX_TOKENS = 2000
const TOKEN =
  /\s*(?:([A-Za-z_][A-Za-z0-9_-]*)|'((?:[^']|'')*)'|(-?(?:0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))|(&&|\|\||[=!<>]=|[()[\].,!<>*]))/y

/** Parses the inside of `${{ … }}`. Undefined when it is no expression. */
export function parseExpression(text: string): Expression | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined || tokens.length === 0) return undefined
  const cursor = { tokens, at: 0, depth: 0 }
  const expression = parseOr(cursor)
  return cursor.at === tokens.length ? expression : undefined
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  const body = text.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < body.length) {
    const [, word, string, number, sign] = TOKEN.exec(body) ?? []
    if (word !== undefined) tokens.push({ kind: 'word', text: word.toLowerCase() })
    else if (string !== undefined) tokens.push({ kind: 'text', text: string.replaceAll("''", "'").toLowerCase() })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    else return undefined
    if (tokens.length > MAX_TOKENS) return undefined
  }
  return tokens
}

type Cursor = { readonly tokens: readonly Token[]; at: number; depth: number }

function take(cursor: Cursor, ...signs: readonly string[]): boolean {
  const token = cursor.tokens[cursor.at]
  if (token?.kind !== 'sign' || !signs.includes(token.text)) return false
  cursor.at += 1
  return true
}

function parseOr(cursor: Cursor): Expression | undefined {
  return parseChain(cursor, 'or', '||', () => parseChain(cursor, 'and', '&&', () => parseComparison(cursor)))
}

function parseChain(cursor: Cursor, kind: 'and' | 'or', sign: string, next: () => Expression | undefined): Expression | undefined {
  const parts: Expression[] = []
  do {
    const part = next()
    if (part === undefined) return undefined
    parts.push(part)
  } while (take(cursor, sign))
  const [only] = parts
  return parts.length === 1 ? only : { kind, parts }
}

function parseComparison(cursor: Cursor): Expression | undefined {
  const left = parseUnary(cursor)
  if (left === undefined) return undefined
  let compared = false
  while (take(cursor, '==', '!=', '<', '<=', '>', '>=')) {
    if (parseUnary(cursor) === undefined) return undefined
    compared = true
  }
  return compared ? { kind: 'boolean' } : left
}

function parseUnary(cursor: Cursor): Expression | undefined {
  let negated = false
  while (take(cursor, '!')) negated = true
  const inner = parsePrimary(cursor)
  return inner !== undefined && negated ? { kind: 'boolean' } : inner
}

function parsePrimary(cursor: Cursor): Expression | undefined {
  cursor.depth += 1
  try {
    if (cursor.depth > 60) return undefined
    if (take(cursor, '(')) {
      const inner = parseOr(cursor)
      return take(cursor, ')') ? parseSteps(cursor, inner) : undefined
    }
    const token = cursor.tokens[cursor.at]
    if (token === undefined || token.kind === 'sign') return undefined
    cursor.at += 1
    if (token.kind !== 'word') return { kind: 'literal' }
    if (take(cursor, '(')) return parseSteps(cursor, parseCall(cursor, token.text))
    if (['true', 'false', 'null', 'nan', 'infinity'].includes(token.text)) return { kind: 'literal' }
    return parseSteps(cursor, { kind: 'path', path: [token.text] })
  } finally {
    cursor.depth -= 1
  }
}

function parseCall(cursor: Cursor, name: string): Expression | undefined {
  const args: Expression[] = []
  if (take(cursor, ')')) return { kind: 'call', name, args }
  do {
    const argument = parseOr(cursor)
    if (argument === undefined) return undefined
    args.push(argument)
  } while (take(cursor, ','))
  return take(cursor, ')') ? { kind: 'call', name, args } : undefined
}

/** `.name`, `.*`, `['name']`, `[0]`, `[expression]` after a value. Of anything but a path they lead into what it is made of. */
function parseSteps(cursor: Cursor, start: Expression | undefined): Expression | undefined {
  if (start === undefined) return undefined
  const steps: string[] = []
  for (;;) {
    if (take(cursor, '.')) {
      const token = cursor.tokens[cursor.at]
      if (token?.kind !== 'word' && token?.text !== '*') return undefined
      cursor.at += 1
      steps.push(token.text)
    } else if (take(cursor, '[')) {
      const token = cursor.tokens[cursor.at]
      const index = take(cursor, '*') ? { kind: 'literal' as const } : parseOr(cursor)
      if (index === undefined || !take(cursor, ']')) return undefined
      steps.push(token?.kind === 'text' && index.kind === 'literal' ? token.text : '*')
    } else break
  }
  return start.kind === 'path' ? { kind: 'path', path: [...start.path, ...steps] } : start
}

/** Functions whose value is a boolean or a hash, whatever goes in. */
const HARMLESS = new Set(['contains', 'startswith', 'endswith', 'hashfiles', 'success', 'failure', 'always', 'cancelled'])

/** The context paths the text of a value can come from. */
export function pathsIn(expression: Expression): readonly (readonly string[])[] {
  switch (expression.kind) {
    case 'path':
      return [expression.path]
    case 'call':
      return HARMLESS.has(expression.name) ? [] : expression.args.flatMap(pathsIn)
    case 'and':
      // The value of `a && b` is b, or a where a is false, empty or 0: nothing anybody could put a command into.
      return expression.parts.slice(-1).flatMap(pathsIn)
    case 'or':
      return expression.parts.flatMap(pathsIn)
    default:
      return []
  }
}

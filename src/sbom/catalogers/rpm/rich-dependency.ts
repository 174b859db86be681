/** A boolean dependency of rpm (rpm-dependencies(7), "Boolean Dependencies"), or one plain one. */
export type RichDependency =
  | { readonly kind: 'plain'; readonly name: string; readonly operator: string; readonly version: string }
  | { readonly kind: 'operation'; readonly operator: RichOperator; readonly parts: readonly RichDependency[] }

type RichOperator = 'and' | 'or' | 'with' | 'without' | 'if' | 'unless' | 'else'

const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'with', 'without', 'if', 'unless', 'else'])
const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '=', '>=', '>'])
const MAX_DEPTH = 32

/** Reads `(a >= 1 or (b if c))`. Undefined when it is not well formed, or nested deeper than anyone writes. */
export function parseRichDependency(text: string): RichDependency | undefined {
  const tokens = tokensOf(text)
  const reader = { tokens, at: 0 }
  const found = readGroup(reader, 0)
  return reader.at === tokens.length ? found : undefined
}

type Reader = { readonly tokens: readonly string[]; at: number }

/** A name may hold parentheses of its own, `perl(Foo)`; those of a group stand apart or after other ones. */
function tokensOf(text: string): string[] {
  const tokens: string[] = []
  for (const word of text.split(/\s+/)) {
    let start = 0
    while (word[start] === '(') start += 1
    let depth = 0
    let end = start
    while (end < word.length && !(word[end] === ')' && depth === 0)) {
      depth += word[end] === '(' ? 1 : word[end] === ')' ? -1 : 0
      end += 1
    }
    for (let at = 0; at < start; at += 1) tokens.push('(')
    if (end > start) tokens.push(word.slice(start, end))
    for (const rest of word.slice(end)) tokens.push(rest)
  }
  return tokens
}

function readGroup(reader: Reader, depth: number): RichDependency | undefined {
  if (depth > MAX_DEPTH || reader.tokens[reader.at] !== '(') return undefined
  reader.at += 1
  const first = readPart(reader, depth)
  if (first === undefined) return undefined
  const parts = [first]
  let operator: RichOperator | undefined
  for (;;) {
    const token = reader.tokens[reader.at]
    reader.at += 1
    if (token === ')') return operator === undefined ? first : { kind: 'operation', operator, parts }
    if (!isOperator(token)) return undefined
    const next = readPart(reader, depth)
    // `a if b else c` and `a unless b else c` keep the operator of their condition.
    if (next === undefined || (operator !== undefined && token !== operator && token !== 'else')) return undefined
    operator ??= token
    parts.push(next)
  }
}

function readPart(reader: Reader, depth: number): RichDependency | undefined {
  const { tokens } = reader
  const name = tokens[reader.at]
  if (name === '(') return readGroup(reader, depth + 1)
  if (name === undefined || name === ')' || OPERATORS.has(name)) return undefined
  const operator = tokens[reader.at + 1]
  const version = tokens[reader.at + 2]
  const compared = operator !== undefined && COMPARISONS.has(operator) && version !== undefined
  reader.at += compared ? 3 : 1
  return { kind: 'plain', name, operator: compared ? operator : '', version: compared ? version : '' }
}

function isOperator(token: string | undefined): token is RichOperator {
  return token !== undefined && OPERATORS.has(token)
}

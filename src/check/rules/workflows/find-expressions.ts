export type FoundExpression = { readonly inner: string; readonly start: number; readonly end: number }

const MAX_LENGTH = 21_000

/** Every `${{ … }}` between two offsets of a text; a `}}` inside a quoted text does not end one. One without an end is left out. */
export function findExpressions(text: string, from: number, to: number): readonly FoundExpression[] {
  const found: FoundExpression[] = []
  for (let start = text.indexOf('${{', from); start !== -1 && start < to;) {
    const end = endOf(text, start + 3, Math.min(to, start + MAX_LENGTH))
    if (end !== undefined) found.push({ inner: text.slice(start + 3, end), start, end: end + 2 })
    start = text.indexOf('${{', end ?? start + 3)
  }
  return found
}

function endOf(text: string, from: number, to: number): number | undefined {
  let quoted = false
  for (let at = from; at < to; at += 1) {
    const unit = text[at]
    if (unit === "'") quoted = !quoted
    else if (!quoted && unit === '}' && text[at + 1] === '}') return at
  }
  return undefined
}

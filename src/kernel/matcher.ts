/** What a text must be: written out, or `pattern:` with `*` for any run of characters. */
export type Matcher = { readonly text: string; readonly matches: (value: string) => boolean }

const PREFIX = 'pattern:'

/**
 * Compiles a matcher. Without the prefix the value must be equal, character for character. With it, `*` stands for any
 * run of characters (none, `/` and `@` included), nothing else is special, and the whole value must match.
 */
export function compileMatcher(text: string): Matcher {
  if (!text.startsWith(PREFIX)) return { text, matches: (value) => value === text }
  const parts = text.slice(PREFIX.length).split('*')
  return { text, matches: (value) => matchesGlob(parts, value) }
}

/** Whether a matcher would let every value pass. */
export function isMatchAll(text: string): boolean {
  return text.startsWith(PREFIX) && /^\*+$/.test(text.slice(PREFIX.length))
}

/** Takes each middle part at its first place after the one before: time is bounded by length × parts, with no backtracking. */
function matchesGlob(parts: readonly string[], value: string): boolean {
  const first = parts[0] ?? ''
  if (parts.length === 1) return value === first
  const last = parts.at(-1) ?? ''
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false
  const end = value.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

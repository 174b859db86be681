export type Escape = { readonly value: string; readonly end: number }

const SIMPLE: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  e: '\u001b',
}
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** The escape whose letter (behind the backslash) stands at `at`, if it is one of `known`. Undefined when it is none, or of no character. */
export function readEscape(text: string, at: number, known: string): Escape | undefined {
  const letter = text[at] ?? ''
  if (letter === '' || !known.includes(letter)) return undefined
  const simple = Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined
  if (simple !== undefined) return { value: simple, end: at + 1 }
  const digits = Object.hasOwn(HEX_DIGITS, letter) ? (HEX_DIGITS[letter] ?? 0) : 0
  const hex = text.slice(at + 1, at + 1 + digits)
  if (digits === 0 || hex.length !== digits || !/^[0-9a-f]+$/i.test(hex)) return undefined
  const code = Number.parseInt(hex, 16)
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : { value: String.fromCodePoint(code), end: at + 1 + digits }
}

// What an attacker may write and a terminal would obey: C0 and C1 controls, bidirectional overrides, zero-width and tag characters.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e007f}]/gu

/** Makes any text safe to print on a terminal on one line: each control, bidirectional or invisible character becomes its `\u{…}` escape. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`)
}

/** As `safeText`, with escapes that JSON reads back: within the strings of a JSON text they change nothing. */
export function jsonSafeText(text: string): string {
  return text.replace(UNSAFE, (unit) =>
    Array.from({ length: unit.length }, (_, at) => `\\u${unit.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

/** As `safeText`, keeping line feeds and tabs, for text of several lines. */
export function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(safeText).join('\t'))
    .join('\n')
}

/** A number and what it counts: `1 finding`, `2 findings`; `plural` for words that take no s. */
export function countOf(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`
}

/** Cuts a text to `width` characters (UTF-16 units), marking the cut with an ellipsis. A pair of surrogates is not cut in two. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const kept = text.slice(0, Math.max(0, width - 1))
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}

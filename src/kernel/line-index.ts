import type { Span } from './finding.ts'

export type Place = { readonly line: number; readonly column: number }

/** Turns offsets of one text into lines and columns. */
export type LineIndex = {
  /** Line and column of an offset (UTF-16 units from 0); both count from 1. */
  readonly placeOf: (offset: number) => Place
  /** The span from `start` to just before `end`. */
  readonly spanOf: (start: number, end: number) => Span
  /** Offset of the first character of a line (from 1). The end of the text for a line past the last. */
  readonly startOf: (line: number) => number
  readonly count: number
}

/** Indexes the lines of a text once; a line ends at `\n`, and a `\r` before it belongs to the line. */
export function indexLines(text: string): LineIndex {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const placeOf = (offset: number): Place => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
  return {
    placeOf,
    spanOf: (start, end) => {
      const from = placeOf(start)
      const to = placeOf(Math.max(start, end))
      return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column }
    },
    startOf: (line) => starts[line - 1] ?? text.length,
    count: starts.length,
  }
}

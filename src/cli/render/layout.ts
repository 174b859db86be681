import { safeText } from '../../kernel/text.ts'
import type { Terminal } from '../terminal.ts'

/** Width of the names on the left of every receipt, verdict and listing: what a digest leaves of 80 columns. */
const NAME_WIDTH = 9

/** `name       value`, the values below each other, each wrapped to the terminal. Values are escaped here. */
export function field(terminal: Pick<Terminal, 'columns'>, name: string, ...values: readonly string[]): string[] {
  const lines = values.flatMap((value) => wrap(safeText(value), Math.max(24, terminal.columns - NAME_WIDTH)))
  return lines.map((line, at) => `${(at === 0 ? name : '').padEnd(NAME_WIDTH)}${line}`)
}

/** A text under a hanging indent: `first` before its first line, blanks below. Escapes nothing. */
export function hanging(first: string, text: string, columns: number): string[] {
  const blanks = ' '.repeat(first.length)
  return wrap(text, Math.max(24, columns - first.length)).map((line, at) => `${at === 0 ? first : blanks}${line}`)
}

/** Wraps a text at spaces to lines of at most `width` characters; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines
}

/** Digests within a text cut to what a person compares; the full ones are in `--format json`. */
export function shortDigests(text: string): string {
  return text.replace(/sha256([:-])([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256$1$2…')
}

/** A path or name as a word of a shell command. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@+=%,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

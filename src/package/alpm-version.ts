import { compareDigits, compareText } from './digits.ts'

/** A version of pacman, `[epoch:]version[-release]` (vercmp(8)). */
export type AlpmVersion = { readonly epoch: string; readonly version: string; readonly release?: string }

/** Reads a version of pacman. Undefined when the epoch is no number or there is no version. */
export function parseAlpmVersion(text: string): AlpmVersion | undefined {
  const trimmed = text.trim()
  const colon = trimmed.indexOf(':')
  const epoch = colon === -1 ? '0' : trimmed.slice(0, colon) || '0'
  const rest = trimmed.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  const version = dash === -1 ? rest : rest.slice(0, dash)
  if (!/^\d+$/.test(epoch) || version === '' || /\s/.test(rest)) return undefined
  return { epoch, version, ...(dash === -1 ? {} : { release: rest.slice(dash + 1) }) }
}

/** Order of two versions as pacman sees it: negative, zero or positive. A release that only one of them names is not compared. */
export function compareAlpmVersions(a: AlpmVersion, b: AlpmVersion): number {
  const order = compareDigits(a.epoch, b.epoch) || compareLabels(a.version, b.version)
  return order !== 0 || a.release === undefined || b.release === undefined ? order : compareLabels(a.release, b.release)
}

type Part = { readonly text: string; readonly separators: number }

/**
 * Runs of digits as numbers, runs of letters as text, digits after letters; more separators before a run come later. What is longer
 * comes later, but letters that follow at once come before the end: 1.0rc1 is before 1.0, and 1.0.rc1 after it.
 */
function compareLabels(a: string, b: string): number {
  if (a === b) return 0
  const left = partsOf(a)
  const right = partsOf(b)
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const one = left[at]
    const other = right[at]
    if (one === undefined || other === undefined) {
      const rest = one ?? other
      const sign = rest !== undefined && rest.separators === 0 && !isDigit(rest.text) ? -1 : 1
      return one === undefined ? -sign : sign
    }
    const order = one.separators - other.separators || compareParts(one.text, other.text)
    if (order !== 0) return order
  }
  return 0
}

function compareParts(a: string, b: string): number {
  if (isDigit(a) !== isDigit(b)) return isDigit(a) ? 1 : -1
  return isDigit(a) ? compareDigits(a, b) : compareText(a, b)
}

function partsOf(label: string): Part[] {
  return [...label.matchAll(/([^A-Za-z0-9]*)(\d+|[A-Za-z]+)/g)].map(([, separators = '', text = '']) => ({
    text,
    separators: separators.length,
  }))
}

function isDigit(text: string): boolean {
  return /^\d/.test(text)
}

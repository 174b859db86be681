import { compareDigits, compareText } from './digits.ts'

/** A version as rpm writes it, `[epoch:]version[-release]`: epoch 0 when not written, no release when there is none. */
export type RpmVersion = { readonly epoch: string; readonly version: string; readonly release?: string }

/** Reads an rpm version (rpm-dependencies(7), rpm-version(7)). Undefined when the epoch is no number or there is no version. */
export function parseRpmVersion(text: string): RpmVersion | undefined {
  const trimmed = text.trim()
  const colon = trimmed.indexOf(':')
  const epoch = colon === -1 ? '0' : trimmed.slice(0, colon) || '0'
  const rest = trimmed.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  const version = dash === -1 ? rest : rest.slice(0, dash)
  if (!/^\d+$/.test(epoch) || version === '' || /\s/.test(rest)) return undefined
  return { epoch, version, ...(dash === -1 ? {} : { release: rest.slice(dash + 1) }) }
}

/** Order of two versions as rpm sees it: negative, zero or positive. A release that only one of them names is not compared. */
export function compareRpmVersions(a: RpmVersion, b: RpmVersion): number {
  const order = compareDigits(a.epoch, b.epoch) || compareLabels(a.version, b.version)
  return order !== 0 || a.release === undefined || b.release === undefined ? order : compareLabels(a.release, b.release)
}

/**
 * The order of one part: runs of digits as numbers, runs of letters as text, digits after letters, what is longer after
 * what is shorter; `~` sorts before the end, `^` right after it; everything else only separates.
 */
function compareLabels(a: string, b: string): number {
  let left = 0
  let right = 0
  for (;;) {
    left = skipSeparators(a, left)
    right = skipSeparators(b, right)
    const mark = compareMarks(a[left], b[right])
    if (mark === 'both') {
      left += 1
      right += 1
      continue
    }
    if (mark !== undefined) return mark
    if (left >= a.length || right >= b.length) return a.length - left - (b.length - right)
    const isNumber = isDigit(a, left)
    if (isNumber !== isDigit(b, right)) return isNumber ? 1 : -1
    const leftEnd = endOfRun(a, left, isNumber)
    const rightEnd = endOfRun(b, right, isNumber)
    const order = (isNumber ? compareDigits : compareText)(a.slice(left, leftEnd), b.slice(right, rightEnd))
    if (order !== 0) return order
    left = leftEnd
    right = rightEnd
  }
}

/** What `~` and `^` decide between two units; `both` when they have the same one, undefined when neither has any. */
function compareMarks(a: string | undefined, b: string | undefined): number | 'both' | undefined {
  if (a === '~' || b === '~') return a === b ? 'both' : a === '~' ? -1 : 1
  if (a !== '^' && b !== '^') return undefined
  if (a === b) return 'both'
  if (a === undefined) return -1
  if (b === undefined) return 1
  return a === '^' ? -1 : 1
}

function skipSeparators(text: string, from: number): number {
  let at = from
  while (at < text.length && !isDigit(text, at) && !isLetter(text, at) && text[at] !== '~' && text[at] !== '^') at += 1
  return at
}

function endOfRun(text: string, from: number, digits: boolean): number {
  let at = from
  while (at < text.length && (digits ? isDigit(text, at) : isLetter(text, at))) at += 1
  return at
}

function isDigit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0x30 && unit <= 0x39
}

function isLetter(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)
}

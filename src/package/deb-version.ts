import { compareDigits } from './digits.ts'

/** A Debian version (deb-version(7)): epoch 0 and an empty revision when not written. */
export type DebVersion = { readonly epoch: string; readonly upstream: string; readonly revision: string }

/** Reads a Debian version. Undefined when the epoch is no number or there is no upstream version. */
export function parseDebVersion(text: string): DebVersion | undefined {
  const trimmed = text.trim()
  const colon = trimmed.indexOf(':')
  const epoch = colon === -1 ? '0' : trimmed.slice(0, colon)
  const rest = trimmed.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  const upstream = dash === -1 ? rest : rest.slice(0, dash)
  if (!/^\d+$/.test(epoch) || upstream === '' || /\s/.test(rest)) return undefined
  return { epoch, upstream, revision: dash === -1 ? '' : rest.slice(dash + 1) }
}

/** Order of two Debian versions as dpkg sees it: negative, zero or positive. */
export function compareDebVersions(a: DebVersion, b: DebVersion): number {
  return compareDigits(a.epoch, b.epoch) || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision)
}

/** The algorithm of deb-version(7), "Sorting algorithm": runs of non-digits and digits in turn; `~` sorts before the end, letters before the rest. */
function compareParts(a: string, b: string): number {
  let left = 0
  let right = 0
  while (left < a.length || right < b.length) {
    while ((left < a.length && !isDigit(a, left)) || (right < b.length && !isDigit(b, right))) {
      const order = weight(a, left) - weight(b, right)
      if (order !== 0) return order
      left += 1
      right += 1
    }
    const leftEnd = endOfDigits(a, left)
    const rightEnd = endOfDigits(b, right)
    const order = compareDigits(a.slice(left, leftEnd) || '0', b.slice(right, rightEnd) || '0')
    if (order !== 0) return order
    left = leftEnd
    right = rightEnd
  }
  return 0
}

function weight(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0
  const unit = text.charCodeAt(at)
  if (unit === 0x7e) return -1
  const letter = (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)
  return letter ? unit : unit + 256
}

function isDigit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0x30 && unit <= 0x39
}

function endOfDigits(text: string, at: number): number {
  let end = at
  while (end < text.length && isDigit(text, end)) end += 1
  return end
}

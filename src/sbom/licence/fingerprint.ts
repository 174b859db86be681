import { createHash } from 'node:crypto'

/** Words in a shingle: so many in a row are seldom the same by chance. */
const SHINGLE = 5

/**
 * The words of a licence text that count: lower case, letters and digits only, without lines that name a holder of copyright, and with
 * one spelling of "license". Two texts of one licence differ in little else.
 */
export function licenceWords(text: string): string[] {
  const lines = text
    .toLowerCase()
    .split('\n')
    .filter((line) => !isCopyrightLine(line))
  return lines
    .join(' ')
    .replaceAll('licence', 'license')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

function isCopyrightLine(line: string): boolean {
  const bare = line.replace(/^[\s*#/;%>.-]+/, '')
  return /^(?:copyright\b(?! (?:notice|holder|owner|license|act|law|and ))|\(c\)|©|all rights reserved)/.test(bare)
}

/** The hash a text is the same by. */
export function textHash(words: readonly string[]): string {
  return createHash('sha256').update(words.join(' ')).digest('hex').slice(0, 32)
}

/** The hashes of every run of words, each once. */
export function shinglesOf(words: readonly string[]): Set<number> {
  const shingles = new Set<number>()
  for (let at = 0; at + SHINGLE <= words.length; at += 1) shingles.add(hashOf(words, at))
  return shingles
}

/** FNV-1a of a run of words, 32 bits. */
function hashOf(words: readonly string[], from: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < from + SHINGLE; at += 1) {
    const word = words[at] ?? ''
    for (let unit = 0; unit < word.length; unit += 1) hash = Math.imul(hash ^ word.charCodeAt(unit), 0x01000193)
    hash = Math.imul(hash ^ 0x20, 0x01000193)
  }
  return hash >>> 0
}

/** Of a set of shingles the share that a licence of many words is known by: those divisible by its step. */
export function sampleOf(shingles: ReadonlySet<number>, step: number): number[] {
  return [...shingles].filter((shingle) => shingle % step === 0)
}

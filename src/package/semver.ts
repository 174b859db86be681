import { compareDigits, compareText } from './digits.ts'

/** A semantic version (semver.org 2.0.0, §2, §9), numbers kept as digits so that no size overflows. Build metadata is not kept: it orders nothing (§10). */
export type Semver = {
  readonly major: string
  readonly minor: string
  readonly patch: string
  readonly prerelease: readonly string[]
}

/** Longest version looked at; npm itself allows 256 characters. */
const MAX_LENGTH = 1024
const SHAPE = /^[v=]?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.[0-9.]*)?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.+-]*)?$/

/**
 * Reads a version as the semver ecosystems write it: an optional `v`, one to three numbers (more are taken as build
 * metadata, as the OSV reference does), pre-release, build. Undefined when it is none.
 */
export function parseSemver(text: string): Semver | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const found = SHAPE.exec(text.trim())
  if (found === null) return undefined
  const prerelease = found[4] === undefined ? [] : found[4].split('.')
  return { major: found[1] ?? '0', minor: found[2] ?? '0', patch: found[3] ?? '0', prerelease }
}

/** Order of two versions by semver.org §11: negative, zero or positive. */
export function compareSemver(a: Semver, b: Semver): number {
  return compareTriples(a, b) || comparePrerelease(a.prerelease, b.prerelease)
}

/** Order of major, minor and patch alone. */
export function compareTriples(a: Semver, b: Semver): number {
  return compareDigits(a.major, b.major) || compareDigits(a.minor, b.minor) || compareDigits(a.patch, b.patch)
}

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length)
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = compareIdentifiers(a[at] ?? '', b[at] ?? '')
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareIdentifiers(a: string, b: string): number {
  const aNumeric = isDigits(a)
  const bNumeric = isDigits(b)
  if (aNumeric && bNumeric) return compareDigits(a, b)
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1
  return compareText(a, b)
}

function isDigits(text: string): boolean {
  return /^\d+$/.test(text)
}

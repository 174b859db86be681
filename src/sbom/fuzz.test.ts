import { describe, expect, it } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { parsePurl } from '../package/purl.ts'
import { assembleSbom } from './assemble.ts'
import { CATALOGERS } from './catalogers/table.ts'
import type { CatalogFile } from './catalogers/cataloger.ts'
import { fromCycloneDx } from './formats/cyclonedx/read.ts'
import { toCycloneDx } from './formats/cyclonedx/write.ts'
import { fromSpdx } from './formats/spdx/read.ts'
import { toSpdx } from './formats/spdx/write.ts'
import { SAMPLE } from './formats/test-sbom.ts'
import { FUZZ_SEEDS } from './test-fuzz-seeds.ts'

/** Rounds for each parser; the weekly run sets more. */
const ROUNDS = Number(process.env['TALLY_FUZZ_ROUNDS'] ?? 300)

/** Numbers that look random and are the same every time (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const BITS = [
  '\0',
  '\u00ff',
  '"',
  '{',
  '[',
  '}',
  ']',
  ':',
  ',',
  '\n',
  '\n\n',
  '/',
  '..',
  '@',
  '|',
  '(',
  ')',
  '=',
  '__proto__',
  'null',
  '-1',
  '1e999',
  '   ',
  'true',
]

/** Valid bytes with a few places overwritten, cut out, doubled or cut off. */
function spoil(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  let spoilt = bytes
  for (let count = 1 + next(4); count > 0; count -= 1) {
    const at = next(spoilt.length + 1)
    const to = Math.min(spoilt.length, at + next(20))
    const middle =
      [utf8(BITS[next(BITS.length)] ?? ''), new Uint8Array([next(256)]), spoilt.subarray(at, to), new Uint8Array()][next(4)] ?? utf8('')
    spoilt = Uint8Array.from([...spoilt.subarray(0, at), ...middle, ...spoilt.subarray(next(3) === 0 ? to : at)])
    if (next(10) === 0) spoilt = spoilt.subarray(0, next(spoilt.length + 1))
  }
  return spoilt
}

function isRefused(attempt: () => void): boolean {
  try {
    attempt()
    return false
  } catch (error) {
    if (error instanceof TallyError && error.code !== 'bug') return true
    throw error
  }
}

describe('catalogers given spoilt files', () => {
  it.each(FUZZ_SEEDS)('$mode $path', ({ path, text, beside, mode }) => {
    const next = numbersFrom(path.length)
    let refused = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const files = new Map<string, CatalogFile>(Object.entries(beside ?? {}).map(([other, content]) => [other, { bytes: utf8(content) }]))
      files.set(path, { bytes: spoil(utf8(text), next) })
      if (
        isRefused(() => {
          const catalogs = CATALOGERS.map((one) => one.read(new Map([...files].filter(([wanted]) => one.wants(wanted, mode))), mode))
          const sbom = assembleSbom(catalogs, { subject: {}, fallbackName: 'x', created: '2026-01-01T00:00:00Z', completeness: 'unknown' })
          for (const { purl } of sbom.components) parsePurl(purl)
          toCycloneDx(sbom)
          toSpdx(sbom)
        })
      )
        refused += 1
    }
    expect(refused).toBeLessThan(ROUNDS)
  })
})

describe('readers given spoilt documents', () => {
  it.each([
    ['CycloneDX', toCycloneDx(SAMPLE), fromCycloneDx],
    ['SPDX', toSpdx(SAMPLE), fromSpdx],
  ])('%s', (_, bytes, read) => {
    const next = numbersFrom(7)
    let refused = 0
    for (let round = 0; round < ROUNDS; round += 1) if (isRefused(() => read(spoil(bytes, next)))) refused += 1
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(ROUNDS)
  })
})

import { describe, expect, it } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { parsePurl } from '../package/purl.ts'
import { assembleSbom } from './assemble.ts'
import { CATALOGERS, INSPECTORS } from './catalogers/table.ts'
import { startCollection } from './collect.ts'
import type { Collection } from './collect.ts'
import { CYCLONEDX_VERSIONS } from './formats/cyclonedx/versions.ts'
import { toCycloneDx } from './formats/cyclonedx/write.ts'
import { toPurlList } from './formats/purl-list.ts'
import { readSbom } from './formats/read-sbom.ts'
import { toSpdx } from './formats/spdx/write.ts'
import { toSpdx3 } from './formats/spdx3/write.ts'
import { toTable } from './formats/table.ts'
import { FULL } from './formats/test-sbom.ts'
import type { Sbom } from './model.ts'
import { FUZZ_SEEDS } from './test-fuzz-seeds.ts'
import type { FuzzSeed } from './test-fuzz-seeds.ts'

/** Rounds for each file, some 10,000 for all of them together; the weekly run sets more. */
const ROUNDS = Number(process.env['TALLY_FUZZ_ROUNDS'] ?? 140)
const SYSTEM = /^(?:etc|lib\/apk|usr\/lib\/opkg|var\/lib\/(?:dpkg|pacman|rpm)|nix)\//
const WRITERS: readonly ((sbom: Sbom) => unknown)[] = [toCycloneDx, toSpdx, toSpdx3, toPurlList, toTable]

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

/** Whether it ends with an error of ours; what ends in any other way is a bug, and thrown. */
async function isRefused(attempt: () => void | Promise<void>): Promise<boolean> {
  try {
    await attempt()
    return false
  } catch (error) {
    if (error instanceof TallyError && error.code !== 'bug') return true
    throw error
  }
}

function bytesOf(seed: FuzzSeed): Uint8Array {
  return 'text' in seed ? utf8(seed.text) : seed.bytes
}

/** Offers a file to whoever the tables say looks at it, as a walk over an image does. */
async function offer(collection: Collection, path: string, bytes: Uint8Array): Promise<void> {
  collection.see(path)
  if (collection.wants(path) !== undefined) {
    collection.take(path, bytes)
    return
  }
  const inspector = collection.inspectorOf(outlineOf(path, bytes))
  if (inspector === undefined) return
  const content = (async function* () {
    yield bytes
  })()
  collection.note(path, await inspector.inspect({ path, size: bytes.byteLength, content }))
}

function outlineOf(path: string, bytes: Uint8Array): { path: string; size: number; executable: boolean } {
  return { path, size: bytes.byteLength, executable: path.includes('bin/') }
}

describe('the files to be spoilt', () => {
  it('have one for every cataloger of the table', () => {
    const without = CATALOGERS.filter(({ wants }) => !FUZZ_SEEDS.some(({ path, mode }) => wants(path, mode)))
    expect(without.map(({ name }) => name)).toEqual([])
  })

  it('have one for every inspector of the table', () => {
    const collection = startCollection(CATALOGERS, 'installed', INSPECTORS)
    const used = new Set(FUZZ_SEEDS.map((seed) => collection.inspectorOf(outlineOf(seed.path, bytesOf(seed)))?.name))
    expect(INSPECTORS.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([])
  })
})

/** What the tables make of a file and what lies beside it. */
async function catalog(seed: FuzzSeed, bytes: Uint8Array): Promise<Sbom> {
  const collection = startCollection(CATALOGERS, seed.mode, INSPECTORS)
  for (const [path, content] of Object.entries(seed.beside ?? {})) await offer(collection, path, utf8(content))
  await offer(collection, seed.path, bytes)
  const { catalogs, completeness } = collection.finish()
  return assembleSbom(catalogs, { subject: {}, fallbackName: 'x', created: '2026-01-01T00:00:00Z', completeness })
}

describe('catalogers given spoilt files', () => {
  it.each(FUZZ_SEEDS)('$mode $path', async (seed) => {
    const next = numbersFrom(seed.path.length)
    const whole = bytesOf(seed)
    expect((await catalog(seed, whole)).components).not.toEqual([])
    let refused = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const isRefusal = await isRefused(async () => {
        const sbom = await catalog(seed, spoil(whole, next))
        for (const { purl } of sbom.components) parsePurl(purl)
        WRITERS[round % WRITERS.length]?.(sbom)
      })
      if (isRefusal) refused += 1
    }
    // A broken file of whoever must not keep anybody from the rest of an image; only its own database may.
    if (seed.mode === 'installed' && !SYSTEM.test(seed.path)) expect(refused).toBe(0)
  })
})

describe('readers given spoilt documents', () => {
  it.each([
    ...CYCLONEDX_VERSIONS.map((version) => [`CycloneDX ${version}`, toCycloneDx(FULL, version)] as const),
    ['SPDX 2.3', toSpdx(FULL)] as const,
    ['SPDX 3', toSpdx3(FULL)] as const,
  ])('%s', async (_, bytes) => {
    const next = numbersFrom(7)
    let refused = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const isRefusal = await isRefused(() => {
        for (const { purl } of readSbom(spoil(bytes, next)).sbom.components) parsePurl(purl)
      })
      if (isRefusal) refused += 1
    }
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(ROUNDS)
  })
})

import { utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { canonicalJson } from '../kernel/json.ts'
import { parsePurl } from '../package/purl.ts'
import { assembleSbom } from './assemble.ts'
import type { Cataloger, CatalogMode } from './catalogers/cataloger.ts'

/** Numbers that look random and are the same on every run (xorshift32). */
export function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const INTERESTING = [0x00, 0x01, 0x0a, 0x22, 0x2e, 0x2f, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff]
const SIZES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff]

/** One to six changes: single bytes, whole numbers, pieces taken out, doubled or moved, and now and then the end cut off. */
export function mutate(base: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Buffer.from(base)
  for (let changes = 1 + random(6); changes > 0 && bytes.byteLength > 0; changes -= 1) {
    const at = random(bytes.byteLength)
    const length = Math.min(bytes.byteLength - at, 1 + random(24))
    switch (random(6)) {
      case 0:
        bytes[at] = random(256)
        break
      case 1:
        bytes[at] = INTERESTING[random(INTERESTING.length)] ?? 0
        break
      case 2:
        if (at + 4 <= bytes.byteLength) {
          const value = SIZES[random(SIZES.length)] ?? 0
          if (random(2) === 0) bytes.writeUInt32LE(value, at)
          else bytes.writeUInt32BE(value, at)
        }
        break
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
        break
      default:
        bytes.copy(bytes, random(bytes.byteLength), at, at + length)
    }
  }
  return random(12) === 0 ? bytes.subarray(0, random(bytes.byteLength + 1)) : bytes
}

/**
 * Reads seeded mutations of the samples. Out: how many were read and how many refused by a TallyError, and everything else
 * that was thrown (`strange`, which must be empty). Used by tests alone.
 */
export async function fuzz(
  samples: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  options: { readonly rounds?: number; readonly seed?: number } = {},
): Promise<{ read: number; refused: number; strange: unknown[] }> {
  const random = createRandom(options.seed ?? 0x7a11)
  const outcome = { read: 0, refused: 0, strange: [] as unknown[] }
  for (let round = 0; round < (options.rounds ?? 10_000); round += 1) {
    const bytes = mutate(samples[random(samples.length)] ?? new Uint8Array(0), random)
    try {
      await read(bytes)
      outcome.read += 1
    } catch (error) {
      if (!(error instanceof TallyError) || error.code === 'bug') outcome.strange.push(error)
      outcome.refused += 1
    }
  }
  return outcome
}

/**
 * Ten thousand times what a cataloger makes of its files when one of them is spoilt: whatever it returns must make an SBOM with
 * package URLs that can be read. Used by tests alone.
 */
export async function fuzzCataloger(
  cataloger: Cataloger,
  contents: Readonly<Record<string, string | Uint8Array>>,
  options: { readonly mode?: CatalogMode; readonly rounds?: number } = {},
): Promise<{ read: number; refused: number; strange: unknown[] }> {
  const mode = options.mode ?? 'runtime-closure'
  const files = Object.entries(contents).map(([path, content]) => [path, typeof content === 'string' ? utf8(content) : content] as const)
  const random = createRandom(0x5eed)
  let round = 0
  return await fuzz(
    [new Uint8Array(1)],
    () => {
      const chosen = files[random(files.length)]?.[1]
      const given = files.map(([path, bytes]) => [path, { bytes: bytes === chosen ? mutate(bytes, random) : bytes }] as const)
      const catalog = cataloger.read(new Map(given.filter(([path]) => cataloger.wants(path, mode))), mode)
      for (const { purl } of catalog.components) parsePurl(purl)
      round += 1
      if (round % 8 > 0) return
      const sbom = assembleSbom([catalog], { subject: {}, fallbackName: 'x', created: '2026-01-01T00:00:00Z', completeness: 'unknown' })
      canonicalJson(sbom)
    },
    options.rounds === undefined ? {} : { rounds: options.rounds },
  )
}

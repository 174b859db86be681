import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPeer } from '../test/support/peers.ts'
import { makeImage } from './sbom/make-image.ts'
import { measure } from './sbom/measure.ts'
import type { Measured } from './sbom/measure.ts'

// How long the SBOM of a large image takes, and how much memory: beside Syft, and beside the least that must be done, which is to
// unpack and hash. `node bench/sbom.ts [--image LAYOUT]`; without an image one is made by mmdebstrap and npm, which takes minutes.
// Programs take turns, and the best run of each counts. Exit 1 when a target is missed. SKIPPED lines say what was not there.

const ROOT = join(import.meta.dirname, '..')
const TALLY = join(ROOT, 'dist/tally.js')
const RUNS = 3

type Target = {
  readonly what: string
  readonly value: number | undefined
  readonly least?: number
  readonly most?: number
  readonly unit: string
}

if (!existsSync(TALLY)) throw new Error('dist/tally.js is not there: run `npm run build` first')
const folder = mkdtempSync(join(tmpdir(), 'bench-sbom-'))
try {
  const at = process.argv.indexOf('--image')
  const given = at === -1 ? undefined : process.argv[at + 1]
  const layout = given ?? (await freshImage())
  const best = await compare(layout)
  for (const [name, { seconds, megabytes }] of best) {
    console.log(`${name.padEnd(28)} ${seconds.toFixed(2).padStart(7)} s ${megabytes.toFixed(0).padStart(6)} MB`)
  }
  const targets = targetsOf(best)
  for (const target of targets) console.log(describeTarget(target))
  process.exitCode = targets.every(isMet) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function freshImage(): Promise<string> {
  const image = await makeImage(folder)
  const gigabytes = (image.unpackedBytes / 2 ** 30).toFixed(2)
  console.log(`image: ${gigabytes} GB unpacked, ${image.files} files, ${image.packages} npm packages, 2 layers of gzip`)
  return image.layout
}

async function compare(layout: string): Promise<ReadonlyMap<string, Measured>> {
  const syft = findPeer('syft')
  const best = new Map<string, Measured>()
  const note = (name: string, found: Measured): void => {
    const known = best.get(name) ?? found
    const { seconds, megabytes } = found
    best.set(name, { seconds: Math.min(seconds, known.seconds), megabytes: Math.max(megabytes, known.megabytes) })
  }
  const tally = [process.execPath, TALLY, 'sbom', `oci:${layout}`, '--format', 'cyclonedx-json']
  for (let run = 0; run < RUNS; run += 1) {
    const cache = join(folder, `cache-${run}`)
    mkdirSync(cache)
    note('inflate and hash', await measure([process.execPath, join(import.meta.dirname, 'sbom/floor.ts'), layout]))
    note('tally, cold', await measure(tally, { TALLY_CACHE_DIR: cache }))
    note('tally, layers known', await measure(tally, { TALLY_CACHE_DIR: cache }))
    if (syft !== undefined) {
      note('Syft', await measure([syft, 'scan', `oci-dir:${layout}`, '-o', 'cyclonedx-json', '-q'], { SYFT_CHECK_FOR_APP_UPDATE: 'false' }))
    }
  }
  return best
}

function targetsOf(best: ReadonlyMap<string, Measured>): Target[] {
  const seconds = (name: string): number => best.get(name)?.seconds ?? Number.NaN
  const cold = seconds('tally, cold')
  return [
    { what: 'Syft / tally', value: best.has('Syft') ? seconds('Syft') / cold : undefined, least: 3, unit: 'x' },
    { what: 'tally / inflate and hash', value: cold / seconds('inflate and hash'), most: 1.8, unit: 'x' },
    { what: 'cold / layers known', value: cold / seconds('tally, layers known'), least: 20, unit: 'x' },
    { what: 'peak memory', value: best.get('tally, cold')?.megabytes, most: 250, unit: ' MB' },
  ]
}

function isMet({ value, least, most }: Target): boolean {
  return value === undefined || ((least === undefined || value >= least) && (most === undefined || value <= most))
}

function describeTarget(target: Target): string {
  const { what, value, least, most, unit } = target
  const wanted = least === undefined ? `at most ${most}${unit}` : `at least ${least}${unit}`
  const shown = value === undefined ? 'SKIPPED' : `${value.toFixed(1)}${unit} ${isMet(target) ? 'yes' : 'NO'}`
  return `${what.padEnd(28)} ${shown.padStart(14)} (${wanted})`
}

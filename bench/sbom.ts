import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPeer } from '../test/support/peers.ts'
import { cachedImage } from './sbom/make-image.ts'
import { measure } from './sbom/measure.ts'
import type { Measured } from './sbom/measure.ts'
import { findTrivy } from './sbom/trivy.ts'

// How long the SBOM of a large image takes, and how much memory: beside Syft and Trivy, and beside the least that must be done, which
// is to unpack and hash. `node bench/sbom.ts [--image LAYOUT] [--runs N]`; the image is made once, by mmdebstrap and npm, which takes
// minutes, and kept in TALLY_BENCH_DIR (default: the cache folder). Programs take turns, so that each round is a pair of all of them
// under the same load, and the ratio that counts is the median of the rounds. Exit 1 when a goal is missed. SKIPPED lines say what
// was not there.

const TALLY = join(import.meta.dirname, '../dist/tally.js')
const CACHE = process.env['TALLY_BENCH_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tally-bench')
const FLOOR = 'inflate and hash'
const COLD = 'tally, cold'
const AGAIN = 'tally, image known'
const KNOWN = 'tally, layers known'

type Round = ReadonlyMap<string, Measured>
type Goal = {
  readonly what: string
  readonly value: number | undefined
  readonly least?: number
  readonly most?: number
  readonly unit: string
}

if (!existsSync(TALLY)) throw new Error('dist/tally.js is not there: run `npm run build` first')
const folder = mkdtempSync(join(tmpdir(), 'bench-sbom-'))
try {
  const layout = argument('--image') ?? (await freshImage())
  const rounds: Round[] = []
  for (let turn = 0; turn < Number(argument('--runs') ?? 3); turn += 1) rounds.push(await playRound(layout, turn))
  console.log(`${''.padEnd(22)} ${'wall s'.padStart(8)} ${'CPU s'.padStart(8)} ${'peak MB'.padStart(8)}   (best of ${rounds.length})`)
  for (const name of rounds[0]?.keys() ?? []) {
    const all = rounds.flatMap((round) => round.get(name) ?? [])
    const best = (pick: (one: Measured) => number): number => Math.min(...all.map(pick))
    const peak = Math.max(...all.map(({ megabytes }) => megabytes))
    const cells = [best(({ seconds }) => seconds).toFixed(2), best(({ cpuSeconds }) => cpuSeconds).toFixed(2), peak.toFixed(0)]
    console.log(`${name.padEnd(22)} ${cells.map((cell) => cell.padStart(8)).join(' ')}`)
  }
  const goals = goalsOf(rounds)
  for (const goal of goals) console.log(describeGoal(goal))
  process.exitCode = goals.every(isMet) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : process.argv[at + 1]
}

async function freshImage(): Promise<string> {
  const image = await cachedImage(CACHE)
  const gigabytes = (image.unpackedBytes / 2 ** 30).toFixed(2)
  console.log(`image: ${gigabytes} GB unpacked, ${image.files} files, ${image.packages} npm packages, 2 layers of gzip`)
  return image.layout
}

async function playRound(layout: string, turn: number): Promise<Round> {
  const cache = join(folder, `cache-${turn}`)
  mkdirSync(cache)
  const round = new Map<string, Measured>()
  const tally = [process.execPath, TALLY, 'sbom', `oci:${layout}`, '--format', 'cyclonedx-json']
  round.set(FLOOR, await measure([process.execPath, join(import.meta.dirname, 'sbom/floor.ts'), layout]))
  round.set(COLD, await measure(tally, { TALLY_CACHE_DIR: cache }))
  round.set('tally, no cache', await measure([...tally, '--no-cache']))
  round.set(AGAIN, await measure(tally, { TALLY_CACHE_DIR: cache }))
  // As another image of the same layers: nothing is left of this one but what is known of them.
  rmSync(join(cache, 'images'), { recursive: true })
  round.set(KNOWN, await measure(tally, { TALLY_CACHE_DIR: cache }))
  const syft = findPeer('syft')
  if (syft !== undefined)
    round.set(
      'Syft',
      await measure([syft, 'scan', `oci-dir:${layout}`, '-o', 'cyclonedx-json', '-q'], { SYFT_CHECK_FOR_APP_UPDATE: 'false' }),
    )
  const trivy = findTrivy(CACHE)
  if (trivy !== undefined) {
    const own = join(folder, `trivy-${turn}`)
    const words = ['image', '--input', layout, '--format', 'cyclonedx', '--cache-dir', own, '--offline-scan', '--quiet']
    round.set('Trivy', await measure([trivy, ...words]))
  }
  rmSync(cache, { recursive: true, force: true })
  return round
}

function goalsOf(rounds: readonly Round[]): Goal[] {
  const ratio = (above: string, below: string): number | undefined => {
    const all = rounds.flatMap((round) => {
      const [a, b] = [round.get(above), round.get(below)]
      return a === undefined || b === undefined ? [] : [a.seconds / b.seconds]
    })
    const sorted = all.toSorted((a, b) => a - b)
    const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
    return low === undefined || high === undefined ? undefined : (low + high) / 2
  }
  const peaks = rounds.flatMap((round) => [COLD, 'tally, no cache', AGAIN, KNOWN].map((name) => round.get(name)?.megabytes ?? 0))
  return [
    { what: 'Syft / tally', value: ratio('Syft', COLD), least: 3, unit: 'x' },
    { what: 'Trivy / tally', value: ratio('Trivy', COLD), least: 1.5, unit: 'x' },
    { what: 'tally / inflate and hash', value: ratio(COLD, FLOOR), most: 1.8, unit: 'x' },
    { what: 'cold / image known', value: ratio(COLD, AGAIN), least: 20, unit: 'x' },
    { what: 'cold / layers known', value: ratio(COLD, KNOWN), least: 20, unit: 'x' },
    { what: 'peak memory', value: Math.max(...peaks), most: 250, unit: ' MB' },
  ]
}

function isMet({ value, least, most }: Goal): boolean {
  return value === undefined || ((least === undefined || value >= least) && (most === undefined || value <= most))
}

function describeGoal(goal: Goal): string {
  const { what, value, least, most, unit } = goal
  const wanted = least === undefined ? `at most ${most}${unit}` : `at least ${least}${unit}`
  const shown = value === undefined ? 'SKIPPED' : `${value.toFixed(2)}${unit} ${isMet(goal) ? 'yes' : 'NO'}`
  return `${what.padEnd(26)} ${shown.padStart(16)} (${wanted})`
}

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

// How much CPU a start of the program costs, as a ratio to a start of Node.js itself in the same run: user and system time of the
// whole process, the least of many, taken in turns so that a busy machine is busy for all.

const ROOT = join(import.meta.dirname, '..')
const RUNS = 25
const LIMIT = 2

const CASES: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': [process.execPath, '-e', '0'],
  'tally --help, compiled': [process.execPath, join(ROOT, 'dist/tally.js'), '--help'],
  'tally --version, compiled': [process.execPath, join(ROOT, 'dist/tally.js'), '--version'],
  './tally --help, from sources': [join(ROOT, 'tally'), '--help'],
}

/** CPU milliseconds of one run, as the shell counts them. Throws when the program fails. */
function cpuOf(command: readonly string[]): number {
  const script = `TIMEFORMAT='%3U %3S'; time "$@" >/dev/null`
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8' })
  const [user, system] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
  if (status !== 0 || user === undefined || system === undefined) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`)
  return (user + system) * 1000
}

if (!existsSync(join(ROOT, 'dist/tally.js'))) throw new Error('dist/tally.js is not there: run `npm run build` first')
const least = new Map<string, number>()
for (let run = 0; run < RUNS; run += 1) {
  for (const [name, command] of Object.entries(CASES))
    least.set(name, Math.min(least.get(name) ?? Number.POSITIVE_INFINITY, cpuOf(command)))
}
const bare = least.get('node -e 0') ?? Number.NaN
for (const [name, cpu] of least) console.log(`${name.padEnd(30)} ${cpu.toFixed(0).padStart(4)} ms CPU   x${(cpu / bare).toFixed(2)}`)
const ratio = (least.get('tally --help, compiled') ?? Number.NaN) / bare
console.log(`compiled --help within x${LIMIT} of bare node: ${ratio <= LIMIT ? 'yes' : 'NO'}`)
process.exitCode = ratio <= LIMIT ? 0 : 1

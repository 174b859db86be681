import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBundle } from '../../src/evidence/bundle.ts'
import { findPeer } from '../../test/support/peers.ts'
import type { Goal } from './goal.ts'

// Whole processes: the compiled program against cosign, by key, offline, without a log.

const ROOT = join(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'dist/tally.js')
const RUNS = 40
const MANY = 200
const LARGE = 2 * 1024 ** 3

type Command = readonly [program: string, ...args: string[]]
type Place = { readonly dir: string; readonly run: (command: Command) => number }

/** Wall milliseconds of one run. Throws when it does not end well. */
function wallOf([program, ...args]: Command, dir: string): number {
  const env = { PATH: process.env['PATH'] ?? '', HOME: dir }
  const before = performance.now()
  const { status, stderr } = spawnSync(program, args, {
    cwd: dir,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1e9,
  })
  const took = performance.now() - before
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}: ${stderr}`)
  return took
}

/** A folder with a key, signed files and nothing else; gone afterwards. */
async function withFiles<T>(work: (place: Place, names: readonly string[]) => T): Promise<Awaited<T>> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-bench-'))
  try {
    mkdirSync(join(dir, 'many'))
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    writeFileSync(join(dir, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
    const signed = (name: string, content: Uint8Array): void => {
      writeFileSync(join(dir, name), content)
      const digest = { algorithm: 'SHA2_256', value: createHash('sha256').update(content).digest() } as const
      writeFileSync(
        join(dir, `${name}.sigstore.json`),
        makeBundle({ digest, signature: sign('sha256', content, privateKey) }, { publicKeyHint: '' }),
      )
    }
    const names = Array.from({ length: MANY }, (_, n) => `many/release-${n}.txt`)
    for (const name of names) signed(name, Buffer.from(`the released file ${name}\n`))
    writeFileSync(join(dir, 'large'), '')
    truncateSync(join(dir, 'large'), LARGE)
    return await work({ dir, run: (command) => wallOf(command, dir) }, names)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const least = (values: readonly number[]): number => Math.min(...values)
const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** One-shot and batch against cosign, and how much memory the largest file takes. */
export async function measureWholeRuns(): Promise<readonly Goal[]> {
  if (!existsSync(PROGRAM)) throw new Error('dist/tally.js is not there: run `npm run build` first')
  const cosign = findPeer('cosign')
  return await withFiles((place, names) => [...(cosign === undefined ? [] : againstCosign(place, names, cosign)), memoryOf(place)])
}

function againstCosign({ run }: Place, names: readonly string[], cosign: string): readonly Goal[] {
  const [first = ''] = names
  const theirs = (name: string): Command => {
    return [cosign, 'verify-blob', '--key', 'key.pub', '--bundle', `${name}.sigstore.json`, '--insecure-ignore-tlog=true', name]
  }
  const ours = (...args: string[]): Command => [process.execPath, PROGRAM, ...args]
  const commands = {
    node: [process.execPath, '-e', '0'] as Command,
    cosign: theirs(first),
    verifyBlob: ours('verify-blob', '--key', 'key.pub', '--bundle', `${first}.sigstore.json`, '--insecure-ignore-tlog=true', first),
    verify: ours('verify', '--key', 'key.pub', '--offline', first),
  }
  const took = { node: [], cosign: [], verifyBlob: [], verify: [] } as Record<keyof typeof commands, number[]>
  // The first round fills caches, and does not count.
  for (let round = 0; round <= RUNS; round += 1) {
    for (const name of Object.keys(commands) as (keyof typeof commands)[]) {
      const wall = run(commands[name])
      if (round > 0) took[name].push(wall)
    }
  }
  const text = (values: readonly number[]): string => `${least(values).toFixed(0)} ms least, ${middle(values).toFixed(0)} in the middle`
  const oneShot = (what: string, values: readonly number[]): Goal => ({
    what: `one \`${what}\`, whole process, against cosign`,
    measured: `${text(values)}; cosign ${text(took.cosign)}; node -e 0 ${text(took.node)}`,
    value: least(values) / least(took.cosign),
    unit: 'x',
    atMost: 1.4,
  })
  const batch = [1, 2, 3].map(() => run(ours('verify', '--key', 'key.pub', '--offline', '--format', 'json', ...names)))
  const single = names.reduce((sum, name) => sum + run(theirs(name)), 0)
  return [
    oneShot('tally verify-blob', took.verifyBlob),
    oneShot('tally verify', took.verify),
    {
      what: `${MANY} artifacts in one \`tally verify\` against ${MANY} of cosign`,
      measured: `${least(batch).toFixed(0)} ms against ${single.toFixed(0)} ms`,
      value: single / least(batch),
      unit: 'x',
      atLeast: 8,
    },
  ]
}

/** The most memory a process ever had, by the kernel's own account; what it was before `exec` does not count. */
const TELL_MEMORY = `process.on('exit', () => console.error('peak', /VmHWM:\\s+(\\d+)/.exec(process.getBuiltinModule('fs').readFileSync('/proc/self/status', 'utf8'))[1]))`

function memoryOf({ dir }: Place): Goal {
  const args = ['verify-blob', '--key', 'key.pub', '--bundle', 'many/release-0.txt.sigstore.json', '--insecure-ignore-tlog=true', 'large']
  const hook = `--import=data:text/javascript,${encodeURIComponent(TELL_MEMORY)}`
  const { stderr } = spawnSync(process.execPath, [hook, PROGRAM, ...args], { cwd: dir, env: { HOME: dir }, encoding: 'utf8' })
  const peak = Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024
  if (!stderr.includes('digest-mismatch')) throw new Error(`the large file was not judged: ${stderr}`)
  return { what: 'most memory for a file of 2 GB', measured: 'resident, as the kernel counts it', value: peak, unit: 'MB', atMost: 100 }
}

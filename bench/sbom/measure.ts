import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Wall time, processor time of all its threads and of the children it waited for, and peak resident memory. */
export type Measured = { readonly seconds: number; readonly cpuSeconds: number; readonly megabytes: number }

type Watched = { readonly kilobytes: number; readonly ticks: number }

const TICKS_PER_SECOND = 100
const NOTHING: Watched = { kilobytes: 0, ticks: 0 }

/** Runs a program and measures it, as Linux counts. What it prints goes nowhere. Throws when it fails. */
export async function measure(command: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Promise<Measured> {
  const [program = '', ...words] = command
  const start = process.hrtime.bigint()
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  let seen = NOTHING
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-2000)))
  const watch = setInterval(() => {
    const now = look(child.pid)
    seen = { kilobytes: Math.max(seen.kilobytes, now.kilobytes), ticks: Math.max(seen.ticks, now.ticks) }
  }, 10)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('exit', resolve).on('error', reject)
  })
  clearInterval(watch)
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said}`)
  return {
    seconds: Number(process.hrtime.bigint() - start) / 1e9,
    cpuSeconds: seen.ticks / TICKS_PER_SECOND,
    megabytes: seen.kilobytes / 1024,
  }
}

/** What /proc says of a process so far; nothing of one that has ended. */
function look(pid: number | undefined): Watched {
  try {
    const kilobytes = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    // proc(5): after the name in parentheses come state (field 3) and so on; 14 to 17 are the times of the process and its children.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { kilobytes, ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) }
  } catch {
    return NOTHING
  }
}

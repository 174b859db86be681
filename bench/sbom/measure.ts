import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export type Measured = { readonly seconds: number; readonly megabytes: number }

/** Wall time of a program and the most memory it had resident, as Linux counts it. Throws when the program fails. */
export async function measure(command: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Promise<Measured> {
  const [program = '', ...words] = command
  const start = process.hrtime.bigint()
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  let kilobytes = 0
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-2000)))
  const watch = setInterval(() => (kilobytes = Math.max(kilobytes, peakOf(child.pid))), 20)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('exit', resolve).on('error', reject)
  })
  clearInterval(watch)
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said}`)
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, megabytes: kilobytes / 1024 }
}

/** The peak so far; 0 of a process that has ended. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

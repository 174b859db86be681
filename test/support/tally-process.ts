import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')

export type Ended = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Runs `tally` in a folder with a data directory in it, nothing of this machine's configuration in sight. */
export async function runTallyIn(dir: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: dir, TALLY_DATA_DIR: join(dir, 'tally-data'), ...env },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  return await new Promise((done, reject) => {
    child.on('error', reject)
    child.on('close', (code) => done({ exitCode: code ?? -1, ...said }))
  })
}

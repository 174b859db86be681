import { spawn } from 'node:child_process'
import type { SpawnOptions } from 'node:child_process'
import { join } from 'node:path'
import { REPOSITORY } from './sample-project.ts'
import type { SampleProject } from './sample-project.ts'

/** How a program ended and what it said. */
export type Said = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

export const MAIN = join(REPOSITORY, 'src/cli/main.ts')

/** Runs `tally` as a process of its own in a project, nobody at its terminal. */
export async function runTally(project: Pick<SampleProject, 'dir' | 'env'>, ...args: readonly string[]): Promise<Said> {
  return await runProgram(process.execPath, [MAIN, ...args], { cwd: project.dir, env: { ...project.env } })
}

/** As `runTally`, with what it says on stdout and stderr in the order in which a terminal shows it. */
export async function watchTally(project: Pick<SampleProject, 'dir' | 'env'>, ...args: readonly string[]): Promise<Said> {
  const words = ['-c', 'exec "$0" "$@" 2>&1', process.execPath, MAIN, ...args]
  return await runProgram('sh', words, { cwd: project.dir, env: { ...project.env } })
}

/** Runs any program to its end, its standard input empty. A signal that ended it counts as 128 + its number, as in a shell. */
export async function runProgram(file: string, args: readonly string[], options: Omit<SpawnOptions, 'stdio'>): Promise<Said> {
  const { constants } = await import('node:os')
  return await new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), ...said }))
  })
}

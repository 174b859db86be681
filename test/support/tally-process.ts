import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { MAIN } from './run-tally.ts'
import type { Said } from './run-tally.ts'
import type { SampleProject } from './sample-project.ts'

export type Started = {
  readonly child: ChildProcess
  /** Resolves as soon as stderr has this in it. */
  readonly hear: (text: string) => Promise<void>
  readonly ended: Promise<Said>
}

/** Starts `tally` with its three streams at hand. `input` is what it reads; left out, its standard input stays open and empty. */
export function startTally(
  place: Pick<SampleProject, 'dir' | 'env'>,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Started {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: place.dir, env: { ...place.env, ...options.env }, stdio: 'pipe' })
  const said = { stdout: '', stderr: '' }
  const waiting: { readonly text: string; readonly tell: () => void }[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
    for (const each of waiting) if (said.stderr.includes(each.text)) each.tell()
  })
  child.stdin.on('error', () => {
    // It may end without reading what it is given; its exit code tells the rest.
  })
  if (options.input !== undefined) child.stdin.end(options.input)
  const ended = new Promise<Said>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), ...said }))
  })
  return {
    child,
    ended,
    hear: async (text) => {
      await new Promise<void>((tell) => {
        waiting.push({ text, tell })
        if (said.stderr.includes(text)) tell()
      })
    },
  }
}

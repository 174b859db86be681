import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export type TestChild = {
  readonly process: ChildProcess
  /** Waits until the child prints exactly this line. */
  readonly says: (line: string) => Promise<void>
  /** Waits for its end. */
  readonly ends: Promise<{
    readonly code: number | null
    readonly signal: string | null
    readonly lines: readonly string[]
    readonly errors: string
  }>
}

/**
 * Starts another process of this Node.js on a small module. In the script, `load(name)` imports a file of this room, `args` are the
 * given values, `testDeps` the real dependencies; it talks by printing lines.
 */
export function startChild(script: string, args: unknown): TestChild {
  const prelude = `
    const load = (name) => import(new URL(name, ${JSON.stringify(import.meta.url)}).href)
    const { systemDeps } = await load('../kernel/system.ts')
    const testDeps = systemDeps({ log: () => {}, signal: new AbortController().signal })
    const args = JSON.parse(process.env.TEST_ARGS)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', `${prelude}\n${script}`], {
    env: { PATH: process.env['PATH'] ?? '', TEST_ARGS: JSON.stringify(args) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const waiting = new Map<string, () => void>()
  let errors = ''
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    waiting.get(line)?.()
  })
  const ends = new Promise<Awaited<TestChild['ends']>>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, lines, errors }))
  })
  return {
    process: child,
    ends,
    says: async (line) => {
      if (lines.includes(line)) return
      const said = new Promise<'said'>((resolve) => waiting.set(line, () => resolve('said')))
      if ((await Promise.race([said, ends])) !== 'said') throw new Error(`the child ended without saying ${line}: ${errors}`)
    },
  }
}

import { findPeer } from './peers.ts'
import { runProgram } from './run-tally.ts'

export type Cosign = {
  /** Runs cosign; what it said on both streams, and whether it succeeded. */
  readonly run: (...args: readonly string[]) => Promise<{ readonly ok: boolean; readonly said: string }>
}

/** A real cosign in a folder of its own, where no configuration or cache of this machine is seen. Undefined, said aloud, where there is none. */
export function cosignIn(dir: string): Cosign | undefined {
  const program = findPeer('cosign')
  if (program === undefined) return undefined
  const env = { PATH: process.env['PATH'] ?? '', HOME: dir, COSIGN_PASSWORD: 'cosign pass' }
  return {
    run: async (...args) => {
      const { exitCode, stdout, stderr } = await runProgram(program, args, { cwd: dir, env })
      return { ok: exitCode === 0, said: stdout + stderr }
    },
  }
}

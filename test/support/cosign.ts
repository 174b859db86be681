import type { KeyAlgorithm } from '../../src/trust/schemes.ts'
import { findPeer } from './peers.ts'
import { runProgram } from './run-tally.ts'

export type Said = { readonly ok: boolean; readonly said: string }

export type Cosign = {
  /** Runs cosign; what it said on both streams, and whether it succeeded. */
  readonly run: (...args: readonly string[]) => Promise<Said>
}

/** The cosign of this machine; undefined, and one line on stderr, where there is none. */
export const cosign = findPeer('cosign')

/** The kinds of key cosign 3 has; it has no ML-DSA. */
export const COSIGN_KINDS = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'rsa'] as const satisfies readonly KeyAlgorithm[]

/** Flags with which cosign signs by key and speaks to nobody but a registry. */
export const NO_LOG = ['--use-signing-config=false', '--tlog-upload=false', '--yes']

/** Runs cosign in a folder, where no configuration or cache of this machine is seen. Out: what it said, and whether it succeeded. */
export async function runCosign(dir: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Said> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: dir, COSIGN_PASSWORD: 'cosign pass', ...more }
  const { exitCode, stdout, stderr } = await runProgram(cosign ?? 'cosign', args, { cwd: dir, env })
  return { ok: exitCode === 0, said: stdout + stderr }
}

/** A real cosign in a folder of its own. Undefined where there is none. */
export function cosignIn(dir: string): Cosign | undefined {
  return cosign === undefined ? undefined : { run: (...args) => runCosign(dir, args) }
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findPeer } from './peers.ts'

export type Said = { readonly ok: boolean; readonly said: string }

/** The cosign of this machine; undefined, and one line on stderr, where there is none. */
export const cosign = findPeer('cosign')

/** Flags with which cosign signs by key and speaks to nobody but a registry. */
export const NO_LOG = ['--use-signing-config=false', '--tlog-upload=false', '--yes']

/** Runs cosign in a folder, where no configuration or cache of this machine is seen. Out: what it said, and whether it succeeded. */
export async function runCosign(dir: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Said> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: dir, COSIGN_PASSWORD: 'cosign pass', ...more }
  try {
    const { stderr, stdout } = await promisify(execFile)(cosign ?? '', [...args], { cwd: dir, env })
    return { ok: true, said: stdout + stderr }
  } catch (error) {
    return { ok: false, said: String((error as { stderr?: unknown }).stderr) }
  }
}

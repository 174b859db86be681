import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPeer } from './peers.ts'

export type RealRegistry = { readonly host: string; readonly close: () => Promise<void> }

/**
 * Starts Debian's docker-registry (distribution 2.8) on a free loopback port with a folder of its own. Out: undefined,
 * and one line on stderr, where it is not installed.
 */
export async function startDockerRegistry(): Promise<RealRegistry | undefined> {
  const program = findPeer('docker-registry')
  if (program === undefined) return undefined
  const dir = await mkdtemp(join(tmpdir(), 'tally-'))
  const config = join(dir, 'config.yml')
  const storage = `storage: { filesystem: { rootdirectory: ${join(dir, 'data')} }, delete: { enabled: true } }`
  await writeFile(config, `version: 0.1\nlog: { level: info }\n${storage}\nhttp: { addr: "127.0.0.1:0" }\n`)
  const child = spawn(program, ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const host = await new Promise<string>((resolve, reject) => {
    let said = ''
    const hear = (bytes: Buffer): void => {
      said = `${said}${bytes.toString()}`.slice(-10_000)
      const found = /listening on (127\.0\.0\.1:[0-9]+)/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`docker-registry did not start: ${said}`)))
  })
  return {
    host,
    close: async () => {
      child.kill('SIGTERM')
      await ended
      await rm(dir, { recursive: true })
    },
  }
}

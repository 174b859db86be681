import { spawn } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type RealRegistry = { readonly host: string; readonly close: () => Promise<void> }

/** Starts Debian's docker-registry on a free loopback port, its data in a directory that goes with it. In: path of the program. */
export async function startDockerRegistry(program: string): Promise<RealRegistry> {
  const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  const config = join(dir, 'config.yml')
  await fs.writeFile(
    config,
    `version: 0.1\nlog: { level: info }\nstorage: { filesystem: { rootdirectory: ${join(dir, 'data')} }, delete: { enabled: true } }\nhttp: { addr: '127.0.0.1:0' }\n`,
  )
  const child = spawn(program, ['serve', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: dir },
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const host = await new Promise<string>((resolve, reject) => {
    let said = ''
    const listen = (part: Buffer): void => {
      said += part.toString()
      const found = /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', reject)
    child.once('close', () => reject(new Error(`docker-registry ended: ${said.slice(-500)}`)))
  })
  return {
    host,
    close: async () => {
      child.kill()
      await closed
      await fs.rm(dir, { recursive: true })
    },
  }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { MAIN } from './run-tally.ts'
import type { SampleProject } from './sample-project.ts'

/** A `tally serve` of its own process, stopped as a person stops it at the end of its scope. */
export type TallyServer = AsyncDisposable & {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  /** What it prints for a person to open. */
  readonly url: string
  readonly stop: () => Promise<number>
}

/** Starts the server on any free port; `program` is what node runs, by default the sources. */
export async function startServer(project: Pick<SampleProject, 'dir' | 'env'>, program = MAIN): Promise<TallyServer> {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--format', 'json'], {
    cwd: project.dir,
    env: { ...project.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    closed.then(() => Promise.reject(new Error('the server ended before it said where it listens'))),
  ])) as [string]
  const { url } = JSON.parse(line) as { url: string }
  const stop = async (): Promise<number> => {
    child.kill('SIGINT')
    const [exitCode] = (await closed) as [number | null]
    return exitCode ?? -1
  }
  return {
    url,
    origin: new URL(url).origin,
    stop,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) await stop()
    },
  }
}

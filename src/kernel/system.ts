import { statSync } from 'node:fs'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Deps, LogLevel, SpawnOptions, SpawnResult } from './deps.ts'
import { concatBytes } from './bytes.ts'
import { fail } from './errors.ts'
import { SYSTEM_FILES } from './file-system.ts'

/** The real world as `Deps`. The environment is copied once. */
export function systemDeps(options: { readonly log: (level: LogLevel, message: string) => void; readonly signal: AbortSignal }): Deps {
  return {
    fetch: globalThis.fetch,
    fs: SYSTEM_FILES,
    now: () => new Date(),
    // Loading it takes as long as starting half of Node, and not every run needs it.
    randomBytes: (size) => new Uint8Array(process.getBuiltinModule('node:crypto').randomBytes(size)),
    env: { ...process.env },
    spawn: (file, args, spawnOptions) => runProgram(file, args, spawnOptions ?? {}, options.signal),
    log: options.log,
    signal: options.signal,
  }
}

const DEFAULT_OUTPUT = 64 * 1024 * 1024
/** How long a program that was asked to stop may take before it is killed. */
const GRACE_MS = 3_000

async function runProgram(file: string, args: readonly string[], options: SpawnOptions, signal: AbortSignal): Promise<SpawnResult> {
  const { spawn } = await import('node:child_process')
  const { constants } = await import('node:os')
  signal.throwIfAborted()
  return await new Promise<SpawnResult>((resolve, reject) => {
    // A process group of its own, so that what the program started ends with it.
    const child = spawn(file, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: { ...options.env } }),
    })
    const stop = stopOn(child, signal, options.timeoutMs)
    const output = keepOutput(child, options)
    let started = true
    child.on('error', (error: NodeJS.ErrnoException) => {
      started = false
      stop.done()
      reject(error.code === 'ENOENT' ? explainMissing(file, options.cwd, error) : error)
    })
    child.on('close', (code, killedBy) => {
      stop.done()
      if (!started) return
      if (signal.aborted) reject(signal.reason instanceof Error ? signal.reason : fail('interrupted', 'stopped before it was done'))
      else if (stop.timedOut()) reject(fail('timeout', `\`${file}\` ran longer than ${options.timeoutMs} ms`, { where: file }))
      else resolve({ exitCode: code ?? 128 + (killedBy === null ? 0 : constants.signals[killedBy]), ...output() })
    })
    child.stdin.on('error', () => {
      // A program that does not read its input closes the pipe; its exit code tells the rest.
    })
    child.stdin.end(options.input ?? new Uint8Array(0))
  })
}

function stopOn(
  child: ChildProcessWithoutNullStreams,
  signal: AbortSignal,
  timeoutMs: number | undefined,
): { done: () => void; timedOut: () => boolean } {
  let late = false
  let killer: NodeJS.Timeout | undefined
  const kill = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, name)
    } catch {
      // The group is gone already.
    }
  }
  const stop = (): void => {
    kill('SIGTERM')
    killer ??= setTimeout(() => kill('SIGKILL'), GRACE_MS)
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => ((late = true), stop()), timeoutMs)
  signal.addEventListener('abort', stop, { once: true })
  return {
    done: () => {
      clearTimeout(timer)
      clearTimeout(killer)
      signal.removeEventListener('abort', stop)
    },
    timedOut: () => late,
  }
}

function keepOutput(child: ChildProcessWithoutNullStreams, options: SpawnOptions): () => Pick<SpawnResult, 'stdout' | 'stderr'> {
  const keep = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
  const kept = { stdout: 0, stderr: 0 }
  const cap = options.maxOutput ?? DEFAULT_OUTPUT
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (bytes: Buffer) => {
      options.onOutput?.(name, bytes)
      const room = cap - kept[name]
      if (room <= 0) return
      const part = bytes.byteLength > room ? bytes.subarray(0, room) : bytes
      kept[name] += part.byteLength
      keep[name].push(part)
    })
  }
  return () => ({ stdout: concatBytes(keep.stdout), stderr: concatBytes(keep.stderr) })
}

/** Node says ENOENT for a missing program and for a missing working directory alike. */
function explainMissing(file: string, cwd: string | undefined, cause: Error): Error {
  if (cwd !== undefined && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
    return fail('not-found', 'is no directory', { where: cwd, cause })
  return fail('tool-missing', `\`${file}\` is not installed or not on PATH`, { where: file, cause })
}

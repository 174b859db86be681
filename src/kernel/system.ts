import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import type { Deps, LogLevel, SpawnOptions, SpawnResult } from './deps.ts'
import { concatBytes } from './bytes.ts'
import { fail } from './errors.ts'

/** The real world as `Deps`. The environment is copied once. */
export function systemDeps(options: { readonly log: (level: LogLevel, message: string) => void; readonly signal: AbortSignal }): Deps {
  return {
    fetch: globalThis.fetch,
    fs,
    now: () => new Date(),
    randomBytes: (size) => new Uint8Array(randomBytes(size)),
    env: { ...process.env },
    spawn: (file, args, spawnOptions) => runProgram(file, args, spawnOptions ?? {}, options.signal),
    log: options.log,
    signal: options.signal,
  }
}

const DEFAULT_OUTPUT = 64 * 1024 * 1024

async function runProgram(file: string, args: readonly string[], options: SpawnOptions, signal: AbortSignal): Promise<SpawnResult> {
  const { spawn } = await import('node:child_process')
  const { constants } = await import('node:os')
  const signals = options.timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)])
  return await new Promise<SpawnResult>((resolve, reject) => {
    const child = spawn(file, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: signals,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: { ...options.env } }),
    })
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
    child.on('error', (error: NodeJS.ErrnoException) => {
      // A grandchild may hold the pipes open after the child was killed; it would keep this process alive.
      child.stdout.destroy()
      child.stderr.destroy()
      if (error.code === 'ENOENT')
        reject(fail('tool-missing', `\`${file}\` is not installed or not on PATH`, { where: file, cause: error }))
      else if (error.name === 'AbortError' && !signal.aborted)
        reject(fail('timeout', `\`${file}\` ran longer than ${options.timeoutMs} ms`, { where: file, cause: error }))
      else reject(error)
    })
    child.on('close', (code, killedBy) => {
      const exitCode = code ?? 128 + (killedBy === null ? 0 : constants.signals[killedBy])
      resolve({ exitCode, stdout: concatBytes(keep.stdout), stderr: concatBytes(keep.stderr) })
    })
    child.stdin.on('error', () => {
      // A program that does not read its input closes the pipe; its exit code tells the rest.
    })
    child.stdin.end(options.input ?? new Uint8Array(0))
  })
}

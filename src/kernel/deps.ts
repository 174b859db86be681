import type { Stats } from 'node:fs'
import type * as fsPromises from 'node:fs/promises'

/** A file that was opened to be read. Node's own handle is one. */
export type ReadHandle = {
  /** From `position`, or by itself from where the last read ended. */
  readonly read: (buffer: Uint8Array, offset: number, length: number, position?: number) => Promise<{ readonly bytesRead: number }>
  readonly stat: () => Promise<Stats>
  readonly sync: () => Promise<void>
  readonly close: () => Promise<void>
}

/** The file system calls rooms may use; tests hand in one that fails at the nth write. */
export type FileSystem = Pick<
  typeof fsPromises,
  | 'readFile'
  | 'writeFile'
  | 'mkdir'
  | 'readdir'
  | 'stat'
  | 'lstat'
  | 'rename'
  | 'rm'
  | 'unlink'
  | 'chmod'
  | 'realpath'
  | 'link'
  | 'copyFile'
  | 'mkdtemp'
  | 'readlink'
> & { readonly open: OpenFile }

export type OpenFile = {
  (path: string, flags: 'r'): Promise<ReadHandle>
  (path: string, flags: string | number, mode?: number): Promise<fsPromises.FileHandle>
}

export type LogLevel = 'debug' | 'info' | 'warn'

export type SpawnResult = {
  /** Exit code; a signal counts as 128 + its number. */
  readonly exitCode: number
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
}

export type SpawnOptions = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: Uint8Array
  /** Most bytes kept of each stream; the rest is counted and dropped. Default 64 MiB. */
  readonly maxOutput?: number
  readonly timeoutMs?: number
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
}

/** Everything a room may touch of the outside world. Passed in, never imported. */
export type Deps = {
  readonly fetch: typeof globalThis.fetch
  readonly fs: FileSystem
  readonly now: () => Date
  readonly randomBytes: (size: number) => Uint8Array
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a program without a shell. Rejects with `tool-missing` when there is none of that name. */
  readonly spawn: (file: string, args: readonly string[], options?: SpawnOptions) => Promise<SpawnResult>
  /** Progress and warnings, shown on stderr. Texts are escaped and redacted by the edge. */
  readonly log: (level: LogLevel, message: string) => void
  readonly signal: AbortSignal
}

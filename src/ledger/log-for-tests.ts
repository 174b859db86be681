import { generateKeyPairSync, randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps, FileSystem } from '../kernel/deps.ts'
import { digestOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import type { LogEntry } from '../kernel/log-proof.ts'
import { withLock } from '../store/lock.ts'
import { openLedger } from './log.ts'
import type { Ledger } from './log.ts'
import { openLogKey } from './log-key.ts'
import type { LogKey } from './log-key.ts'
import { makeNoteSigner, makeNoteVerifier } from './note.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'

type LedgerDeps = Pick<Deps, 'fs' | 'randomBytes' | 'log' | 'signal'>

/** The world as a ledger sees it, quiet, with another file system if given. */
export function ledgerDeps(fileSystem: FileSystem = fs): LedgerDeps {
  return {
    fs: fileSystem,
    randomBytes: (size) => new Uint8Array(randomBytes(size)),
    log: () => undefined,
    signal: new AbortController().signal,
  }
}

/** A data directory with a log in it, removed at the end of its scope. */
export type DataDir = AsyncDisposable & {
  readonly path: string
  readonly log: string
  readonly open: (fileSystem?: FileSystem) => Promise<Ledger>
  readonly key: () => Promise<LogKey>
}

export async function makeDataDir(): Promise<DataDir> {
  const path = await fs.mkdtemp(join(tmpdir(), 'tally-ledger-'))
  return {
    path,
    log: join(path, 'ledger'),
    open: (fileSystem) => openTestLedger(path, fileSystem),
    key: () => openLogKey(ledgerDeps(), join(path, 'keys')),
    [Symbol.asyncDispose]: () => fs.rm(path, { recursive: true, force: true }),
  }
}

/** Opens the log of a data directory, with its own key and a lock among processes. */
export async function openTestLedger(dataDir: string, fileSystem: FileSystem = fs): Promise<Ledger> {
  const key = await openLogKey(ledgerDeps(), join(dataDir, 'keys'))
  return await openLedger(ledgerDeps(fileSystem), {
    ...key,
    dir: join(dataDir, 'ledger'),
    lock: (fn) => withLock(ledgerDeps(), join(dataDir, 'ledger.lock'), fn),
  })
}

/** The nth entry of a made-up log. */
export function entryOf(n: number, name = 'evidence'): LogEntry {
  return {
    envelope: digestOf(utf8(`${name} ${n}`)),
    predicateType: 'https://slsa.dev/provenance/v1',
    subjects: [digestOf(utf8(`manifest ${n}`)), digestOf(utf8(`file ${n}`))],
    keyId: 'a1'.repeat(32),
  }
}

export function entriesFrom(start: number, count: number, name = 'evidence'): readonly LogEntry[] {
  return Array.from({ length: count }, (_, at) => entryOf(start + at, name))
}

/** A key pair that signs notes, Ed25519 or P-256. */
export function noteKeys(name: string, kind: 'ed25519' | 'ec' = 'ec'): { readonly signer: NoteSigner; readonly verifier: NoteVerifier } {
  const { privateKey, publicKey } = kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  return { signer: makeNoteSigner(name, privateKey, publicKey), verifier: makeNoteVerifier(name, publicKey) }
}

/** All files under a directory, by path from there. */
export async function filesUnder(dir: string): Promise<readonly string[]> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .toSorted()
}

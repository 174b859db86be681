import type { Deps } from '../kernel/deps.ts'
import { toBase64 } from '../kernel/bytes.ts'
import { TallyError, asTallyError, fail } from '../kernel/errors.ts'
import type { LogEntry, LogProof } from '../kernel/log-proof.ts'
import { appendEntries } from './append.ts'
import type { Appended } from './append.ts'
import { checkAgainstKept } from './check-against.ts'
import type { Comparison } from './check-against.ts'
import { checkLog } from './check-log.ts'
import type { LogReport } from './check-log.ts'
import { readHead, signHead } from './head.ts'
import type { Head, LogPlace } from './head.ts'
import { isConsistent, leafHash, rootFromInclusion, sameHash } from './merkle.ts'
import type { TreeHash } from './merkle.ts'
import { addSignature } from './note.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'
import { readEntries, readEntryAt } from './read-entries.ts'
import { readTiles } from './tile-reader.ts'
import type { TileReader } from './tile-reader.ts'
import { entryBytes } from './entry.ts'

/** Runs `fn` while no other process or call does; a lock that dies with its process. */
export type Lock = <T>(fn: () => Promise<T>) => Promise<T>

export type LedgerOptions = LogPlace & { readonly lock: Lock }

/** The append-only log of one data directory. Every call reads the state on disk anew: several processes may use it at once. */
export type Ledger = {
  readonly origin: string
  readonly size: () => Promise<number>
  /** Logs entries, each envelope once; says where each stands, in the order given. What it returns is flushed to the disk. */
  readonly append: (entries: readonly LogEntry[]) => Promise<readonly Appended[]>
  /** Proof that the entry at `index` is in the log of `size` entries (default: all of them). `coSigner` adds its signature to the checkpoint. */
  readonly prove: (index: number, options?: { readonly size?: number; readonly coSigner?: NoteSigner }) => Promise<LogProof>
  /** The signed checkpoint, co-signed if asked to. */
  readonly checkpoint: (options?: { readonly coSigner?: NoteSigner }) => Promise<string>
  /** Hashes (base64) that prove that the log of `from` entries is a prefix of the log of `to` (RFC 6962, section 2.1.2). */
  readonly consistency: (from: number, to: number) => Promise<readonly string[]>
  /** Streams the entries `from` to `to`, not included (default: all). */
  readonly entries: (from?: number, to?: number) => AsyncGenerator<Appended>
  readonly entry: (index: number) => Promise<LogEntry>
  /** Checks every file of the log. */
  readonly check: () => Promise<LogReport>
  /** Checks the log against a checkpoint or log proof that somebody else kept. */
  readonly checkAgainst: (kept: { readonly checkpoint: string }, verifiers?: readonly NoteVerifier[]) => Promise<Comparison>
}

type LedgerDeps = Pick<Deps, 'fs' | 'randomBytes' | 'log' | 'signal'>

/**
 * Opens the log in `dir`. Reads only its checkpoint, and writes nothing until something is appended. Throws `log-unsound`
 * when that checkpoint is missing, malformed or not signed by the log's key.
 */
export async function openLedger(deps: LedgerDeps, options: LedgerOptions): Promise<Ledger> {
  const place: LogPlace = options
  const edge = <T>(work: () => Promise<T>): Promise<T> => namingTheLog(place.dir, work)
  const sizeNow = async (): Promise<number> => (await readHead(deps, place)).size
  await edge(sizeNow)
  return {
    origin: place.origin,
    size: () => edge(sizeNow),
    append: (entries) => edge(() => options.lock(() => appendEntries(deps, place, entries))),
    prove: (index, { size, coSigner } = {}) => edge(() => prove(deps, place, index, size, coSigner)),
    checkpoint: ({ coSigner } = {}) => edge(async () => await signedNote(place, await readHead(deps, place), coSigner)),
    consistency: (from, to) => edge(() => consistency(deps, place, from, to)),
    entries: async function* entries(from = 0, to) {
      const size = await edge(sizeNow)
      yield* readEntries(deps, place, size, from, Math.min(to ?? size, size))
    },
    entry: (index) =>
      edge(async () => {
        const size = await sizeNow()
        refuseOutside(index, size, place)
        return await readEntryAt(deps, place, size)(index)
      }),
    check: () => edge(() => checkQuietly(deps, place, options.lock)),
    checkAgainst: (kept, verifiers = []) => edge(() => checkAgainstKept(deps, place, kept, verifiers)),
  }
}

async function prove(deps: LedgerDeps, place: LogPlace, index: number, size?: number, coSigner?: NoteSigner): Promise<LogProof> {
  const { head, reader } = await headAt(deps, place, size)
  refuseOutside(index, head.size, place)
  const hashes = await reader.inclusion(index)
  const leaf = leafHash(entryBytes(await readEntryAt(deps, place, head.size)(index)))
  const root = rootFromInclusion(leaf, index, head.size, hashes)
  // A proof that does not hold must not leave the house, least of all with a co-signature on it.
  if (root === undefined || !sameHash(root, head.root)) {
    throw fail('log-unsound', `the tiles do not prove entry ${index} under the signed root`, { where: place.dir })
  }
  return { index, hashes: hashes.map((hash) => toBase64(hash)), checkpoint: await signedNote(place, head, coSigner) }
}

async function consistency(deps: LedgerDeps, place: LogPlace, from: number, to: number): Promise<readonly string[]> {
  const { head, reader } = await headAt(deps, place, to)
  if (!Number.isSafeInteger(from) || from < 0 || from > head.size)
    throw fail('usage', `${from} is no size before ${head.size}`, { where: place.dir })
  return (await reader.consistencyFrom(from)).map((hash: TreeHash) => toBase64(hash))
}

/** The log as it was at `size` entries (default: as it is); an earlier root is computed from tiles that lead to the signed one. */
async function headAt(deps: LedgerDeps, place: LogPlace, size?: number): Promise<{ head: Head; reader: TileReader }> {
  const now = await readHead(deps, place)
  const reader = readTiles(deps, place.dir, now.size)
  if (size === undefined || size === now.size) return { head: now, reader }
  if (!Number.isSafeInteger(size) || size < 0 || size > now.size)
    throw fail('usage', `the log has ${now.size} entries, not ${size}`, { where: place.dir })
  const root = await reader.rangeHash({ start: 0, end: size })
  if (!isConsistent(size, now.size, root, now.root, await reader.consistencyFrom(size))) {
    throw fail('log-unsound', 'the tiles do not lead to the root of the checkpoint', { where: place.dir })
  }
  return { head: { origin: now.origin, size, root, note: undefined }, reader: readTiles(deps, place.dir, size) }
}

async function signedNote(place: LogPlace, head: Head, coSigner?: NoteSigner): Promise<string> {
  const note = head.note ?? (await signHead(place, head.size, head.root))
  return coSigner === undefined ? note : await addSignature(note, coSigner)
}

/** A log that grows while it is checked may seem to lack what was just replaced: what is found wrong is looked at again while nobody writes. */
async function checkQuietly(deps: LedgerDeps, place: LogPlace, lock: Lock): Promise<LogReport> {
  const report = await checkLog(deps, place)
  if (report.problems.length === 0) return report
  try {
    return await lock(() => checkLog(deps, place))
  } catch (error) {
    if (error instanceof TallyError && (error.code === 'permission' || error.code === 'busy')) return report
    throw error
  }
}

function refuseOutside(index: number, size: number, place: LogPlace): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw fail('not-found', `has ${size} entries, none at index ${index}`, { where: place.dir })
}

async function namingTheLog<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asTallyError(error, dir)
  }
}

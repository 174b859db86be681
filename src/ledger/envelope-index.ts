import { addToGroup } from '../kernel/groups.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import type { LogEntry } from '../kernel/log-proof.ts'
import { readFileStream } from '../kernel/read-file.ts'
import { concatBytes, fromHex, toHex } from '../kernel/bytes.ts'
import type { LogPlace } from './head.ts'
import { readEntries, readEntryAt } from './read-entries.ts'
import { TILE_WIDTH } from './tiles.ts'

// The index is a file beside the log: the envelope digest of entry n in bytes 32n to 32n + 32. It is derived from the
// entries and never believed: what it finds is looked up in the log, and when it is missing, short, torn or wrong it is
// made again. The worst it can do is to hide an entry, which is then logged twice.

const RECORD = 32
const KEY_BYTES = 6
/** Records written at once while catching up. */
const AT_ONCE = 64 * TILE_WIDTH

type Indexed = { readonly index: number; readonly entry: LogEntry }

/** Path of the index of a log. May be deleted at any time. */
export function indexPath(place: Pick<LogPlace, 'dir'>): string {
  return `${place.dir}.index`
}

/** Finds which envelopes the log of `size` entries has already. The caller holds the log's lock. */
export async function findIndexed(
  deps: Pick<Deps, 'fs'>,
  place: LogPlace,
  size: number,
  envelopes: readonly Digest[],
): Promise<ReadonlyMap<Digest, Indexed>> {
  await catchUp(deps, place, size)
  return (await search(deps, place, size, envelopes)) ?? (await searchAnew(deps, place, size, envelopes))
}

async function searchAnew(
  deps: Pick<Deps, 'fs'>,
  place: LogPlace,
  size: number,
  envelopes: readonly Digest[],
): Promise<ReadonlyMap<Digest, Indexed>> {
  await deps.fs.rm(indexPath(place), { force: true })
  await catchUp(deps, place, size)
  const found = await search(deps, place, size, envelopes)
  if (found === undefined) throw fail('busy', 'changes while it is read', { where: indexPath(place) })
  return found
}

/** Adds the envelopes of entries `from` and following. */
export async function extendIndex(deps: Pick<Deps, 'fs'>, place: LogPlace, from: number, envelopes: readonly Digest[]): Promise<void> {
  const path = indexPath(place)
  const handle = await openOrCreate(deps, path)
  try {
    const records = concatBytes(envelopes.map((envelope) => fromHex(hexOf(envelope))))
    for (let at = 0; at < records.byteLength;) {
      at += (await handle.write(records, at, records.byteLength - at, from * RECORD + at)).bytesWritten
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function openOrCreate(deps: Pick<Deps, 'fs'>, path: string) {
  try {
    return await deps.fs.open(path, 'r+')
  } catch (error) {
    if (asTallyError(error, path).code !== 'not-found') throw error
    return await deps.fs.open(path, 'wx', 0o644)
  }
}

/** Makes the index cover `size` entries, adding what it lacks; anew when its last record is not that of the log. */
async function catchUp(deps: Pick<Deps, 'fs'>, place: LogPlace, size: number): Promise<void> {
  let count = await countRecords(deps, place)
  if (
    count > size ||
    (count > 0 && (await recordAt(deps, place, count - 1)) !== (await readEntryAt(deps, place, size)(count - 1)).envelope)
  ) {
    await deps.fs.rm(indexPath(place), { force: true })
    count = 0
  }
  while (count < size) {
    const envelopes: Digest[] = []
    for await (const { entry } of readEntries(deps, place, size, count, Math.min(size, count + AT_ONCE))) envelopes.push(entry.envelope)
    await extendIndex(deps, place, count, envelopes)
    count += envelopes.length
  }
}

/** Undefined when the index contradicts the log. */
async function search(
  deps: Pick<Deps, 'fs'>,
  place: LogPlace,
  size: number,
  envelopes: readonly Digest[],
): Promise<ReadonlyMap<Digest, Indexed> | undefined> {
  const found = new Map<Digest, Indexed>()
  if (size === 0) return found
  const wanted = new Map<number, Digest[]>()
  for (const envelope of envelopes) {
    const key = Number.parseInt(hexOf(envelope).slice(0, KEY_BYTES * 2), 16)
    addToGroup(wanted, key, envelope)
  }
  const entryAt = readEntryAt(deps, place, size)
  for await (const { first, records } of readRecords(deps, place)) {
    for (let at = 0; at < records.byteLength && first + at / RECORD < size; at += RECORD) {
      const key = records.readUIntBE(at, KEY_BYTES)
      const candidates = wanted.get(key)
      if (candidates === undefined && key !== 0) continue
      const record = records.subarray(at, at + RECORD)
      // What a power cut leaves where a write was not flushed; no envelope hashes to it.
      if (record.every((byte) => byte === 0)) return undefined
      const envelope = candidates?.find((one) => hexOf(one) === toHex(record))
      if (envelope === undefined) continue
      const index = first + at / RECORD
      const entry = await entryAt(index)
      if (entry.envelope !== envelope) return undefined
      if (!found.has(envelope)) found.set(envelope, { index, entry })
    }
  }
  return found
}

/** Streams whole records, `first` being the index of the first of each piece. */
async function* readRecords(deps: Pick<Deps, 'fs'>, place: LogPlace): AsyncGenerator<{ readonly first: number; readonly records: Buffer }> {
  let rest: Uint8Array = new Uint8Array(0)
  let first = 0
  for await (const part of readFileStream(deps, indexPath(place))) {
    const bytes = Buffer.from(rest.byteLength === 0 ? part : concatBytes([rest, part]))
    const whole = bytes.byteLength - (bytes.byteLength % RECORD)
    yield { first, records: bytes.subarray(0, whole) }
    first += whole / RECORD
    rest = bytes.subarray(whole)
  }
}

async function countRecords(deps: Pick<Deps, 'fs'>, place: LogPlace): Promise<number> {
  try {
    return Math.floor((await deps.fs.stat(indexPath(place))).size / RECORD)
  } catch (error) {
    if (asTallyError(error).code === 'not-found') return 0
    throw error
  }
}

async function recordAt(deps: Pick<Deps, 'fs'>, place: LogPlace, index: number): Promise<string> {
  const handle = await deps.fs.open(indexPath(place), 'r')
  try {
    const buffer = Buffer.alloc(RECORD)
    await handle.read(buffer, 0, RECORD, index * RECORD)
    return `sha256:${toHex(buffer)}`
  } finally {
    await handle.close()
  }
}

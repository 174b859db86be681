import { concatBytes, overLimit } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { LimitName } from '../kernel/limits.ts'
import { readFileStream } from '../kernel/read-file.ts'
import { safeText, shorten } from '../kernel/text.ts'
import type { ByteStream } from './byte-reader.ts'
import { inflate, sniffCompression } from './decompress.ts'
import { resolvePath } from './layer-links.ts'
import { walkTar } from './tar.ts'
import type { TarEntry } from './tar.ts'
import { untilAborted } from './until-aborted.ts'

/** One file in an archive. `start` are its first bytes, four where it has as many. */
export type Member = {
  readonly path: string
  readonly offset: number
  readonly size: number
  readonly start: Uint8Array
  readonly kept?: Uint8Array
}

/** A tar archive on disk whose files can be read in any order. */
export type ArchiveFile = {
  readonly path: string
  /** The file at a path, through symlinks and hard links within the archive. Undefined when there is none. */
  readonly find: (path: string) => Member | undefined
  /** The bytes of a file. */
  readonly stream: (member: Member) => AsyncIterable<Uint8Array>
  /** The bytes of a small file, whole. Throws `artifact-malformed` when it is not there, `limit-exceeded` over the cap. */
  readonly read: (path: string, limitName: LimitName) => Promise<Uint8Array>
}

type ArchiveDeps = Pick<Deps, 'fs' | 'signal'>

const READ_BYTES = 64 * 1024
const KEPT_MEMBER_BYTES = 64 * 1024
const KEPT_BYTES = 8 * 1024 * 1024

/**
 * Opens a tar archive by one pass that notes where each file lies. A plain tar is then read in place, and what lies
 * between its headers is not read at all. One that is compressed as a whole (`docker save | gzip`) cannot be entered in
 * the middle: each file of it is reached by unpacking from the start again, within the same caps; small files are kept
 * from the first pass. Nothing is written to disk. Throws `not-found`, `artifact-malformed` (also for a name that stands
 * twice: readers differ in which they take), `limit-exceeded`.
 */
export async function openArchiveFile(deps: ArchiveDeps, path: string): Promise<ArchiveFile> {
  try {
    const isPacked = await isCompressed(deps, path)
    const index = await readIndex(deps, path, isPacked)
    const find = (name: string): Member | undefined => {
      const place = resolvePath(index.symlinks, name)
      return place === undefined ? undefined : index.members.get(place)
    }
    const stream = (member: Member): AsyncIterable<Uint8Array> => atEdge(path, readMember(deps, path, isPacked, member))
    return {
      path,
      find,
      stream,
      read: async (name, limitName) => {
        const member = find(name)
        const where = `${path}: ${name}`
        if (member === undefined) throw fail('artifact-malformed', `has no ${shorten(safeText(name), 200)}`, { where: path })
        if (member.size > LIMITS[limitName]) throw overLimit(limitName, LIMITS[limitName], where)
        const parts: Uint8Array[] = []
        for await (const part of stream(member)) parts.push(part)
        return concatBytes(parts)
      },
    }
  } catch (error) {
    throw asTallyError(error, path)
  }
}

async function isCompressed(deps: ArchiveDeps, path: string): Promise<boolean> {
  const stat = await deps.fs.stat(path)
  if (!stat.isFile()) throw fail('reference-invalid', 'is not a file, so it is no archive', { where: path })
  const handle = await deps.fs.open(path, 'r')
  try {
    const start = new Uint8Array(4)
    const { bytesRead } = await handle.read(start, 0, 4, 0)
    return sniffCompression(start.subarray(0, bytesRead)) !== 'none'
  } finally {
    await handle.close()
  }
}

type Index = { readonly members: ReadonlyMap<string, Member>; readonly symlinks: ReadonlyMap<string, string> }

async function readIndex(deps: ArchiveDeps, path: string, isPacked: boolean): Promise<Index> {
  const members = new Map<string, Member>()
  const symlinks = new Map<string, string>()
  let kept = 0
  const visit = async (entry: TarEntry): Promise<void> => {
    if (entry.type === 'directory') return
    if (members.has(entry.path) || symlinks.has(entry.path)) throw malformed(path, entry, 'stands twice in the archive')
    if (entry.type === 'symlink') symlinks.set(entry.path, entry.linkTarget ?? '')
    else if (entry.type === 'hardlink') {
      const target = members.get(entry.linkTarget ?? '')
      if (target === undefined) throw malformed(path, entry, 'is a hard link to what does not come before it')
      members.set(entry.path, target)
    } else if (entry.type === 'file') {
      const keep = isPacked && entry.size <= KEPT_MEMBER_BYTES && kept + entry.size <= KEPT_BYTES
      const start = await readStart(entry, keep ? entry.size : 4)
      if (keep) kept += entry.size
      members.set(entry.path, {
        path: entry.path,
        offset: entry.offset,
        size: entry.size,
        start: start.subarray(0, 4),
        ...(keep ? { kept: start } : {}),
      })
    } else throw malformed(path, entry, `is a ${entry.type}`)
  }
  const options = { where: path, caps: { tarEntries: LIMITS.archiveMembers }, signal: deps.signal }
  if (isPacked) await walkTar(inflate(readFileStream(deps, path), { where: path }), visit, options)
  else await walkPlain(deps, path, (stream) => walkTar(stream, visit, options))
  return { members, symlinks }
}

/** A copy of the first `size` bytes of an entry, fewer where it has fewer. */
async function readStart(entry: TarEntry, size: number): Promise<Uint8Array> {
  const start = new Uint8Array(Math.min(size, entry.size))
  let filled = 0
  for await (const piece of entry.content) {
    const part = piece.subarray(0, start.byteLength - filled)
    start.set(part, filled)
    filled += part.byteLength
    if (filled === start.byteLength) break
  }
  return start
}

async function walkPlain(deps: ArchiveDeps, path: string, walk: (stream: ByteStream) => Promise<unknown>): Promise<void> {
  const handle = await deps.fs.open(path, 'r')
  try {
    const { size } = await handle.stat()
    let position = 0
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position)
        if (bytesRead === 0) return
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    }
    await walk({
      [Symbol.asyncIterator]: pieces,
      seek: (bytes) => {
        const passed = Math.max(0, Math.min(bytes, size - position))
        position += passed
        return Promise.resolve(passed)
      },
    })
  } finally {
    await handle.close()
  }
}

async function* readMember(deps: ArchiveDeps, path: string, isPacked: boolean, member: Member): AsyncGenerator<Uint8Array> {
  if (member.kept !== undefined) yield member.kept
  else if (isPacked) yield* cutRange(untilAborted(inflate(readFileStream(deps, path), { where: path }), deps.signal), member)
  else yield* readRange(deps, path, member)
}

async function* readRange(deps: ArchiveDeps, path: string, { offset, size }: Member): AsyncGenerator<Uint8Array> {
  const handle = await deps.fs.open(path, 'r')
  try {
    for (let done = 0; done < size;) {
      deps.signal.throwIfAborted()
      const buffer = Buffer.allocUnsafeSlow(Math.min(4 * READ_BYTES, size - done))
      const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, offset + done)
      if (bytesRead === 0) throw fail('artifact-malformed', 'became shorter while it was read', { where: path })
      done += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/** The bytes of a stream from `offset` on, `size` of them. */
async function* cutRange(stream: AsyncIterable<Uint8Array>, { offset, size }: Member): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const piece of stream) {
    const part = piece.subarray(Math.max(0, offset - at), Math.max(0, offset + size - at))
    if (part.byteLength > 0) yield part
    at += piece.byteLength
    if (at >= offset + size) return
  }
}

async function* atEdge(where: string, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream
  } catch (error) {
    throw asTallyError(error, where)
  }
}

function malformed(path: string, entry: TarEntry, why: string): Error {
  return fail('artifact-malformed', `entry "${shorten(safeText(entry.path), 200)}" ${why}`, { where: path })
}

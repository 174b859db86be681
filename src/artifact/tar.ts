import { overLimit } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'
import { createByteReader } from './byte-reader.ts'
import type { ByteReader, ByteStream } from './byte-reader.ts'
import { parseLongName, parsePax } from './tar-extension.ts'
import type { Extension } from './tar-extension.ts'
import { BLOCK, entryType, parseHeader } from './tar-header.ts'
import type { TarEntryType, TarHeader } from './tar-header.ts'
import { normalisePath } from './tar-path.ts'

/** One entry of an archive. `content` is there while `visit` runs; what is left unread is passed over without copying. */
export type TarEntry = {
  /** Normalised: relative to the root, no empty, `.` or `..` part; the root is `.`. Bytes that are not UTF-8: see `nameText`. */
  readonly path: string
  readonly type: TarEntryType
  /** Bytes of content; 0 for all but files. */
  readonly size: number
  /** Permission bits with setuid, setgid and sticky: 0 to 07777. */
  readonly mode: number
  /** Of a hard link: the normalised path of another entry. Of a symlink: the text as it stands, which may point anywhere. */
  readonly linkTarget?: string
  /** Where the content starts, in bytes from the start of the archive. */
  readonly offset: number
  /** Can be read once. The pieces may be kept; they must not be written to. */
  readonly content: AsyncIterable<Uint8Array>
}

export type TarCaps = { readonly [Name in 'tarEntries' | 'tarPaxBytes' | 'tarUnpackedBytes']: number }

export type TarOptions = {
  /** What the archive is called in messages. */
  readonly where: string
  /** Caps other than LIMITS has. */
  readonly caps?: Partial<TarCaps>
  /** Whether the archive must end with its end marker. Without it only a digest shows that nothing was cut off. Default: it must. */
  readonly endMarker?: 'required' | 'optional'
  readonly signal?: AbortSignal
}

/** Entries handed to `visit`, and bytes the archive has up to where reading ended. */
export type TarTotals = { readonly entries: number; readonly bytes: number }

/**
 * Walks a tar archive once, in order: ustar, pax (path, linkpath, size), GNU long names and links, base-256 sizes, and
 * version 7. In: the uncompressed bytes and `visit`, which is called for each entry and may read its content. What no
 * runtime reads alike is refused rather than guessed: `..` in a path or a hard link, sparse files, entries of unknown type,
 * links or folders with content, repeated extended headers. Bytes after the end marker are read and ignored. Throws
 * `artifact-malformed` naming entry and byte, or `limit-exceeded` before more than the cap is read; the stream is closed.
 */
export async function walkTar(
  stream: ByteStream,
  visit: (entry: TarEntry) => void | Promise<void>,
  options: TarOptions,
): Promise<TarTotals> {
  const caps: TarCaps = { ...LIMITS, ...options.caps }
  const walk: Walk = { reader: createByteReader(stream), options, caps, passing: stream.passing === true }
  try {
    let entries = 0
    let headers = 0
    let pending: Extension = {}
    for (;;) {
      const start = walk.reader.offset()
      const header = await readHeader(walk, start)
      if (header === 'end') {
        if (Object.keys(pending).length > 0) throw malformed(walk, start, 'ends after an extended header')
        break
      }
      headers += 1
      if (headers > caps.tarEntries) throw overLimit('tarEntries', caps.tarEntries, options.where)
      if (headers % 256 === 0) options.signal?.throwIfAborted()
      const extension = await readExtension(walk, header, start)
      if (extension !== undefined) {
        pending = mergeExtensions(walk, pending, extension, start)
        continue
      }
      entries += 1
      await visitEntry(walk, header, pending, start, visit)
      pending = {}
    }
    if (stream.seek === undefined) await passRest(walk)
    return { entries, bytes: walk.reader.offset() }
  } finally {
    await walk.reader.close()
  }
}

type Walk = { readonly reader: ByteReader; readonly options: TarOptions; readonly caps: TarCaps; readonly passing: boolean }

async function readHeader(walk: Walk, start: number): Promise<TarHeader | 'end'> {
  const { reader } = walk
  const block = reader.view(BLOCK) ?? (await reader.read(BLOCK))
  if (block.byteLength === 0) {
    if (walk.options.endMarker === 'optional') return 'end'
    throw malformed(walk, start, 'is cut off: it has no end marker')
  }
  if (block.byteLength < BLOCK) throw malformed(walk, start + block.byteLength, 'is cut off inside a header')
  const header = parseHeader(block)
  if (header === 'zero') {
    const second = await reader.read(BLOCK)
    if (second.byteLength !== 0 && second.some((byte) => byte !== 0))
      throw malformed(walk, start, 'has one zero block where there must be two')
    return 'end'
  }
  if ('why' in header) throw malformed(walk, start, header.why)
  return header
}

/** Reads the content of an extended header; undefined when the header is that of an entry. */
async function readExtension(walk: Walk, header: TarHeader, start: number): Promise<Extension | undefined> {
  const { typeflag } = header
  if (typeflag !== 'x' && typeflag !== 'g' && typeflag !== 'L' && typeflag !== 'K') return undefined
  if (header.size > walk.caps.tarPaxBytes) throw overLimit('tarPaxBytes', walk.caps.tarPaxBytes, walk.options.where)
  refuseOverSize(walk, header.size)
  const bytes = await walk.reader.read(header.size)
  const padding = paddingOf(header.size)
  if (bytes.byteLength < header.size || (await walk.reader.skip(padding)) < padding) {
    throw malformed(walk, walk.reader.offset(), 'is cut off inside an extended header')
  }
  if (typeflag === 'x' || typeflag === 'g') {
    const extension = parsePax(bytes, typeflag === 'g' ? 'global' : 'entry')
    if ('why' in extension) throw malformed(walk, start, extension.why)
    return extension
  }
  const name = parseLongName(bytes)
  if (name === undefined) throw malformed(walk, start, 'has a long name that cannot be read')
  return typeflag === 'L' ? { path: name } : { linkPath: name }
}

function mergeExtensions(walk: Walk, before: Extension, next: Extension, start: number): Extension {
  for (const key of Object.keys(next)) {
    if (Object.hasOwn(before, key)) throw malformed(walk, start, `has two extended headers that both set the ${key} of one entry`)
  }
  return { ...before, ...next }
}

async function visitEntry(
  walk: Walk,
  header: TarHeader,
  extension: Extension,
  start: number,
  visit: (entry: TarEntry) => void | Promise<void>,
): Promise<void> {
  const { reader } = walk
  const rawPath = extension.path ?? header.name
  const normal = normalisePath(rawPath)
  if ('why' in normal) throw malformed(walk, start, normal.why, rawPath)
  const { path } = normal
  const size = extension.size ?? header.size
  const type = typeOf(walk, header, rawPath, size, start)
  if (type !== 'file' && size > 0) throw malformed(walk, start, `is a ${type} with content`, path)
  if (path === '.' && type !== 'directory') throw malformed(walk, start, `puts a ${type} in the place of the root`, path)
  const linkTarget = linkTargetOf(walk, type, extension.linkPath ?? header.linkName, path, start)
  const offset = reader.offset()
  refuseOverSize(walk, size)
  const state: ContentState = { left: size, open: true }
  const seen = visit({
    path,
    type,
    size,
    mode: header.mode,
    ...(linkTarget === undefined ? {} : { linkTarget }),
    offset,
    content: { [Symbol.asyncIterator]: () => readContent(walk, state, path) },
  })
  if (seen !== undefined) await seen
  state.open = false
  const rest = state.left + paddingOf(size)
  if (!reader.skipNow(rest) && (await reader.skip(rest)) < rest) throw malformed(walk, reader.offset(), 'is cut off inside an entry', path)
}

function typeOf(walk: Walk, header: TarHeader, rawPath: string, size: number, start: number): TarEntryType {
  const type = entryType(header.typeflag)
  if (type !== undefined) {
    // Before ustar a folder was a file whose name ends with a slash. Readers differ where such a file has content.
    if (type !== 'file' || !rawPath.endsWith('/')) return type
    if (size > 0) throw malformed(walk, start, 'is a file named like a directory', rawPath)
    return 'directory'
  }
  if (header.typeflag === 'S') throw malformed(walk, start, 'is a sparse file, which is not read', rawPath)
  if (header.typeflag === 'M') throw malformed(walk, start, 'goes on from another volume, which is not read', rawPath)
  throw malformed(walk, start, `is of the unknown type ${JSON.stringify(header.typeflag)}`, rawPath)
}

function linkTargetOf(walk: Walk, type: TarEntryType, raw: string, path: string, start: number): string | undefined {
  if (type === 'symlink') {
    if (raw === '') throw malformed(walk, start, 'is a symlink to nothing', path)
    if (Buffer.byteLength(raw) > LIMITS.tarPathBytes) throw overLimit('tarPathBytes', LIMITS.tarPathBytes, walk.options.where)
    return raw
  }
  if (type !== 'hardlink') return undefined
  const normal = normalisePath(raw)
  if ('why' in normal) throw malformed(walk, start, `is a hard link whose target ${normal.why}: "${show(raw)}"`, path)
  return normal.path
}

type ContentState = { left: number; open: boolean }

async function* readContent(walk: Walk, state: ContentState, path: string): AsyncGenerator<Uint8Array> {
  while (state.left > 0) {
    if (!state.open) throw fail('bug', 'the content of an entry was read after its turn', { where: `${walk.options.where}: ${show(path)}` })
    walk.options.signal?.throwIfAborted()
    const piece = await walk.reader.piece(state.left)
    if (piece.byteLength === 0) throw malformed(walk, walk.reader.offset(), 'is cut off inside an entry', path)
    state.left -= piece.byteLength
    yield walk.passing ? piece.slice() : piece
  }
}

/** Reads what follows the end marker, so that a stream that checks its digest at its end comes to its end. */
async function passRest(walk: Walk): Promise<void> {
  for (;;) {
    const piece = await walk.reader.piece(Number.MAX_SAFE_INTEGER)
    if (piece.byteLength === 0) return
    refuseOverSize(walk, 0)
    walk.options.signal?.throwIfAborted()
  }
}

/** Refuses what is over the cap before it is read, also where it would only be passed over. */
function refuseOverSize(walk: Walk, ahead: number): void {
  const cap = walk.caps.tarUnpackedBytes
  if (walk.reader.offset() + ahead > cap) throw overLimit('tarUnpackedBytes', cap, walk.options.where)
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

function malformed(walk: Walk, offset: number, why: string, path?: string): Error {
  const entry = path === undefined ? '' : `entry "${show(path)}" `
  return fail('artifact-malformed', `${entry}${why} (at byte ${offset})`, { where: walk.options.where })
}

function show(text: string): string {
  return shorten(safeText(text), 200)
}

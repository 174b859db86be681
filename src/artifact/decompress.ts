import { createGunzip, createZstdDecompress } from 'node:zlib'
import { overLimit } from '../kernel/bytes.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { openGunzipNow } from './gunzip-now.ts'
import { unpackingByStream, unpackingNow } from './unpacking.ts'
import type { Unpacking } from './unpacking.ts'
import { splitZstdFrames } from './zstd-frames.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

export type InflateOptions = {
  readonly where: string
  /** What the media type promises; another magic is then refused. Undefined: the magic decides. */
  readonly promised?: Compression | undefined
  /**
   * Room for unpacked bytes, one at least, for who has a thread for nothing else: unpacking then waits for nobody, and what is handed out
   * lies in the room last given where that can be (gzip). Whoever gives it checks a digest of what comes out: see `openGunzipNow`.
   */
  readonly room?: () => Uint8Array | Promise<Uint8Array>
  readonly caps?: {
    readonly inflateRatio?: number
    readonly inflateFreeBytes?: number
    readonly tarUnpackedBytes?: number
    readonly zstdFrames?: number
  }
}

const CHUNK = 256 * 1024
const MAGICS: readonly { readonly name: 'gzip' | 'zstd' | 'xz'; readonly bytes: readonly number[] }[] = [
  { name: 'gzip', bytes: [0x1f, 0x8b] },
  { name: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58] },
]

/**
 * How bytes are compressed, by their first four. A zstd stream may start with a skippable frame. `xz` and `bzip2` are
 * told apart only so that they can be refused by name.
 */
export function sniffCompression(start: Uint8Array): Compression | 'xz' | 'bzip2' {
  if ((start[0] ?? 0) >> 4 === 5 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18) return 'zstd'
  if (start[0] === 0x42 && start[1] === 0x5a && start[2] === 0x68) return isDigit(start[3] ?? 0) ? 'bzip2' : 'none'
  const found = MAGICS.find(({ bytes }) => bytes.every((byte, at) => start[at] === byte))
  return found?.name ?? 'none'
}

/** bzip2 writes its block size as 1 to 9; without that, the start of a tar whose first name is BZh… would pass for it. */
function isDigit(byte: number): boolean {
  return byte >= 0x31 && byte <= 0x39
}

/**
 * Unpacks a stream as it passes: gzip (all members), zstd (all frames) or none. In: the packed bytes. Out: the unpacked
 * ones; the packed stream is read to its end. Throws `artifact-malformed` when the magic is not the promised one, the data
 * are broken or cut off, or bytes follow them; `limit-exceeded` past inflateRatio or tarUnpackedBytes.
 */
export async function* inflate(stream: AsyncIterable<Uint8Array>, options: InflateOptions): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]()
  try {
    const start = await firstPiece(iterator)
    const found = sniffCompression(start)
    refuseMismatch(found, options)
    const packed = resume(start, iterator)
    if (found === 'gzip') {
      yield* bounded(gunzip(packed, options.room), options)
    } else if (found === 'zstd') {
      const frames = splitZstdFrames(packed, options.where, options.caps?.zstdFrames)
      yield* bounded(unpackingByStream(frames, createZstdDecompress({ chunkSize: CHUNK })), options)
    } else yield* boundSize(packed, options)
  } finally {
    await iterator.return?.()
  }
}

function gunzip(packed: AsyncIterable<Uint8Array>, room: InflateOptions['room']): Unpacking {
  const now = room === undefined ? undefined : openGunzipNow()
  if (now === undefined || room === undefined) return unpackingByStream(packed, createGunzip({ chunkSize: CHUNK }))
  return unpackingNow(packed, now, room)
}

function refuseMismatch(found: Compression | 'xz' | 'bzip2', { promised, where }: InflateOptions): asserts found is Compression {
  if (found === 'xz' || found === 'bzip2')
    throw fail('artifact-malformed', `is compressed with ${found}, which images do not have`, { where })
  if (promised === undefined || promised === found) return
  const say = (compression: Compression): string => (compression === 'none' ? 'not compressed' : `compressed with ${compression}`)
  throw fail('artifact-malformed', `is ${say(found)}, and its media type says ${say(promised)}`, { where })
}

/** At least four bytes, where the stream has as many. */
async function firstPiece(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0)
  while (start.byteLength < 4) {
    const next = await iterator.next()
    if (next.done === true) break
    start = start.byteLength === 0 ? next.value : Buffer.concat([start, next.value])
  }
  return start
}

async function* resume(start: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (start.byteLength > 0) yield start
  for (;;) {
    const next = await iterator.next()
    if (next.done === true) return
    yield next.value
  }
}

async function* boundSize(stream: AsyncIterable<Uint8Array>, options: InflateOptions): AsyncGenerator<Uint8Array> {
  const limit = options.caps?.tarUnpackedBytes ?? LIMITS.tarUnpackedBytes
  let size = 0
  for await (const piece of stream) {
    size += piece.byteLength
    if (size > limit) throw overLimit('tarUnpackedBytes', limit, options.where)
    yield piece
  }
}

/** Bounds what comes out by what went in, and checks that all of that was taken: what the engine would drop, a runtime may read. */
async function* bounded(unpacking: Unpacking, options: InflateOptions): AsyncGenerator<Uint8Array> {
  const caps = { inflateRatio: LIMITS.inflateRatio, inflateFreeBytes: LIMITS.inflateFreeBytes, ...options.caps }
  let size = 0
  try {
    for await (const piece of boundSize(unpacking.pieces, options)) {
      size += piece.byteLength
      if (size > caps.inflateFreeBytes && size > caps.inflateRatio * unpacking.given()) {
        throw overLimit('inflateRatio', caps.inflateRatio, options.where)
      }
      yield piece
    }
    if (!unpacking.tookAll()) {
      throw fail('artifact-malformed', 'has bytes after the end of its compressed data', { where: options.where })
    }
  } catch (error) {
    throw isZlibError(error)
      ? fail('artifact-malformed', `cannot be unpacked: ${error.message}`, { where: options.where, cause: error })
      : asTallyError(error, options.where)
  } finally {
    await unpacking.close()
  }
}

function isZlibError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  return /^(?:Z_|ZSTD_)/.test(error.code)
}

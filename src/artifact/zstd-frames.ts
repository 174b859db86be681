import { overLimit } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { createByteReader } from './byte-reader.ts'
import type { ByteReader } from './byte-reader.ts'

const MAGIC = 0xfd2fb528

/**
 * Cuts a Zstandard stream (RFC 8878, section 3.1) so that no piece goes over the end of a frame. Node's decompressor ends
 * at the end of a frame and silently drops what else it was given with it; a layer of several frames (zstd:chunked, pzstd)
 * would look shorter to us than to a runtime. Skippable frames are left out. Throws `artifact-malformed` on what is no
 * frame and where the stream is cut off, `limit-exceeded` past `frames` frames.
 */
export async function* splitZstdFrames(
  stream: AsyncIterable<Uint8Array>,
  where: string,
  frames: number = LIMITS.zstdFrames,
): AsyncGenerator<Uint8Array> {
  const reader = createByteReader(stream)
  try {
    for (let count = 0; ; count += 1) {
      const magic = await reader.read(4)
      if (magic.byteLength === 0) return
      if (count >= frames) throw overLimit('zstdFrames', frames, where)
      const value = magic.byteLength === 4 ? littleEndian(magic) : 0
      if (value === MAGIC) yield* joinAdjacent(frameBody(reader, magic, where))
      else if (value >= 0x184d2a50 && value <= 0x184d2a5f) await skipFrame(reader, where)
      else throw fail('artifact-malformed', `has bytes that are no zstd frame (at byte ${reader.offset() - magic.byteLength})`, { where })
    }
  } finally {
    await reader.close()
  }
}

async function skipFrame(reader: ByteReader, where: string): Promise<void> {
  const size = littleEndian(await need(reader, 4, where))
  if ((await reader.skip(size)) < size) throw cutOff(reader, where)
}

async function* frameBody(reader: ByteReader, magic: Uint8Array, where: string): AsyncGenerator<Uint8Array> {
  yield magic
  const descriptor = await need(reader, 1, where)
  yield descriptor
  const flags = descriptor[0] ?? 0
  yield await need(reader, headerSize(flags), where)
  for (;;) {
    const blockHeader = await need(reader, 3, where)
    yield blockHeader
    const block = littleEndian(blockHeader)
    // A run-length block (type 1) stores one byte, whatever size it stands for.
    let left = ((block >> 1) & 3) === 1 ? 1 : block >> 3
    while (left > 0) {
      const piece = await reader.piece(left)
      if (piece.byteLength === 0) throw cutOff(reader, where)
      left -= piece.byteLength
      yield piece
    }
    if ((block & 1) === 1) break
  }
  if ((flags & 4) !== 0) yield await need(reader, 4, where)
}

/** Makes one piece again of pieces that lie side by side in memory: each piece costs the decompressor a turn. */
async function* joinAdjacent(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let run: Uint8Array | undefined
  for await (const piece of pieces) {
    if (run !== undefined && run.buffer === piece.buffer && run.byteOffset + run.byteLength === piece.byteOffset) {
      run = new Uint8Array(run.buffer, run.byteOffset, run.byteLength + piece.byteLength)
    } else {
      if (run !== undefined) yield run
      run = piece
    }
  }
  if (run !== undefined) yield run
}

/** Bytes of the frame header after its descriptor: window, dictionary id and content size (3.1.1.1). At least one. */
function headerSize(flags: number): number {
  const single = (flags & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][flags & 3] ?? 0
  const content = [single ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
  return (single ? 0 : 1) + dictionary + content
}

async function need(reader: ByteReader, size: number, where: string): Promise<Uint8Array> {
  const bytes = reader.view(size) ?? (await reader.read(size))
  if (bytes.byteLength < size) throw cutOff(reader, where)
  return bytes
}

function cutOff(reader: ByteReader, where: string): Error {
  return fail('artifact-malformed', `is cut off inside a zstd frame (at byte ${reader.offset()})`, { where })
}

function littleEndian(bytes: Uint8Array): number {
  let value = 0
  for (let at = bytes.byteLength - 1; at >= 0; at -= 1) value = value * 256 + (bytes[at] ?? 0)
  return value
}

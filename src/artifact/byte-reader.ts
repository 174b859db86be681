const EMPTY = new Uint8Array(0)

/**
 * A stream of bytes that may be able to pass over bytes without reading them (a file can; a pipe cannot). `seek` passes
 * over up to `bytes` and says how many there were; it is called only between two pieces.
 */
export type ByteStream = AsyncIterable<Uint8Array> & {
  readonly seek?: (bytes: number) => Promise<number>
  /** Whether a piece is gone once the next one is asked for: what is kept of it must be copied. */
  readonly passing?: boolean
}

/**
 * Reads a stream in pieces of wanted sizes. Views are handed out wherever a piece lies within one chunk; nothing is copied then, but
 * for what is `read` of a passing stream.
 */
export type ByteReader = {
  /** Bytes handed out or passed over so far. */
  readonly offset: () => number
  /** Exactly `size` bytes if they lie in the current chunk, without waiting; else undefined, and nothing is consumed. To be used at once. */
  readonly view: (size: number) => Uint8Array | undefined
  /** `size` bytes, fewer only where the stream ends. */
  readonly read: (size: number) => Promise<Uint8Array>
  /** The next piece of at most `size` bytes; empty where the stream ends. To be used before the next. */
  readonly piece: (size: number) => Promise<Uint8Array>
  /** Passes over `size` bytes if they lie in the current chunk, without waiting. */
  readonly skipNow: (size: number) => boolean
  /** Passes over `size` bytes and says how many there were. */
  readonly skip: (size: number) => Promise<number>
  /** Tells the stream that no more is wanted. */
  readonly close: () => Promise<void>
}

export function createByteReader(stream: ByteStream): ByteReader {
  const iterator = stream[Symbol.asyncIterator]()
  let chunk: Uint8Array = EMPTY
  let at = 0
  let offset = 0

  function cut(size: number): Uint8Array {
    const piece = chunk.subarray(at, at + size)
    at += size
    offset += size
    return piece
  }

  /** Sees to it that the current chunk holds at least one byte; false at the end. */
  async function fill(): Promise<boolean> {
    while (at >= chunk.byteLength) {
      const next = await iterator.next()
      if (next.done === true) return false
      chunk = next.value
      at = 0
    }
    return true
  }

  async function piece(size: number): Promise<Uint8Array> {
    if (size === 0 || !(await fill())) return EMPTY
    return cut(Math.min(size, chunk.byteLength - at))
  }

  async function read(size: number): Promise<Uint8Array> {
    const first = await piece(size)
    if (first.byteLength === size || first.byteLength === 0) return stream.passing === true ? first.slice() : first
    const whole = new Uint8Array(size)
    whole.set(first)
    let filled = first.byteLength
    while (filled < size) {
      const next = await piece(size - filled)
      if (next.byteLength === 0) return whole.subarray(0, filled)
      whole.set(next, filled)
      filled += next.byteLength
    }
    return whole
  }

  function skipNow(size: number): boolean {
    if (chunk.byteLength - at < size) return false
    at += size
    offset += size
    return true
  }

  async function skip(size: number): Promise<number> {
    let left = size
    while (left > 0) {
      if (at >= chunk.byteLength && stream.seek !== undefined) {
        const passed = await stream.seek(left)
        offset += passed
        return size - left + passed
      }
      const passed = (await piece(left)).byteLength
      if (passed === 0) break
      left -= passed
    }
    return size - left
  }

  return {
    offset: () => offset,
    view: (size) => (chunk.byteLength - at < size ? undefined : cut(size)),
    read,
    piece,
    skipNow,
    skip,
    close: async () => {
      await iterator.return?.()
    },
  }
}

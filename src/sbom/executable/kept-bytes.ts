import { malformed, viewBytes } from '../byte-view.ts'
import type { ByteOrder, ByteView } from '../byte-view.ts'

/** A piece of a file by its place in it. */
export type ByteRange = { readonly start: number; readonly end: number }

/** What was kept of a file that may be too large to be kept whole. Places are those in the file. */
export type KeptBytes = {
  readonly size: number
  /** Whether everything of a range was kept. A range that reaches past the end of the file never is. */
  readonly has: (start: number, size: number) => boolean
  /** Numbers of one range, counted from its start. Throws `artifact-malformed` when the file does not have it, or it was not kept. */
  readonly view: (start: number, size: number, order: ByteOrder) => ByteView
}

/** Takes pieces of a file in order and keeps what lies in the wanted ranges. */
export function createKeeper(
  size: number,
  where: string,
): {
  readonly want: (range: ByteRange) => void
  readonly push: (piece: Uint8Array) => void
  readonly kept: () => KeptBytes
} {
  const ranges: { readonly start: number; readonly bytes: Uint8Array }[] = []
  let offset = 0
  return {
    want: ({ start, end }) => {
      const from = Math.max(start, offset)
      const to = Math.min(end, size)
      if (to > from) ranges.push({ start: from, bytes: new Uint8Array(to - from) })
    },
    push: (piece) => {
      for (const { start, bytes } of ranges) {
        const from = Math.max(start, offset)
        const to = Math.min(start + bytes.byteLength, offset + piece.byteLength)
        if (to > from) bytes.set(piece.subarray(from - offset, to - offset), from - start)
      }
      offset += piece.byteLength
    },
    kept: () => keptBytes(ranges, Math.min(size, offset), where),
  }
}

function keptBytes(ranges: readonly { readonly start: number; readonly bytes: Uint8Array }[], size: number, where: string): KeptBytes {
  const find = (start: number, length: number): Uint8Array | undefined => {
    if (!Number.isSafeInteger(start) || start < 0 || length < 0 || start + length > size) return undefined
    const range = ranges.find((one) => start >= one.start && start + length <= one.start + one.bytes.byteLength)
    return range?.bytes.subarray(start - range.start, start - range.start + length)
  }
  return {
    size,
    has: (start, length) => find(start, length) !== undefined,
    view: (start, length, order) => {
      const bytes = find(start, length)
      if (bytes === undefined) throw malformed(where, `has nothing readable at byte ${start}`)
      return viewBytes(bytes, order, where)
    },
  }
}

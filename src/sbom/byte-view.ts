import { fail } from '../kernel/errors.ts'

/** Numbers and slices out of bytes that may lie about their size: whatever reaches past the end is refused, naming the place. */
export type ByteView = {
  readonly bytes: Uint8Array
  readonly size: number
  readonly where: string
  readonly u8: (at: number) => number
  readonly u16: (at: number) => number
  readonly u32: (at: number) => number
  /** A 64-bit number; one over 2^53 is refused. */
  readonly u64: (at: number) => number
  readonly slice: (at: number, size: number) => Uint8Array
  /** Bytes as text, one character a byte: for magics and names in ASCII. */
  readonly ascii: (at: number, size: number) => string
}

export type ByteOrder = 'little' | 'big'

/** In: bytes, their byte order, what they are called in messages. Every method throws `artifact-malformed` past the end. */
export function viewBytes(bytes: Uint8Array, order: ByteOrder, where: string): ByteView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = order === 'little'
  const size = bytes.byteLength

  function refuseOutside(at: number, length: number): void {
    if (Number.isSafeInteger(at) && at >= 0 && length >= 0 && at + length <= size) return
    throw malformed(where, `ends at byte ${size}, before what is promised at byte ${at}`)
  }

  return {
    bytes,
    size,
    where,
    u8: (at) => {
      refuseOutside(at, 1)
      return view.getUint8(at)
    },
    u16: (at) => {
      refuseOutside(at, 2)
      return view.getUint16(at, little)
    },
    u32: (at) => {
      refuseOutside(at, 4)
      return view.getUint32(at, little)
    },
    u64: (at) => {
      refuseOutside(at, 8)
      const value = view.getBigUint64(at, little)
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(where, `has a number too large to be one, at byte ${at}`)
      return Number(value)
    },
    slice: (at, length) => {
      refuseOutside(at, length)
      return bytes.subarray(at, at + length)
    },
    ascii: (at, length) => {
      refuseOutside(at, length)
      return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1')
    },
  }
}

export function malformed(where: string, why: string): Error {
  return fail('artifact-malformed', why, { where })
}

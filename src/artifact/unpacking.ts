import type { Gunzip, ZstdDecompress } from 'node:zlib'
import type { GunzipNow } from './gunzip-now.ts'

/** An engine at work on packed bytes. */
export type Unpacking = {
  /** What comes out. Throws zlib's errors, and those of the packed bytes. */
  readonly pieces: AsyncIterable<Uint8Array>
  /** Packed bytes that were given to the engine so far. */
  readonly given: () => number
  /** Once all pieces came: whether the engine made something of all that was given, and there was no more. */
  readonly tookAll: () => boolean
  readonly close: () => Promise<void>
}

/** Feeds a stream as fast as it takes. */
export function unpackingByStream(packed: AsyncIterable<Uint8Array>, engine: Gunzip | ZstdDecompress): Unpacking {
  // Who reads the pieces hears of errors; one that comes after they were left has no other listener.
  engine.on('error', () => undefined)
  let given = 0
  let done = false
  async function feed(): Promise<void> {
    try {
      for await (const piece of packed) {
        given += piece.byteLength
        if (engine.destroyed || engine.readableEnded) return
        if (!engine.write(piece)) await roomOrEnd(engine)
      }
      done = true
      engine.end()
    } catch (error) {
      engine.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const settled = feed()
  return {
    pieces: engine,
    given: () => given,
    tookAll: () => done && engine.bytesWritten === given,
    close: async () => {
      engine.destroy()
      await settled
    },
  }
}

async function roomOrEnd(engine: Gunzip | ZstdDecompress): Promise<void> {
  const events = ['drain', 'end', 'error', 'close'] as const
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      for (const event of events) engine.off(event, stop)
      resolve()
    }
    for (const event of events) engine.on(event, stop)
  })
}

const NONE = new Uint8Array(0)

/** Unpacks in this thread, into the room it is given: at least one byte each time. */
export function unpackingNow(
  packed: AsyncIterable<Uint8Array>,
  engine: GunzipNow,
  room: () => Uint8Array | Promise<Uint8Array>,
): Unpacking {
  let given = 0
  let left = 0
  async function* unpack(piece: Uint8Array, last: boolean): AsyncGenerator<Uint8Array> {
    for (let rest = piece; ;) {
      const to = await room()
      const { taken, made } = engine.step(rest, to, last)
      rest = rest.subarray(taken)
      if (made > 0) yield to.subarray(0, made)
      // More may be waiting inside only where the room was too small.
      if (made === to.byteLength) continue
      left = rest.byteLength
      return
    }
  }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of packed) {
      given += piece.byteLength
      yield* unpack(piece, false)
      if (left > 0) return
    }
    yield* unpack(NONE, true)
  }
  return {
    pieces: pieces(),
    given: () => given,
    tookAll: () => left === 0,
    close: async () => {
      engine.close()
    },
  }
}

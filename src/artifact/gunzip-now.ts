import { constants, createGunzip } from 'node:zlib'
import type { Gunzip } from 'node:zlib'

/** Unpacks gzip (all members) step by step, each step at once and into bytes that are there already. */
export type GunzipNow = {
  /**
   * Unpacks from `packed` into `room` until one of the two is used up, or the data end. `last` says that no more packed bytes follow.
   * Out: how many bytes it took and made. Throws zlib's own error.
   */
  readonly step: (packed: Uint8Array, room: Uint8Array, last: boolean) => { readonly taken: number; readonly made: number }
  readonly close: () => void
}

type Handle = {
  readonly writeSync: (flush: number, from: Uint8Array, at: number, size: number, to: Uint8Array, toAt: number, toSize: number) => void
}

/**
 * Undefined where this Node.js has no such thing: it stands behind zlib's streams and is not documented, though npm unpacks every package
 * with it. Through the stream each quarter of a megabyte goes to another thread and back, which takes a third more time. Whoever uses this
 * should check a digest of what comes out, and use the stream where it is undefined.
 */
export function openGunzipNow(engine: Pick<Gunzip, 'on' | 'destroy' | 'errored'> = createGunzip()): GunzipNow | undefined {
  // It is looked at after each step; without a listener it would end the program.
  engine.on('error', () => undefined)
  const inside: { readonly _handle?: Partial<Handle>; readonly _writeState?: unknown } = Object(engine)
  const { _handle: handle, _writeState: left } = inside
  if (typeof handle?.writeSync !== 'function' || !(left instanceof Uint32Array) || left.length < 2) {
    engine.destroy()
    return undefined
  }
  const { writeSync } = handle
  return {
    step: (packed, room, last) => {
      const flush = last ? constants.Z_FINISH : constants.Z_NO_FLUSH
      writeSync.call(handle, flush, packed, 0, packed.byteLength, room, 0, room.byteLength)
      if (engine.errored !== null) throw engine.errored
      return { taken: packed.byteLength - (left[1] ?? 0), made: room.byteLength - (left[0] ?? 0) }
    },
    close: () => {
      engine.destroy()
    },
  }
}

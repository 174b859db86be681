import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { Gunzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { textOf, utf8 } from '../kernel/bytes.ts'
import { openGunzipNow } from './gunzip-now.ts'

describe('gunzip at once', () => {
  it('is there on the Node.js that this is made for', () => {
    const engine = openGunzipNow()
    const room = new Uint8Array(100)
    const step = engine?.step(gzipSync('hello'), room, true)
    expect(step?.made).toBe(5)
    expect(textOf(room.subarray(0, 5))).toBe('hello')
    engine?.close()
  })

  it('is not used where what stands behind the stream is something else', () => {
    const engine = new PassThrough()
    expect(openGunzipNow(engine as unknown as Gunzip)).toBeUndefined()
    expect(engine.destroyed).toBe(true)
  })

  it("throws zlib's error", () => {
    const engine = openGunzipNow()
    expect(() => engine?.step(utf8('no gzip at all'), new Uint8Array(100), false)).toThrow(
      expect.objectContaining({ code: 'Z_DATA_ERROR' }),
    )
    engine?.close()
  })
})

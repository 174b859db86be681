import { describe, expect, it } from 'vitest'
import { utf8, textOf } from '../kernel/bytes.ts'
import { broadcast } from './broadcast.ts'
import type { Consumer } from './broadcast.ts'

const pieces = ['one', 'two', 'three']

function source(log: string[] = [], fails = false): AsyncIterable<Uint8Array> {
  return (async function* () {
    for (const piece of pieces) {
      log.push(`read ${piece}`)
      yield utf8(piece)
    }
    if (fails) throw new Error('cut off')
  })()
}

const take =
  (into: string[], most = 99): Consumer =>
  async (content) => {
    if (most === 0) return
    for await (const piece of content) {
      into.push(textOf(piece))
      if (into.length >= most) return
    }
  }

describe('broadcast', () => {
  it('gives everything to everybody, reading once', async () => {
    const log: string[] = []
    const seen: string[][] = [[], [], []]
    await broadcast(
      source(log),
      seen.map((into) => take(into)),
    )
    expect(seen).toEqual([pieces, pieces, pieces])
    expect(log).toEqual(['read one', 'read two', 'read three'])
  })

  it.each([0, 1, 2])('does not wait for one that leaves after %i pieces', async (most) => {
    const seen: string[][] = [[], []]
    await broadcast(source(), [take(seen[0] ?? [], most), take(seen[1] ?? [])])
    expect(seen).toEqual([pieces.slice(0, most), pieces])
  })

  it('reads nothing further once everybody has left', async () => {
    const log: string[] = []
    await broadcast(source(log), [take([], 1), take([], 0)])
    expect(log).toEqual(['read one'])
  })

  it('reads ahead for nobody: a slow one holds the others', async () => {
    const log: string[] = []
    const slow: Consumer = async (content) => {
      for await (const piece of content) {
        await new Promise((resolve) => setImmediate(resolve))
        log.push(`slow has ${textOf(piece)}`)
      }
    }
    await broadcast(source(log), [take([]), slow])
    expect(log).toEqual(['read one', 'slow has one', 'read two', 'slow has two', 'read three', 'slow has three'])
  })

  it('tells everybody when the stream fails', async () => {
    const seen: string[][] = [[], []]
    await expect(
      broadcast(
        source([], true),
        seen.map((into) => take(into)),
      ),
    ).rejects.toThrow('cut off')
    expect(seen).toEqual([pieces, pieces])
  })

  it('lets the others finish before it throws the error of one', async () => {
    const seen: string[] = []
    await expect(broadcast(source(), [() => Promise.reject(new Error('mine')), take(seen)])).rejects.toThrow('mine')
    expect(seen).toEqual(pieces)
  })
})

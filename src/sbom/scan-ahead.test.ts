import { describe, expect, it } from 'vitest'
import type { ImageLayer } from '../artifact/image.ts'
import { startEntryTable } from '../artifact/entry-table.ts'
import { concatBytes, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { packLayer } from './layer-cache.ts'
import type { KnownLayer } from './layer-cache.ts'
import { cacheWithScans, scanAhead } from './scan-ahead.ts'
import type { Scan, ScanJob } from './scan-ahead.ts'

const LARGE = 8 * 1024 * 1024

function layerOf(index: number, size = LARGE): ImageLayer {
  const digest = digestOf(utf8(`layer ${index}`))
  return { index, descriptor: { mediaType: '', digest, size }, compression: 'gzip', diffId: digestOf(utf8(`unpacked ${index}`)) }
}

/** Layers 4 to 0 in the order in which they are asked for: from the top. */
const FIVE = [4, 3, 2, 1, 0].map((index) => layerOf(index))
const [TOP, THIRD, SECOND, FIRST, BOTTOM] = FIVE as [ImageLayer, ImageLayer, ImageLayer, ImageLayer, ImageLayer]

function knownOf(name: string): KnownLayer {
  const table = startEntryTable()
  table.add({ path: name, type: 'file', size: 1, mode: 0o644 })
  return { entries: table.finish(), unpackedBytes: 1024, files: new Map([[name, Buffer.from(name)]]), inspected: new Map() }
}

const packed = (layer: ImageLayer, name: string): Uint8Array => concatBytes(packLayer(layer, knownOf(name)))

/** Scans that end when the test says so. */
function scansByHand() {
  const started: number[] = []
  const stopped: number[] = []
  const ends = new Map<number, (found: Uint8Array | undefined) => void>()
  return {
    started,
    stopped,
    run: ({ layer }: ScanJob): Scan => {
      started.push(layer.index)
      return {
        result: new Promise((resolve) => ends.set(layer.index, resolve)),
        stop: async () => {
          stopped.push(layer.index)
          ends.get(layer.index)?.(undefined)
        },
      }
    },
    end: async (index: number, found?: Uint8Array) => {
      ends.get(index)?.(found)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const source = { name: 'test', blobFile: async () => '/layer', blob: () => ({}) as AsyncIterable<Uint8Array> }
const nothingKnown = async (_layer: ImageLayer): Promise<boolean> => false

describe('layers scanned ahead', () => {
  it('begin below the topmost one, which is left to the caller, and are told as they were scanned', async () => {
    const hand = scansByHand()
    const scans = scanAhead(source, nothingKnown, 1, hand.run)
    await scans.expect(FIVE)
    expect(hand.started).toEqual([3])
    expect(await scans.take(TOP)).toBeUndefined()
    await hand.end(3, packed(THIRD, 'etc/passwd'))
    expect(hand.started).toEqual([3, 2])
    expect(await scans.take(THIRD)).toEqual(knownOf('etc/passwd'))
  })

  it('are so many at once, with as many that wait to be asked for, and no more', async () => {
    const hand = scansByHand()
    const scans = scanAhead(source, nothingKnown, 1, hand.run)
    await scans.expect(FIVE)
    await hand.end(3, packed(THIRD, 'a'))
    await hand.end(2, packed(SECOND, 'b'))
    expect(hand.started).toEqual([3, 2])
    await scans.take(THIRD)
    expect(hand.started).toEqual([3, 2, 1])
  })

  it('leave the next one to who waited for the one before, and a layer whose turn comes too early to who asks', async () => {
    const hand = scansByHand()
    const scans = scanAhead(source, nothingKnown, 1, hand.run)
    await scans.expect(FIVE)
    const waiting = scans.take(THIRD)
    await hand.end(3, packed(THIRD, 'a'))
    expect(await waiting).toEqual(knownOf('a'))
    expect(hand.started).toEqual([3, 1])
    expect(await scans.take(SECOND)).toBeUndefined()
    expect(await scans.take(BOTTOM)).toBeUndefined()
    await hand.end(1, packed(FIRST, 'c'))
    expect(hand.started).toEqual([3, 1])
  })

  it('tell nothing where a scan failed, or was of another layer', async () => {
    const hand = scansByHand()
    const scans = scanAhead(source, nothingKnown, 2, hand.run)
    await scans.expect(FIVE)
    await hand.end(3)
    await hand.end(2, packed(FIRST, 'not it'))
    expect(await scans.take(THIRD)).toBeUndefined()
    expect(await scans.take(SECOND)).toBeUndefined()
  })

  it('are not begun for what is small, known, or in no file', async () => {
    const begun = async (layers: readonly ImageLayer[], known = nothingKnown, from = source): Promise<readonly number[]> => {
      const hand = scansByHand()
      await scanAhead(from, known, 3, hand.run).expect(layers)
      return hand.started
    }
    expect(await begun([TOP, layerOf(3, 1024), SECOND])).toEqual([2])
    expect(await begun([TOP, THIRD, SECOND], async ({ index }) => index === 4)).toEqual([2])
    expect(await begun([TOP, THIRD], nothingKnown, { ...source, blobFile: async () => undefined as unknown as string })).toEqual([])
    expect(await begun([TOP])).toEqual([])
  })

  it('are stopped when nobody wants them any more', async () => {
    const hand = scansByHand()
    const scans = scanAhead(source, nothingKnown, 2, hand.run)
    await scans.expect(FIVE)
    const waiting = scans.take(THIRD)
    await scans.close()
    expect(hand.stopped).toEqual([3, 2])
    expect(await waiting).toBeUndefined()
    expect(hand.started).toEqual([3, 2])
  })

  it('come after what a cache has, and go into it', async () => {
    const hand = scansByHand()
    const scans = scanAhead(source, nothingKnown, 2, hand.run)
    await scans.expect(FIVE)
    const saved: number[] = []
    const cache = cacheWithScans(
      {
        load: async ({ index }) => (index === 3 ? knownOf('kept') : undefined),
        has: async ({ index }) => index === 3,
        save: async ({ index }) => void saved.push(index),
      },
      scans,
    )
    await hand.end(2, packed(SECOND, 'scanned'))
    expect(await cache.load(THIRD)).toEqual(knownOf('kept'))
    expect(await cache.load(SECOND)).toEqual(knownOf('scanned'))
    expect(await cache.load(BOTTOM)).toBeUndefined()
    expect(saved).toEqual([2])
    expect([await cache.has(THIRD), await cache.has(SECOND)]).toEqual([true, false])
    expect(await cacheWithScans(undefined, scans).load(BOTTOM)).toBeUndefined()
  })
})

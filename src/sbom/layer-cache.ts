import { z } from 'zod'
import type { ImageLayer } from '../artifact/image.ts'
import type { LayerRecording } from '../artifact/layers.ts'
import { utf8 } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { CacheFolder } from './cache-folder.ts'
import type { Inspected } from './catalogers/inspector.ts'

/** What is known of a layer once it was read whole: its entries, the files catalogers want, what inspectors found. */
export type KnownLayer = LayerRecording & {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly inspected: ReadonlyMap<string, Inspected>
}

/** Layers that were read before, by their digest. What is in it was found right by both digests of the layer when it was written. */
export type LayerCache = {
  readonly load: (layer: ImageLayer) => Promise<KnownLayer | undefined>
  /** Whether `load` will most likely find it. */
  readonly has: (layer: ImageLayer) => Promise<boolean>
  readonly save: (layer: ImageLayer, known: KnownLayer) => Promise<void>
}

/** Layers as they are remembered while one image is looked at more than once, in front of what is kept for longer, if anything is. */
export function memoryLayerCache(behind?: LayerCache): LayerCache {
  const known = new Map<Digest, KnownLayer>()
  return {
    load: async (layer) => {
      const found = known.get(layer.descriptor.digest) ?? (await behind?.load(layer))
      if (found !== undefined) known.set(layer.descriptor.digest, found)
      return found
    },
    has: async (layer) => known.has(layer.descriptor.digest) || (await behind?.has(layer)) === true,
    save: async (layer, found) => {
      known.set(layer.descriptor.digest, found)
      await behind?.save(layer, found)
    },
  }
}

const listOf = <T>(): z.ZodType<readonly T[]> => z.custom<readonly T[]>((value) => Array.isArray(value))
/** Its bytes are those that were written, which the folder saw to; lists may be long, and are not looked at one by one. */
const HEADER = z.object({
  diffId: z.string(),
  unpackedBytes: z.number(),
  /** How many entries there are, and bytes of their table, which comes next; then the files one after the other. */
  entries: z.object({ count: z.number(), bytes: z.number() }),
  files: listOf<readonly [path: string, size: number]>(),
  inspected: listOf<readonly [path: string, found: Inspected | null]>(),
})

export function openLayerCache(folder: CacheFolder): LayerCache {
  const nameOf = (layer: ImageLayer): string => `${hexOf(layer.descriptor.digest)}.zst`
  return {
    load: async (layer) => {
      const whole = await folder.load(nameOf(layer))
      return whole === undefined ? undefined : unpackLayer(whole, layer)
    },
    has: async (layer) => await folder.has(nameOf(layer)),
    save: async (layer, known) => {
      await folder.save(nameOf(layer), packLayer(layer, known))
    },
  }
}

/** A layer's recording as bytes, in pieces. In: the layer, and what is known of it. */
export function packLayer(layer: ImageLayer, known: KnownLayer): Uint8Array[] {
  const header = utf8(
    JSON.stringify({
      diffId: layer.diffId,
      unpackedBytes: known.unpackedBytes,
      entries: { count: known.entries.count, bytes: known.entries.bytes.byteLength },
      files: [...known.files].map(([path, bytes]) => [path, bytes.byteLength]),
      inspected: [...known.inspected].map(([path, found]) => [path, found ?? null]),
    } satisfies z.input<typeof HEADER>),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32BE(header.byteLength)
  return [length, header, known.entries.bytes, ...known.files.values()].filter(({ byteLength }) => byteLength > 0)
}

/** What `packLayer` made; undefined when it was made of another layer. Files are views into the bytes. */
export function unpackLayer(whole: Buffer, layer: ImageLayer): KnownLayer | undefined {
  const length = whole.readUInt32BE(0)
  const header = HEADER.safeParse(JSON.parse(whole.toString('utf8', 4, 4 + length))).data
  if (header === undefined || header.diffId !== layer.diffId) return undefined
  const { count, bytes } = header.entries
  let at = 4 + length
  const next = (size: number): Uint8Array => {
    at += size
    return whole.subarray(at - size, at)
  }
  return {
    unpackedBytes: header.unpackedBytes,
    entries: { count, bytes: next(bytes) },
    files: new Map(header.files.map(([path, size]) => [path, next(size)])),
    inspected: new Map(header.inspected.map(([path, found]) => [path, found ?? undefined])),
  }
}

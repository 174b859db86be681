import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import { z } from 'zod'
import type { ImageLayer } from '../artifact/image.ts'
import type { LayerRecording } from '../artifact/layers.ts'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import { concatBytes, equalBytes, utf8 } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { VERSION } from '../kernel/version.ts'
import type { Inspected } from './catalogers/inspector.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Raised whenever inspectors find other things in the same file, or the format of the cache changes. */
const REVISION = 2
const DIGEST_BYTES = 32

/** What is known of a layer once it was read whole: its entries, the files catalogers want, what inspectors found. */
export type KnownLayer = LayerRecording & {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly inspected: ReadonlyMap<string, Inspected>
}

/**
 * Layers that were read before, in a folder, by their digest and this program's version. What is in it was found right by both
 * digests of the layer when it was written, and carries a digest of its own; what is broken or from elsewhere counts as not there.
 */
export type LayerCache = {
  readonly load: (layer: ImageLayer) => Promise<KnownLayer | undefined>
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
    save: async (layer, found) => {
      known.set(layer.descriptor.digest, found)
      await behind?.save(layer, found)
    },
  }
}

const entry = z.tuple([z.string(), z.string(), z.number(), z.number()]).rest(z.string())
const HEADER = z.object({
  diffId: z.string(),
  unpackedBytes: z.number(),
  entries: z.array(entry),
  files: z.array(z.tuple([z.string(), z.number()])),
  inspected: z.array(z.tuple([z.string(), z.unknown()])),
})

export function openLayerCache(deps: Pick<Deps, 'fs' | 'log' | 'randomBytes'>, cacheDir: string): LayerCache {
  const folder = join(cacheDir, 'layers', `${VERSION}-${REVISION}`)
  const pathOf = (layer: ImageLayer): string => join(folder, `${hexOf(layer.descriptor.digest)}.zst`)
  return {
    load: async (layer) => {
      try {
        return await unpack(await readFileBounded(deps, pathOf(layer), 'layerCacheBytes'), layer)
      } catch (error) {
        // A cache that cannot be read costs time and nothing else.
        if (error instanceof TallyError && error.code !== 'not-found') deps.log('debug', `the layer cache is not used: ${error.message}`)
        return undefined
      }
    },
    save: async (layer, known) => {
      const packed = await pack(layer, known)
      if (packed.byteLength > LIMITS.layerCacheBytes) return
      try {
        await deps.fs.mkdir(folder, { recursive: true, mode: 0o700 })
        await writeFileAtomic(deps, pathOf(layer), packed)
      } catch (error) {
        deps.log('debug', `the layer cache is not written: ${error instanceof Error ? error.message : 'it failed'}`)
      }
    },
  }
}

async function pack(layer: ImageLayer, known: KnownLayer): Promise<Uint8Array> {
  const header = utf8(
    JSON.stringify({
      diffId: layer.diffId,
      unpackedBytes: known.unpackedBytes,
      entries: known.entries.map(({ path, type, size, mode, linkTarget }) =>
        linkTarget === undefined ? [path, type, size, mode] : [path, type, size, mode, linkTarget],
      ),
      files: [...known.files].map(([path, bytes]) => [path, bytes.byteLength]),
      inspected: [...known.inspected].map(([path, found]) => [path, found ?? null]),
    }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32BE(header.byteLength)
  const whole = concatBytes([length, header, ...known.files.values()])
  const body = await compress(whole, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  return concatBytes([createHash('sha256').update(body).digest(), body])
}

async function unpack(packed: Uint8Array, layer: ImageLayer): Promise<KnownLayer | undefined> {
  const body = packed.subarray(DIGEST_BYTES)
  const promised = packed.subarray(0, DIGEST_BYTES)
  if (!equalBytes(promised, createHash('sha256').update(body).digest())) return undefined
  const whole = await decompress(body, { maxOutputLength: LIMITS.catalogedBytes })
  const length = whole.readUInt32BE(0)
  const header = HEADER.safeParse(JSON.parse(whole.toString('utf8', 4, 4 + length))).data
  if (header === undefined || header.diffId !== layer.diffId) return undefined
  let at = 4 + length
  const files = new Map<string, Uint8Array>()
  for (const [path, size] of header.files) {
    files.set(path, whole.subarray(at, at + size))
    at += size
  }
  return {
    unpackedBytes: header.unpackedBytes,
    entries: header.entries.map(([path, type, size, mode, linkTarget]) => ({
      path,
      type: type as KnownLayer['entries'][number]['type'],
      size,
      mode,
      ...(linkTarget === undefined ? {} : { linkTarget }),
    })),
    files,
    inspected: new Map(header.inspected.map(([path, found]) => [path, found ?? undefined])),
  }
}

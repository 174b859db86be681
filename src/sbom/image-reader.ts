import type { LayerFile, LayerReader, LayerRecordings } from '../artifact/layers.ts'
import { readAll } from '../kernel/bytes.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { FileOutline, Inspected } from './catalogers/inspector.ts'
import type { Collection } from './collect.ts'
import type { KnownLayer, LayerCache } from './layer-cache.ts'

/** What was kept of layers: from the cache of those that are told from it, in the making of those that are read. */
export type LayerMemory = {
  readonly recordings: LayerRecordings
  /** The content of a file that catalogers want: as it was kept, or read now and kept. Undefined where the cache lacks it. */
  readonly contentOf: (file: LayerFile, read: () => Promise<Uint8Array>) => Promise<Uint8Array | undefined>
  readonly inspectedOf: (file: LayerFile, inspect: () => Promise<Inspected>) => Promise<Inspected>
  /** Whether what is read now is kept, for other images too. */
  readonly keeps: boolean
  /** Whether the cache lacked something, since other files are wanted now than when it was written. */
  readonly isStale: () => boolean
}

type Building = { readonly files: Map<string, Uint8Array>; readonly inspected: Map<string, Inspected>; bytes: number }

/**
 * In: where layers are known from and kept, and whether what is read now is to be kept at all. `expect` as in `LayerRecordings`.
 */
export function layerMemory(cache: LayerCache, keeps: boolean, expect?: LayerRecordings['expect']): LayerMemory {
  const known = new Map<Digest, KnownLayer>()
  const building = new Map<Digest, Building>()
  let stale = false
  const buildingOf = (digest: Digest): Building => {
    const found = building.get(digest) ?? { files: new Map(), inspected: new Map(), bytes: 0 }
    building.set(digest, found)
    return found
  }
  return {
    keeps,
    recordings: {
      ...(expect === undefined ? {} : { expect }),
      load: async (layer) => {
        const found = await cache.load(layer)
        if (found !== undefined) known.set(layer.descriptor.digest, found)
        return found
      },
      save: async (layer, recording) => {
        if (keeps) await cache.save(layer, { ...recording, ...buildingOf(layer.descriptor.digest) })
        building.delete(layer.descriptor.digest)
      },
    },
    contentOf: async ({ path, layer, recorded }, read) => {
      if (recorded) {
        const bytes = known.get(layer.digest)?.files.get(path)
        if (bytes === undefined) stale = true
        return bytes
      }
      const bytes = await read()
      if (!keeps) return bytes
      const kept = buildingOf(layer.digest)
      kept.bytes += bytes.byteLength
      if (kept.bytes <= LIMITS.catalogedBytes) kept.files.set(path, bytes)
      return bytes
    },
    inspectedOf: async ({ path, layer, recorded }, inspect) => {
      if (recorded) {
        const found = known.get(layer.digest)?.inspected
        if (found?.has(path) !== true) stale = true
        return found?.get(path)
      }
      const found = await inspect()
      if (keeps) buildingOf(layer.digest).inspected.set(path, found)
      return found
    },
    isStale: () => stale,
  }
}

/**
 * Everything the catalogers and inspectors want, from one pass over the layers. Files that a layer above hides are shown to the catalogers
 * as what they are; with a memory that keeps, which must serve other images as well, inspectors look into them too. `counts` says whether
 * a path is looked at for this image.
 */
export function layerReader(collection: Collection, counts: (path: string) => boolean, memory: LayerMemory | undefined): LayerReader {
  const keeps = memory?.keeps === true
  return {
    wants: (path, outline, visible) => {
      const taken = visible && counts(path)
      if (taken) collection.see(path)
      // Of a hard link that nobody sees there is nothing to learn that is worth a second pass over its layer.
      if (!taken && !keeps && (visible || outline.kind === 'link')) return false
      if (collection.wants(path) !== undefined) return true
      if (!taken && !keeps) return false
      // Another name of a file that is looked into anyway says nothing new, and would cost a second pass over the layer.
      if (outline.kind === 'link' && outline.seenBefore) return false
      const file = outline.kind === 'link' ? { size: LIMITS.executableBytes, executable: true } : outlineOf(outline)
      return collection.inspectorOf({ path, ...file }) !== undefined
    },
    read: async (file) => {
      const { path, size, mode, layer, content, visible } = file
      const counted = counts(path)
      const taken = visible && counted
      const limit = collection.wants(path)
      if (!taken && file.recorded && limit === undefined) return
      if (limit !== undefined) {
        // Only what counts in this image may end the run.
        if (!taken && size > LIMITS[limit]) return
        const read = async (): Promise<Uint8Array> => await readAll(content, LIMITS[limit], limit, path)
        const bytes = memory === undefined ? await read() : await memory.contentOf(file, read)
        if (bytes !== undefined && taken) collection.take(path, bytes, layer.digest)
        else if (bytes !== undefined && counted) collection.takeHidden(path, bytes, layer.digest)
        return
      }
      const inspector = collection.inspectorOf({ path, ...outlineOf({ mode, size }) })
      if (inspector === undefined) return
      const inspect = async (): Promise<Inspected> => await inspector.inspect({ path, size, layer: layer.digest, content })
      const found = memory === undefined ? await inspect() : await memory.inspectedOf(file, inspect)
      if (taken) collection.note(path, found)
    },
  }
}

function outlineOf({ mode, size }: { readonly mode: number; readonly size: number }): Omit<FileOutline, 'path'> {
  return { size, executable: (mode & 0o111) !== 0 }
}

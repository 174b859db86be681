import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ImageLayer } from '../artifact/image.ts'
import type { LayerSource } from '../artifact/layers.ts'
import { WORTH_A_THREAD } from '../artifact/unpack.ts'
import { workerFile } from '../kernel/worker-file.ts'
import { unpackLayer } from './layer-cache.ts'
import type { KnownLayer, LayerCache } from './layer-cache.ts'

/** What a thread is to scan: a layer in a file. */
export type ScanJob = { readonly path: string; readonly layer: ImageLayer; readonly name: string }

/** A scan at work. Its result is what `packLayer` made; undefined where it failed or was stopped. Never rejects. */
export type Scan = { readonly result: Promise<Uint8Array | undefined>; readonly stop: () => Promise<void> }

/**
 * Layers that other threads scan while this one reads the layer above them. It only saves time: of what could not be scanned nothing is
 * known, and whoever asks reads the layer, and meets there whatever is wrong with it.
 */
export type ScanAhead = {
  /** Takes the layers in the order in which they will be asked for, and begins. */
  readonly expect: (layers: readonly ImageLayer[]) => Promise<void>
  /** What was found in a layer, waited for where it is being scanned. Undefined to read it. */
  readonly take: (layer: ImageLayer) => Promise<KnownLayer | undefined>
  readonly close: () => Promise<void>
}

const MOST_THREADS = 3

/** How many layers are scanned at once on this machine: one processor is for the thread that asks. */
export function scanThreads(): number {
  return Math.min(MOST_THREADS, availableParallelism() - 1)
}

/**
 * In: where layers come from, which of them are known without a scan, how many may be scanned at once, and what scans one. The first that
 * must be read is left to the caller, who unpacks it in a thread of its own as it reads.
 */
export function scanAhead(
  source: LayerSource,
  isKnown: (layer: ImageLayer) => Promise<boolean>,
  threads: number,
  run: (job: ScanJob) => Scan = runScan,
): ScanAhead {
  const waiting: ScanJob[] = []
  const scans = new Map<number, Scan>()
  let running = 0
  let wanted: number | undefined

  async function start(job: ScanJob): Promise<void> {
    const scan = run(job)
    scans.set(job.layer.index, scan)
    running += 1
    await scan.result
    running -= 1
    // Whoever waits for this one is idle then, and reads the next one as fast.
    if (wanted === job.layer.index) waiting.shift()
    startMore()
  }

  function startMore(): void {
    // What was scanned and not asked for yet is held in memory.
    while (running < threads && scans.size <= threads) {
      const job = waiting.shift()
      if (job === undefined) return
      void start(job)
    }
  }

  return {
    expect: async (layers) => {
      const jobs: ScanJob[] = []
      for (const layer of layers) {
        if (layer.descriptor.size < WORTH_A_THREAD || (await isKnown(layer))) continue
        const path = await source.blobFile?.(layer.descriptor)
        if (path !== undefined) jobs.push({ path, layer, name: source.name })
      }
      waiting.push(...jobs.slice(1))
      startMore()
    },
    take: async (layer) => {
      const { index } = layer
      const scan = scans.get(index)
      if (scan === undefined) {
        const at = waiting.findIndex((job) => job.layer.index === index)
        if (at !== -1) waiting.splice(at, 1)
        return undefined
      }
      wanted = index
      const found = await scan.result
      wanted = undefined
      scans.delete(index)
      startMore()
      return found === undefined ? undefined : unpackLayer(Buffer.from(found.buffer, found.byteOffset, found.byteLength), layer)
    },
    close: async () => {
      waiting.length = 0
      await Promise.all([...scans.values()].map(async (scan) => await scan.stop()))
    },
  }
}

/** A cache that asks the scans for what it lacks. */
export function cacheWithScans(cache: LayerCache | undefined, scans: ScanAhead): LayerCache {
  return {
    load: async (layer) => {
      const known = await cache?.load(layer)
      if (known !== undefined) return known
      const scanned = await scans.take(layer)
      if (scanned !== undefined) await cache?.save(layer, scanned)
      return scanned
    },
    has: async (layer) => (await cache?.has(layer)) ?? false,
    save: async (layer, known) => await cache?.save(layer, known),
  }
}

function runScan(job: ScanJob): Scan {
  const worker = new Worker(workerFile(import.meta.url, 'scan-worker'), { workerData: job })
  const result = new Promise<Uint8Array | undefined>((resolve) => {
    worker.on('message', resolve)
    worker.on('error', () => {
      resolve(undefined)
    })
    worker.on('exit', () => {
      resolve(undefined)
    })
  })
  return {
    result,
    stop: async () => {
      await worker.terminate()
    },
  }
}

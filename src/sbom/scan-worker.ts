import * as fs from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { walkImage } from '../artifact/layers.ts'
import type { LayerSource } from '../artifact/layers.ts'
import { concatBytes } from '../kernel/bytes.ts'
import { verifyingStream } from '../kernel/digest.ts'
import { readFileStream } from '../kernel/read-file.ts'
import { CATALOGERS, INSPECTORS } from './catalogers/table.ts'
import { startCollection } from './collect.ts'
import { layerMemory, layerReader } from './image-reader.ts'
import { packLayer } from './layer-cache.ts'
import type { ScanJob } from './scan-ahead.ts'

// The thread that scans one layer for what anybody may want of it, whatever the layers above say. What goes wrong is nobody's concern
// here: whoever wanted the scan reads the layer then.

/** More is not held beside what the other threads hold: such a layer is read when its turn comes. */
const MOST_BYTES = 64 * 1024 * 1024

const port = parentPort
if (port !== null) await scan(workerData as ScanJob, port)

async function scan({ path, layer, name }: ScanJob, to: NonNullable<typeof parentPort>): Promise<void> {
  let found: Uint8Array | undefined
  try {
    const source: LayerSource = {
      name,
      blob: (descriptor) => verifyingStream(readFileStream({ fs }, path), descriptor, path),
    }
    const memory = layerMemory(
      {
        load: async () => undefined,
        has: async () => false,
        save: async (_layer, known) => {
          const pieces = packLayer(layer, known)
          if (pieces.reduce((sum, { byteLength }) => sum + byteLength, 0) <= MOST_BYTES) found = concatBytes(pieces)
        },
      },
      true,
    )
    const reader = layerReader(startCollection(CATALOGERS, 'installed', INSPECTORS), () => false, memory)
    await walkImage(source, { layers: [layer] }, [reader], { view: 'all-layers', recordings: memory.recordings, alone: true })
  } catch {
    found = undefined
  }
  to.postMessage(found, found === undefined ? [] : [found.buffer as ArrayBuffer])
  to.close()
}

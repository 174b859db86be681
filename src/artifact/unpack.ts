import { Worker } from 'node:worker_threads'
import { fail } from '../kernel/errors.ts'
import { workerFile } from '../kernel/worker-file.ts'
import type { ByteStream } from './byte-reader.ts'
import { inflate } from './decompress.ts'
import type { InflateOptions } from './decompress.ts'
import { checkDiffId } from './diff-id.ts'
import type { ImageLayer } from './image.ts'
import type { ImageSource } from './image-source.ts'
import { FREE_EVERY, UNPACK_BUFFER, UNPACK_BUFFERS, UNPACK_STEP } from './unpack-messages.ts'
import type { FromWorker, ToWorker, UnpackJob } from './unpack-messages.ts'
import { freeYoungBuffers } from './young-garbage.ts'

/** Below so many packed bytes a thread costs more than it saves. */
export const WORTH_A_THREAD = 4 * 1024 * 1024

/**
 * The unpacked bytes of a layer, verified packed and unpacked: `digest-mismatch` is thrown at the end where they were others. A large
 * layer in a file is unpacked by a thread of its own; its pieces must be used before the next one is asked for.
 */
export async function openLayer(
  source: Pick<ImageSource, 'blob' | 'blobFile'>,
  layer: ImageLayer,
  where: string,
  options: { readonly caps?: InflateOptions['caps']; readonly signal?: AbortSignal; readonly alone?: boolean },
): Promise<ByteStream> {
  const { descriptor, compression, diffId } = layer
  const { caps, signal } = options
  if (options.alone === true) {
    const unpacked = inflate(source.blob(descriptor), {
      where,
      promised: compression,
      room: sameRoom(),
      ...(caps === undefined ? {} : { caps }),
    })
    return passing(freeing(checkDiffId(unpacked, diffId, where)))
  }
  const path = descriptor.size < WORTH_A_THREAD ? undefined : await source.blobFile?.(descriptor)
  if (path === undefined) {
    const unpacked = inflate(source.blob(descriptor), { where, promised: compression, ...(caps === undefined ? {} : { caps }) })
    return checkDiffId(unpacked, diffId, where)
  }
  const { digest, size } = descriptor
  const pieces = unpackInThread({ path, descriptor: { digest, size }, compression, diffId, where, caps }, signal)
  return passing(pieces)
}

function passing(pieces: AsyncGenerator<Uint8Array>): ByteStream {
  return { [Symbol.asyncIterator]: () => pieces, passing: true }
}

function sameRoom(): () => Uint8Array {
  const room = new Uint8Array(UNPACK_STEP)
  return () => room
}

/** Frees what was made of the pieces, every few megabytes. */
async function* freeing(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let passed = 0
  for await (const piece of pieces) {
    yield piece
    passed += piece.byteLength
    if (passed < FREE_EVERY) continue
    passed = 0
    freeYoungBuffers()
  }
}

async function* unpackInThread(job: UnpackJob, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted()
  const worker = new Worker(workerFile(import.meta.url, 'unpack-worker'), { workerData: job })
  const waiting: FromWorker[] = []
  let failed: Error | undefined
  let wake: () => void = () => undefined
  const stopped = (error: Error): void => {
    failed ??= error
    wake()
  }
  worker.on('message', (message: FromWorker) => {
    waiting.push(message)
    wake()
  })
  worker.on('error', stopped)
  worker.on('exit', () => {
    stopped(fail('bug', 'the thread that unpacks ended before its time', { where: job.where }))
  })
  const abort = (): void => {
    stopped(signal?.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal?.reason }))
  }
  signal?.addEventListener('abort', abort)
  const give = (buffer: ArrayBuffer): void => {
    worker.postMessage({ buffer } satisfies ToWorker, [buffer])
  }
  try {
    for (let count = 0; count < UNPACK_BUFFERS; count += 1) give(new ArrayBuffer(UNPACK_BUFFER))
    let passed = 0
    for (;;) {
      const message = waiting.shift()
      if (message === undefined) {
        if (failed !== undefined) throw failed
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      if (message.kind === 'end') return
      if (message.kind === 'error') {
        const { code, message: why, hint, where } = message
        throw fail(code, why, { hint, ...(where === undefined ? {} : { where }) })
      }
      yield new Uint8Array(message.buffer, 0, message.size)
      give(message.buffer)
      passed += message.size
      if (passed < FREE_EVERY) continue
      passed = 0
      freeYoungBuffers()
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    await worker.terminate()
  }
}

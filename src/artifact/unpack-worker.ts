import * as fs from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { verifyingStream } from '../kernel/digest.ts'
import { asTallyError } from '../kernel/errors.ts'
import { readFileStream } from '../kernel/read-file.ts'
import { inflate } from './decompress.ts'
import { checkDiffId } from './diff-id.ts'
import { FREE_EVERY, UNPACK_STEP } from './unpack-messages.ts'
import type { FromWorker, ToWorker, UnpackJob } from './unpack-messages.ts'
import { freeYoungBuffers } from './young-garbage.ts'

// The thread that reads, verifies and unpacks one layer, while another looks at what is in it.

const port = parentPort
if (port !== null) await unpack(workerData as UnpackJob, port)

async function unpack(job: UnpackJob, to: NonNullable<typeof parentPort>): Promise<void> {
  const free: ArrayBuffer[] = []
  let wake: (() => void) | undefined
  to.on('message', ({ buffer }: ToWorker) => {
    free.push(buffer)
    wake?.()
  })
  const nextBuffer = async (): Promise<ArrayBuffer> => {
    for (;;) {
      const buffer = free.pop()
      if (buffer !== undefined) return buffer
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void => {
    to.postMessage(message, transfer)
  }
  try {
    const { where, compression, caps } = job
    const packed = verifyingStream(readFileStream({ fs }, job.path), job.descriptor, job.path)
    let filling = { buffer: await nextBuffer(), size: 0 }
    const sendFilled = (): void => {
      if (filling.size > 0) send({ kind: 'piece', ...filling }, [filling.buffer])
    }
    const room = async (): Promise<Uint8Array> => {
      if (filling.size === filling.buffer.byteLength) {
        sendFilled()
        filling = { buffer: await nextBuffer(), size: 0 }
      }
      return new Uint8Array(filling.buffer, filling.size, Math.min(UNPACK_STEP, filling.buffer.byteLength - filling.size))
    }
    const unpacked = inflate(packed, { where, promised: compression, room, ...(caps === undefined ? {} : { caps }) })
    let passed = 0
    for await (const piece of checkDiffId(unpacked, job.diffId, where)) {
      if (piece.buffer === filling.buffer) filling.size += piece.byteLength
      else
        for (let at = 0; at < piece.byteLength;) {
          const to = await room()
          const part = piece.subarray(at, at + to.byteLength)
          to.set(part)
          filling.size += part.byteLength
          at += part.byteLength
        }
      passed += piece.byteLength
      if (passed < FREE_EVERY) continue
      passed = 0
      freeYoungBuffers()
    }
    sendFilled()
    send({ kind: 'end' })
  } catch (error) {
    const { code, message, hint, where } = asTallyError(error, job.path)
    send({ kind: 'error', code, message, hint, ...(where === undefined ? {} : { where }) })
  }
  to.close()
}

import { createHash } from 'node:crypto'
import { finishDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'

/** The same bytes; throws `digest-mismatch` at their end when they are not those of the diff id (image-spec 1.1, config.md). */
export async function* checkDiffId(stream: AsyncIterable<Uint8Array>, diffId: Digest, where: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const piece of stream) {
    hash.update(piece)
    yield piece
  }
  const found = finishDigest(hash)
  if (found !== diffId) throw fail('digest-mismatch', `unpacks to ${found} where the config promises ${diffId}`, { where })
}

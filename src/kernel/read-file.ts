import { createHash } from 'node:crypto'
import type { Deps } from './deps.ts'
import { concatBytes, overLimit } from './bytes.ts'
import { TallyError, asTallyError } from './errors.ts'
import { finishDigest } from './digest.ts'
import type { Digest } from './digest.ts'
import { LIMITS } from './limits.ts'
import type { LimitName } from './limits.ts'

/** Reads a whole file, refusing it as soon as it passes the cap. Throws `not-found`, `permission` or `limit-exceeded`, naming the path. */
export async function readFileBounded(deps: Pick<Deps, 'fs'>, path: string, limitName: LimitName): Promise<Uint8Array> {
  const limit = LIMITS[limitName]
  try {
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of readFileStream(deps, path, FIRST_PIECE)) {
      size += part.byteLength
      if (size > limit) throw overLimit(limitName, limit, path)
      parts.push(part)
    }
    return concatBytes(parts)
  } catch (error) {
    throw asTallyError(error, path)
  }
}

/** As `readFileBounded`; undefined where there is no such file. */
export async function readFileIfThere(deps: Pick<Deps, 'fs'>, path: string, limitName: LimitName): Promise<Uint8Array | undefined> {
  try {
    return await readFileBounded(deps, path, limitName)
  } catch (error) {
    if (error instanceof TallyError && error.code === 'not-found') return undefined
    throw error
  }
}

const PIECE = 256 * 1024
/** Most files that are read whole are small. */
const FIRST_PIECE = 16 * 1024

/** A buffer that is kept as long as its file is read; of many small files there are many. */
const PASSED_PIECE = 64 * 1024

/** Streams a file in pieces of 256 KiB, the first of `first` bytes. Each piece is its own buffer. */
export async function* readFileStream(deps: Pick<Deps, 'fs'>, path: string, first = PIECE): AsyncGenerator<Uint8Array> {
  let length = first
  yield* piecesOf(deps, path, () => {
    const buffer = Buffer.allocUnsafeSlow(length)
    length = PIECE
    return buffer
  })
}

/** Streams a file through one buffer, for who looks at each piece once: a piece is good until the next is asked for. */
export async function* passFile(deps: Pick<Deps, 'fs'>, path: string): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(PASSED_PIECE)
  yield* piecesOf(deps, path, () => buffer)
}

async function* piecesOf(deps: Pick<Deps, 'fs'>, path: string, bufferFor: () => Buffer): AsyncGenerator<Uint8Array> {
  const handle = await deps.fs.open(path, 'r')
  try {
    for (;;) {
      const buffer = bufferFor()
      const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/** Digest and size of a file, streamed; undefined when there is none. */
export async function digestOfFile(
  deps: Pick<Deps, 'fs'>,
  path: string,
): Promise<{ readonly digest: Digest; readonly size: number } | undefined> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const part of passFile(deps, path)) {
      hash.update(part)
      size += part.byteLength
    }
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return undefined
    throw known
  }
  return { digest: finishDigest(hash), size }
}

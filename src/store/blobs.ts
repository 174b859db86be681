import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { flushDirectory } from '../kernel/atomic-file.ts'
import { concatBytes, overLimit, toHex } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { digestOf, finishDigest, hexOf, verifyingStream } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileStream } from '../kernel/read-file.ts'
import { isCode, makeDirectory } from './private-file.ts'

type BlobDeps = Pick<Deps, 'fs' | 'randomBytes' | 'now' | 'signal'>

/** Bytes by their digest. What was put is on disk before `put` returns, and what is read was verified: a blob that changed throws `digest-mismatch`. */
export type BlobStore = {
  /** Stores bytes; storing them again does nothing, or mends a damaged blob. */
  readonly put: (bytes: Uint8Array) => Promise<Digest>
  /** As `put`, without holding the bytes in memory. With `expected`, bytes of another digest or size are refused (`digest-mismatch`) and not kept. */
  readonly putStream: (
    stream: AsyncIterable<Uint8Array>,
    expected?: { readonly digest: Digest; readonly size?: number },
  ) => Promise<{ readonly digest: Digest; readonly size: number }>
  /** The whole blob, up to LIMITS.fileReadBytes; undefined when it is not there. */
  readonly get: (digest: Digest) => Promise<Uint8Array | undefined>
  /** The blob in pieces. Throws `not-found` before the first piece, `digest-mismatch` after the last. */
  readonly stream: (digest: Digest) => AsyncIterable<Uint8Array>
  readonly has: (digest: Digest) => Promise<boolean>
}

/**
 * Blobs in a directory: `sha256/<first two digits>/<64 digits>`, directories of mode 0700, files of 0600. Written beside and
 * renamed, so a kill leaves a whole blob or none, and at most a file under `tmp/`, which `sweepTemporaryBlobs` takes away.
 */
export function openDirectoryBlobs(deps: BlobDeps, directory: string): BlobStore {
  const folderOf = (digest: Digest): string => join(directory, 'sha256', hexOf(digest).slice(0, 2))
  const pathOf = (digest: Digest): string => join(folderOf(digest), hexOf(digest))

  const putStream: BlobStore['putStream'] = async (stream, expected) => {
    const temporary = join(directory, 'tmp', `${process.pid}-${toHex(deps.randomBytes(8))}`)
    try {
      await makeDirectory(deps, join(directory, 'tmp'))
      const written = await writeHashed(
        deps,
        temporary,
        expected === undefined ? stream : verifyingStream(stream, expected, expected.digest),
      )
      await makeDirectory(deps, folderOf(written.digest))
      await deps.fs.rename(temporary, pathOf(written.digest))
      await flushDirectory(deps, folderOf(written.digest))
      return written
    } catch (error) {
      await deps.fs.rm(temporary, { force: true })
      throw asTallyError(error, directory)
    }
  }

  const stream = async function* (digest: Digest): AsyncGenerator<Uint8Array> {
    const path = pathOf(digest)
    try {
      yield* verifyingStream(readFileStream(deps, path), { digest }, path)
    } catch (error) {
      if (isCode(error, 'ENOENT')) throw fail('not-found', `has no blob ${digest}`, { where: directory, cause: error })
      throw asTallyError(error, path)
    }
  }

  return {
    put: async (bytes) => {
      const digest = digestOf(bytes)
      if (await holdsWhole(deps, pathOf(digest), digest)) {
        // The one that wrote it may not have flushed its name yet.
        await flushDirectory(deps, folderOf(digest))
        return digest
      }
      return (await putStream(oncePiece(bytes))).digest
    },
    putStream,
    get: async (digest) => {
      const parts: Uint8Array[] = []
      let size = 0
      try {
        for await (const part of stream(digest)) {
          size += part.byteLength
          if (size > LIMITS.fileReadBytes) throw overLimit('fileReadBytes', LIMITS.fileReadBytes, pathOf(digest))
          parts.push(part)
        }
      } catch (error) {
        if (error instanceof Error && isCode(error, 'not-found')) return undefined
        throw error
      }
      return concatBytes(parts)
    },
    stream,
    has: async (digest) => {
      try {
        return (await deps.fs.stat(pathOf(digest))).isFile()
      } catch (error) {
        if (isCode(error, 'ENOENT')) return false
        throw asTallyError(error, pathOf(digest))
      }
    },
  }
}

/** Removes temporary files that nobody has written to for LIMITS.temporaryFileMs: what killed processes left. Out: how many. */
export async function sweepTemporaryBlobs(deps: BlobDeps, directory: string): Promise<number> {
  const folder = join(directory, 'tmp')
  let swept = 0
  try {
    for (const name of await deps.fs.readdir(folder)) {
      const { mtimeMs } = await deps.fs.stat(join(folder, name))
      if (deps.now().getTime() - mtimeMs < LIMITS.temporaryFileMs) continue
      await deps.fs.rm(join(folder, name), { force: true })
      swept += 1
    }
  } catch (error) {
    // No folder yet, or another process sweeps the same files.
    if (!isCode(error, 'ENOENT')) throw asTallyError(error, folder)
  }
  return swept
}

async function writeHashed(
  deps: BlobDeps,
  path: string,
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash('sha256')
  let size = 0
  const handle = await deps.fs.open(path, 'wx', 0o600)
  try {
    for await (const part of stream) {
      deps.signal.throwIfAborted()
      size += part.byteLength
      if (size > LIMITS.blobBytes) throw overLimit('blobBytes')
      hash.update(part)
      await handle.writeFile(part)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { digest: finishDigest(hash), size }
}

async function holdsWhole(deps: BlobDeps, path: string, digest: Digest): Promise<boolean> {
  try {
    const hash = createHash('sha256')
    for await (const part of readFileStream(deps, path)) hash.update(part)
    return finishDigest(hash) === digest
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw asTallyError(error, path)
  }
}

async function* oncePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

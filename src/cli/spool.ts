import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { overLimit } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { TallyError, asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'

/**
 * Keeps what comes as a stream in a file for as long as `use` runs: an image archive says only at its end what its parts are. The file is
 * its owner's alone, at most `blobBytes` long, and gone afterwards; on Linux its name is gone before the first byte is in it, so that
 * not even a kill leaves it behind. In: `where`, what to call it instead of the file's name. Throws what `use`, the stream and the disk throw.
 */
export async function withSpooled<T>(
  deps: Pick<Deps, 'fs' | 'signal'>,
  stream: AsyncIterable<Uint8Array>,
  where: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await deps.fs.mkdtemp(join(tmpdir(), 'tally-'))
  const named = join(folder, 'image.tar')
  let path = named
  try {
    const handle = await deps.fs.open(named, 'wx+', 0o600)
    try {
      if (process.platform === 'linux') {
        path = `/proc/self/fd/${handle.fd}`
        await deps.fs.rm(folder, { recursive: true })
      }
      let size = 0
      for await (const piece of stream) {
        deps.signal.throwIfAborted()
        size += piece.byteLength
        if (size > LIMITS.blobBytes) throw overLimit('blobBytes', LIMITS.blobBytes, where)
        await writeWhole(handle, piece)
      }
      return await use(path)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw renamed(asTallyError(error, where), path, where)
  } finally {
    await deps.fs.rm(folder, { recursive: true, force: true })
  }
}

async function writeWhole(handle: Awaited<ReturnType<Deps['fs']['open']>>, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.byteLength;) at += (await handle.write(piece, at)).bytesWritten
}

/** The same error, spoken of by the name a person knows. */
function renamed(error: TallyError, path: string, where: string): TallyError {
  const place = error.where?.replaceAll(path, () => where) ?? where
  return fail(error.code, error.message, { where: place, hint: error.hint.replaceAll(path, () => where), cause: error })
}

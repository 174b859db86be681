import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError } from '../kernel/errors.ts'
import { overLimit } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'

/**
 * Keeps a stream in a file while `use` runs: what can be read only once, and must be read twice. The file lies in a folder of its own, for
 * this user alone, and is gone afterwards, however that ends. Throws `limit-exceeded` past LIMITS.blobBytes.
 */
export async function withSpooled<Result>(
  deps: Pick<Deps, 'fs' | 'signal'>,
  stream: AsyncIterable<Uint8Array>,
  where: string,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const folder = await deps.fs.mkdtemp(join(tmpdir(), 'tally-'))
  try {
    const path = join(folder, 'image.tar')
    await writeAll(deps, path, stream, where)
    return await use(path)
  } finally {
    await deps.fs.rm(folder, { recursive: true, force: true })
  }
}

async function writeAll(
  { fs, signal }: Pick<Deps, 'fs' | 'signal'>,
  path: string,
  stream: AsyncIterable<Uint8Array>,
  where: string,
): Promise<void> {
  const handle = await fs.open(path, 'wx', 0o600)
  try {
    let size = 0
    for await (const piece of stream) {
      signal.throwIfAborted()
      size += piece.byteLength
      if (size > LIMITS.blobBytes) throw overLimit('blobBytes', LIMITS.blobBytes, where)
      await handle.writeFile(piece)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw asTallyError(error, where)
  } finally {
    await handle.close()
  }
}

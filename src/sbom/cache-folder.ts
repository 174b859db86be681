import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import { concatBytes, equalBytes } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail, TallyError } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { VERSION } from '../kernel/version.ts'

const decompress = promisify(zstdDecompress)

/** Raised whenever other things are found in the same bytes, or the format of what is kept changes. */
const REVISION = 4
const DIGEST_BYTES = 32
const GROUP_OR_OTHERS_WRITE = 0o022

/**
 * A folder of things that can be made again: each under a name that says what it was made of, compressed, with a digest of its own. What
 * is not there, is broken, cut off, of another version of this program, or in a folder that others may write to counts as not there;
 * what cannot be written is not kept. Several processes may use one folder at once.
 */
export type CacheFolder = {
  readonly load: (name: string) => Promise<Buffer | undefined>
  /** Whether there is something of that name, sound or not. */
  readonly has: (name: string) => Promise<boolean>
  readonly save: (name: string, pieces: readonly Uint8Array[]) => Promise<void>
}

type CacheDeps = Pick<Deps, 'fs' | 'log' | 'randomBytes'>

/** In: the cache directory, and which kind of things (a part of the path). `most` bytes of them are kept: the oldest go first. */
export function openCacheFolder(
  deps: CacheDeps,
  cacheDir: string,
  kind: 'layers' | 'images',
  most: number = LIMITS.cacheBytes,
): CacheFolder {
  const root = join(cacheDir, kind)
  const folder = join(root, `${VERSION}-${REVISION}`)
  const say = (what: string, error: unknown): void => {
    deps.log('debug', `the cache of ${kind} is not ${what}: ${error instanceof Error ? error.message : 'it failed'}`)
  }
  return {
    load: async (name) => {
      try {
        await refuseForeign(deps, folder)
        return await open(await readFileBounded(deps, join(folder, name), 'layerCacheBytes'))
      } catch (error) {
        // A cache that cannot be read costs time and nothing else.
        if (!(error instanceof TallyError && error.code === 'not-found') && !isMissing(error)) say('used', error)
        return undefined
      }
    },
    has: async (name) => {
      try {
        return (await deps.fs.stat(join(folder, name))).isFile()
      } catch {
        return false
      }
    },
    save: async (name, pieces) => {
      try {
        const packed = await pack(pieces)
        if (packed.byteLength > Math.min(LIMITS.layerCacheBytes, most)) return
        await deps.fs.mkdir(folder, { recursive: true, mode: 0o700 })
        await refuseForeign(deps, folder)
        await writeFileAtomic(deps, join(folder, name), packed, 0o600)
        await evict(deps, root, most)
      } catch (error) {
        say('written', error)
      }
    },
  }
}

/** Compressed as it comes: what is kept of a layer may be large, and is in memory already. */
async function pack(pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const hash = createHash('sha256')
  const packed: Uint8Array[] = []
  const compressor = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  await pipeline(Readable.from(pieces, { objectMode: true }), compressor, async (stream: AsyncIterable<Uint8Array>) => {
    for await (const piece of stream) {
      hash.update(piece)
      packed.push(piece)
    }
  })
  return concatBytes([hash.digest(), ...packed])
}

async function open(packed: Uint8Array): Promise<Buffer> {
  const body = packed.subarray(DIGEST_BYTES)
  if (!equalBytes(packed.subarray(0, DIGEST_BYTES), createHash('sha256').update(body).digest()))
    throw fail('artifact-malformed', 'a file in it is broken')
  return await decompress(body, { maxOutputLength: LIMITS.catalogedBytes })
}

/** What others can write, others can make up. */
async function refuseForeign({ fs }: Pick<Deps, 'fs'>, folder: string): Promise<void> {
  const { uid, mode } = await fs.stat(folder)
  const own = process.getuid?.()
  if (own === undefined || (uid === own && (mode & GROUP_OR_OTHERS_WRITE) === 0)) return
  throw fail('permission', 'others may write to it', { where: folder })
}

/** Removes what was written first, of whichever version, until the rest is not more than `most` bytes. */
async function evict({ fs }: Pick<Deps, 'fs'>, root: string, most: number): Promise<void> {
  const files: { readonly path: string; readonly size: number; readonly time: number }[] = []
  for (const version of await fs.readdir(root, { withFileTypes: true })) {
    if (!version.isDirectory()) continue
    for (const name of await fs.readdir(join(root, version.name))) {
      const path = join(root, version.name, name)
      try {
        const { size, mtimeMs } = await fs.stat(path)
        files.push({ path, size, time: mtimeMs })
      } catch (error) {
        // Another process was faster.
        if (!isMissing(error)) throw error
      }
    }
  }
  let total = files.reduce((sum, { size }) => sum + size, 0)
  for (const { path, size } of files.toSorted((a, b) => a.time - b.time)) {
    if (total <= most) return
    await fs.rm(path, { force: true })
    total -= size
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

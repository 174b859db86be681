import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '../kernel/digest.ts'
import type { Compression } from './decompress.ts'
import type { ImageSource } from './image-source.ts'
import { openOciArchive } from './oci-archive.ts'
import { ociArchiveBytes } from './oci-archive-write.ts'

/** What opening an archive needs of the world, as tests have it. */
export const archiveDeps = { fs, signal: new AbortController().signal }

export async function inTempDir<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'tally-'))
  try {
    return await use(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Writes an OCI archive of these layers (tar bytes, bottom first) and opens it. Used by tests alone. */
export async function withImage<T>(
  layers: readonly Uint8Array[],
  use: (source: ImageSource, digest: Digest, path: string) => Promise<T>,
  compression: Compression = 'none',
): Promise<T> {
  return await inTempDir(async (dir) => {
    const { bytes, manifest } = ociArchiveBytes({
      config: { os: 'linux', architecture: 'amd64' },
      layers: layers.map((tar) => ({ tar, compression })),
      tag: 'latest',
      mtime: 0,
    })
    const path = join(dir, 'image.tar')
    await writeFile(path, bytes)
    return await use(await openOciArchive(archiveDeps, path), manifest, path)
  })
}

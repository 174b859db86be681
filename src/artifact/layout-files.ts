import { join } from 'node:path'
import type { Descriptor } from './artifact.ts'
import { EMPTY_LAYOUT, layoutIndexBytes, parseLayoutIndex } from './layout-index.ts'
import type { LayoutIndex } from './layout-index.ts'
import { untilAborted } from './until-aborted.ts'
import { flushDirectory, writeFileAtomic } from '../kernel/atomic-file.ts'
import { overLimit, toHex, utf8 } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { digestOf, hexOf, verifyingStream } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded, readFileStream } from '../kernel/read-file.ts'

/** The files of one OCI layout folder: what is read is verified, what is written is whole or not there. */
export type LayoutFiles = {
  readonly path: string
  readonly deps: Pick<Deps, 'fs' | 'randomBytes' | 'signal'>
}

/** Whether a folder is an OCI layout: it has the mark file. */
export async function isLayout({ deps, path }: LayoutFiles): Promise<boolean> {
  return (await sizeOfFile(deps, join(path, 'oci-layout'))) !== undefined
}

/** Makes an empty layout of a folder that is not there or empty. May be repeated. Throws `reference-invalid` for a folder of something else. */
export async function makeLayout(files: LayoutFiles): Promise<void> {
  const { deps, path } = files
  if (await isLayout(files)) return
  // A making that was killed may have left any of these, and a temporary file of its own.
  const isOurs = (name: string): boolean => name === 'blobs' || name === 'index.json' || /^\.(?:lock|tmp-)/.test(name)
  const others = (await deps.fs.readdir(path)).filter((name) => !isOurs(name))
  if (others.length > 0) {
    throw fail('reference-invalid', 'is a folder of something else, so no OCI layout is made in it', {
      where: path,
      hint: 'name a new folder',
    })
  }
  await deps.fs.mkdir(join(path, 'blobs', 'sha256'), { recursive: true })
  if ((await sizeOfFile(deps, join(path, 'index.json'))) === undefined) await writeIndex(files, EMPTY_LAYOUT)
  // The mark comes last: with it, the rest is there.
  await writeFileAtomic(deps, join(path, 'oci-layout'), utf8('{"imageLayoutVersion":"1.0.0"}'))
}

export async function readIndex({ deps, path }: LayoutFiles): Promise<LayoutIndex> {
  const file = join(path, 'index.json')
  return parseLayoutIndex(await readFileBounded(deps, file, 'jsonBytes'), file)
}

export async function writeIndex({ deps, path }: LayoutFiles, index: LayoutIndex): Promise<void> {
  await writeFileAtomic(deps, join(path, 'index.json'), layoutIndexBytes(index))
}

/** The verified bytes of a manifest, undefined when there is none. */
export async function readManifestFile({ deps, path }: LayoutFiles, digest: Digest): Promise<Uint8Array | undefined> {
  const file = blobPath(path, digest)
  const size = await sizeOfFile(deps, file)
  if (size === undefined) return undefined
  const bytes = await readFileBounded(deps, file, 'manifestBytes')
  const found = digestOf(bytes)
  if (found !== digest) throw fail('digest-mismatch', `is ${found} where ${digest} was promised`, { where: file })
  return bytes
}

/** The bytes of a blob; throws at the end when they were not those of the descriptor, at the start when there is no such blob. */
export async function* readBlobFile(
  { deps, path }: LayoutFiles,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array> {
  const file = blobPath(path, descriptor.digest)
  try {
    const size = await sizeOfFile(deps, file)
    if (size === undefined) throw fail('not-found', 'has no such blob', { where: file })
    if (size !== descriptor.size) throw fail('digest-mismatch', `has ${size} bytes where ${descriptor.size} were promised`, { where: file })
    yield* verifyingStream(untilAborted(readFileStream(deps, file), deps.signal), descriptor, file)
  } catch (error) {
    throw asTallyError(error, file)
  }
}

/** The path of a blob of the promised size; its bytes are for the caller to verify. Undefined when there is none. */
export async function findBlobFile(
  { deps, path }: LayoutFiles,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
): Promise<string | undefined> {
  const file = blobPath(path, descriptor.digest)
  return (await sizeOfFile(deps, file)) === descriptor.size ? file : undefined
}

/** Whether a blob is there and whole. A damaged one counts as missing, so that writing it again mends it. */
export async function hasBlobFile({ deps, path }: LayoutFiles, digest: Digest): Promise<boolean> {
  const file = blobPath(path, digest)
  if ((await sizeOfFile(deps, file)) === undefined) return false
  try {
    for await (const _part of verifyingStream(untilAborted(readFileStream(deps, file), deps.signal), { digest }, file));
    return true
  } catch (error) {
    if (asTallyError(error, file).code === 'digest-mismatch') return false
    throw error
  }
}

/** Stores a blob under its digest: a temporary file, verified while it is written, flushed, renamed. */
export async function writeBlobFile(
  files: LayoutFiles,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
  bytes: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  const { deps, path } = files
  if (descriptor.size > LIMITS.blobBytes) throw overLimit('blobBytes', LIMITS.blobBytes, descriptor.digest)
  if (await hasBlobFile(files, descriptor.digest)) return
  // Not under blobs/: readers take every name there for a digest.
  const temporary = join(path, `.tmp-${process.pid}-${toHex(deps.randomBytes(6))}`)
  try {
    const handle = await deps.fs.open(temporary, 'wx', 0o644)
    try {
      await handle.writeFile(verifyingStream(untilAborted(bytes(), deps.signal), descriptor, descriptor.digest))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await deps.fs.rename(temporary, blobPath(path, descriptor.digest))
  } catch (error) {
    await deps.fs.rm(temporary, { force: true })
    throw error
  }
  await flushDirectory(deps, join(path, 'blobs', 'sha256'))
}

function blobPath(path: string, digest: Digest): string {
  return join(path, 'blobs', 'sha256', hexOf(digest))
}

/** Size of a regular file; undefined when there is nothing, or something else such as a pipe, which reading would wait for. */
async function sizeOfFile(deps: Pick<Deps, 'fs'>, path: string): Promise<number | undefined> {
  try {
    const stat = await deps.fs.stat(path)
    return stat.isFile() ? stat.size : undefined
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return undefined
    throw known
  }
}

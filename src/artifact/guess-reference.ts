import { join } from 'node:path'
import { parseReference, splitVersion } from './reference.ts'
import type { Reference } from './reference.ts'
import { textOf } from '../kernel/bytes.ts'
import type { Deps, ReadHandle } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'

/** An image archive lists what makes it one within its first headers; a file that has none in this many is no archive of images. */
const SNIFFED_HEADERS = 4096
const SNIFFED_JSON = 64 * 1024

/**
 * Reads a reference as a person means it: with a prefix it says what it is; without one, what is there on disk decides
 * by its content (OCI layout folder, OCI archive, docker archive, any other file), also under a `:tag` or `@sha256:…`;
 * only what is not there is read by its text alone. Throws `reference-invalid`.
 */
export async function guessReference(deps: Pick<Deps, 'fs'>, text: string): Promise<Reference> {
  const parsed = parseReference(text)
  if (text.startsWith(`${parsed.scheme}:`)) return parsed
  const whole = await sniffPath(deps, text)
  if (whole === 'folder') {
    throw fail('reference-invalid', 'is a folder without an oci-layout file, so it is no artifact', { where: text })
  }
  if (whole !== undefined) return { scheme: whole, path: text }
  const { name, tag, digest } = splitVersion(text, text)
  if (name === text || name === '') return parsed
  const kind = await sniffPath(deps, name)
  if (kind === 'oci' || kind === 'oci-archive') {
    return { scheme: kind, path: name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
  }
  if (kind === 'docker-archive' && digest === undefined) return { scheme: kind, path: name, ...(tag === undefined ? {} : { tag }) }
  return parsed
}

async function sniffPath(deps: Pick<Deps, 'fs'>, path: string): Promise<Exclude<Reference['scheme'], 'registry'> | 'folder' | undefined> {
  try {
    const stat = await deps.fs.stat(path)
    if (stat.isDirectory()) return (await isFile(deps, join(path, 'oci-layout'))) ? 'oci' : 'folder'
    if (!stat.isFile()) return 'file'
    const handle = await deps.fs.open(path, 'r')
    try {
      return await sniffTar(handle)
    } finally {
      await handle.close()
    }
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return undefined
    throw known
  }
}

async function isFile(deps: Pick<Deps, 'fs'>, path: string): Promise<boolean> {
  try {
    return (await deps.fs.stat(path)).isFile()
  } catch (error) {
    if (asTallyError(error).code === 'not-found') return false
    throw error
  }
}

/** Hops from header to header, so that a large layer costs one read. A file with both lists is an OCI archive: that one has manifests. */
async function sniffTar(handle: ReadHandle): Promise<'oci-archive' | 'docker-archive' | 'file'> {
  let at = 0
  let hasDockerList = false
  for (let count = 0; count < SNIFFED_HEADERS; count += 1) {
    const header = await readAt(handle, at, 512)
    if (header.byteLength < 512 || ascii(header.subarray(257, 262)) !== 'ustar') break
    const size = tarSize(header.subarray(124, 136))
    if (size === undefined) break
    const name = ascii(header.subarray(0, 100)).replace(/^\.\//, '')
    if (name === 'oci-layout' && isLayoutMark(await readJsonAt(handle, at + 512, size))) return 'oci-archive'
    if (name === 'manifest.json' && isDockerList(await readJsonAt(handle, at + 512, size))) hasDockerList = true
    at += 512 + Math.ceil(size / 512) * 512
  }
  return hasDockerList ? 'docker-archive' : 'file'
}

function tarSize(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0
  if ((first & 0x80) !== 0) {
    let size = BigInt(first & 0x7f)
    for (const byte of field.subarray(1)) size = size * 256n + BigInt(byte)
    return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : undefined
  }
  const digits = ascii(field).trim()
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

async function readJsonAt(handle: ReadHandle, at: number, size: number): Promise<unknown> {
  if (size > SNIFFED_JSON) return undefined
  try {
    return JSON.parse(textOf(await readAt(handle, at, size)))
  } catch {
    return undefined // Not JSON: then the file is not of the kind asked about, which is an answer.
  }
}

async function readAt(handle: ReadHandle, at: number, size: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await handle.read(buffer, filled, size - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function isLayoutMark(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'imageLayoutVersion' in value
}

function isDockerList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'object' && item !== null && 'Config' in item)
}

function ascii(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('latin1')
}

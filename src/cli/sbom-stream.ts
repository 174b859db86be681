import { resolve } from 'node:path'
import { engineSockets, exportImage, isEngineImage } from '../artifact/docker-engine.ts'
import type { Engine } from '../artifact/docker-engine.ts'
import type { Platform } from '../artifact/artifact.ts'
import { parseReference } from '../artifact/reference.ts'
import { inflate, sniffCompression } from '../artifact/decompress.ts'
import { concatBytes, overLimit } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Context } from './command.ts'

/** An image archive that comes as a stream, and what its image is called. */
export type StreamedImage = { readonly name: string; readonly where: string; readonly stream: AsyncIterable<Uint8Array> }

const TAR_HEADER = 512

/** What comes in: an SBOM, whole; or an image archive (tar, plain or compressed), told apart by its first bytes. */
export async function readIncoming(context: Context): Promise<{ readonly document: Uint8Array } | StreamedImage> {
  const pieces = context.stdin()[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  let size = 0
  let ended = false
  while (!ended && size < TAR_HEADER) {
    const next = await pieces.next()
    ended = next.done === true
    if (next.done === true) continue
    held.push(next.value)
    size += next.value.byteLength
  }
  const start = concatBytes(held)
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => pieces }
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield start
    if (!ended) yield* rest
  }
  const where = 'stdin'
  if (sniffCompression(start) !== 'none') return { name: 'image', where, stream: inflate(stream(), { where }) }
  if (Buffer.from(start.subarray(257, 262)).toString('latin1') === 'ustar') return { name: 'image', where, stream: stream() }
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const piece of stream()) {
    bytes += piece.byteLength
    if (bytes > LIMITS.jsonBytes) throw overLimit('jsonBytes', LIMITS.jsonBytes, where)
    parts.push(piece)
  }
  return { document: concatBytes(parts) }
}

/**
 * An image of an engine on this machine: `docker:NAME`, `podman:NAME`, or a bare name where nothing of that name is on disk and an engine
 * is there. Undefined when something else is meant. Throws `flag-unsupported` for `containerd:`, `not-found` when no engine runs.
 */
export async function engineImage(context: Context, target: string): Promise<StreamedImage | undefined> {
  const { deps, flags, cwd } = context
  const [, scheme, rest = ''] = /^(docker|podman|containerd):(?!\/\/)(.*)$/s.exec(target) ?? []
  if (scheme === 'containerd') {
    throw fail('flag-unsupported', 'is not asked: it speaks gRPC alone', {
      where: 'containerd',
      hint: `ctr images export - ${isEngineImage(rest) ? rest : 'IMAGE'} | tally sbom -`,
    })
  }
  const platform = platformOf(flags.text('platform'))
  if (scheme === 'docker' || scheme === 'podman') {
    const socket = await findSocket(deps, scheme)
    if (socket === undefined) throw noEngine(scheme, rest, deps.env)
    return streamOf(deps, socket, rest, platform)
  }
  const isBare = isEngineImage(target) && parseReference(target).scheme === 'file' && !target.startsWith('file:')
  if (!isBare || (await isThere(deps, resolve(cwd, target)))) return undefined
  const socket = (await findSocket(deps, 'docker')) ?? (await findSocket(deps, 'podman'))
  return socket === undefined ? undefined : streamOf(deps, socket, target, platform)
}

function streamOf(deps: Deps, socket: string, image: string, platform: Platform | undefined): StreamedImage {
  const stream = exportImage(deps, { socket, image, ...(platform === undefined ? {} : { platform }) })
  return { name: image.replace(/@sha256:[0-9a-f]{64}$/, '').replace(/:[^:/]*$/, ''), where: `${image} of ${socket}`, stream }
}

async function findSocket(deps: Pick<Deps, 'fs' | 'env'>, engine: Engine): Promise<string | undefined> {
  for (const socket of engineSockets(engine, deps.env)) if (await isThere(deps, socket)) return socket
  return undefined
}

async function isThere(deps: Pick<Deps, 'fs'>, path: string): Promise<boolean> {
  try {
    await deps.fs.stat(path)
    return true
  } catch (error) {
    if (asTallyError(error, path).code === 'not-found') return false
    throw asTallyError(error, path)
  }
}

function noEngine(engine: Engine, image: string, env: Deps['env']): Error {
  return fail('not-found', `no ${engine} listens here`, {
    where: engineSockets(engine, env).join(', '),
    hint: `start ${engine}, or ask the registry: tally sbom registry:${isEngineImage(image) ? image : 'IMAGE'}`,
  })
}

/** `os/architecture[/variant]`; undefined where none is asked for. Throws `usage`. */
function platformOf(text: string | undefined): Platform | undefined {
  if (text === undefined) return undefined
  const [os = '', architecture = '', variant, ...more] = text.split('/')
  if (os === '' || architecture === '' || more.length > 0)
    throw fail('usage', 'is not OS/ARCH or OS/ARCH/VARIANT', { where: `--platform ${text}` })
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

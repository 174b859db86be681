import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportFromEngine } from '../artifact/docker-engine.ts'
import { overLimit } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Context } from './command.ts'

/** An image that a container engine of this machine has. */
export type EngineImage = { readonly engine: 'docker' | 'podman'; readonly name: string }

/** `docker:NAME` and `podman:NAME`. Throws `flag-unsupported` for `containerd:NAME`, whose socket speaks gRPC only. */
export function readEngineImage(target: string): EngineImage | undefined {
  const [, engine, name = ''] = /^(docker|podman|containerd):(?!\/\/)(.+)$/s.exec(target) ?? []
  if (engine === 'containerd')
    throw fail('flag-unsupported', 'is not read: the socket of containerd speaks gRPC only', {
      where: target.slice(0, 200),
      hint: 'export it with `ctr image export image.tar NAME` or `nerdctl save`, and name the file',
    })
  return engine === 'docker' || engine === 'podman' ? { engine, name } : undefined
}

/** Hands the image of an engine to `use` as a docker archive. Throws `not-found` naming the sockets that were looked for. */
export async function withEngineImage<T>(context: Context, image: EngineImage, use: (path: string) => Promise<T>): Promise<T> {
  const { deps } = context
  const places = socketsOf(image.engine, deps.env)
  for (const place of places) {
    if ((await deps.fs.stat(place).catch(() => undefined)) === undefined) continue
    return await withSpool(deps, exportFromEngine(place, image.name, deps.signal), use)
  }
  throw fail('not-found', `has no socket here: looked for ${places.join(', ')}`, {
    where: image.engine,
    hint: `start it, or say where it listens with ${image.engine === 'docker' ? 'DOCKER_HOST' : 'CONTAINER_HOST'}=unix:///path`,
  })
}

/** Where an engine listens: where its own variable says, else where it does by itself. */
function socketsOf(engine: EngineImage['engine'], env: Deps['env']): readonly string[] {
  const variable = engine === 'docker' ? 'DOCKER_HOST' : 'CONTAINER_HOST'
  const named = env[variable] ?? ''
  if (named !== '') {
    if (!named.startsWith('unix://'))
      throw fail('flag-unsupported', 'names no unix socket', {
        where: variable,
        hint: `save the image there with \`${engine} save\`, and name the file`,
      })
    return [named.slice('unix://'.length)]
  }
  if (engine === 'docker') return ['/var/run/docker.sock']
  const own = env['XDG_RUNTIME_DIR'] ?? ''
  return [...(own === '' ? [] : [join(own, 'podman', 'podman.sock')]), '/run/podman/podman.sock']
}

/**
 * Keeps a stream in a temporary file that only its owner can read while `use` runs: an archive has its list at its end and its layers in
 * any order, so that it cannot be read as it comes. Bounded by LIMITS.blobBytes.
 */
export async function withSpool<T>(
  deps: Pick<Deps, 'fs'>,
  stream: AsyncIterable<Uint8Array>,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await deps.fs.mkdtemp(join(tmpdir(), 'tally-spool-'))
  try {
    const path = join(folder, 'image.tar')
    try {
      const handle = await deps.fs.open(path, 'wx', 0o600)
      try {
        let size = 0
        for await (const piece of stream) {
          size += piece.byteLength
          if (size > LIMITS.blobBytes) throw overLimit('blobBytes')
          await handle.writeFile(piece)
        }
      } finally {
        await handle.close()
      }
    } catch (error) {
      throw asTallyError(error, path)
    }
    return await use(path)
  } finally {
    await deps.fs.rm(folder, { recursive: true, force: true })
  }
}

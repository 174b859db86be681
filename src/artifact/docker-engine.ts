import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'
import type { Platform } from './artifact.ts'

export type Engine = 'docker' | 'podman'

/** Names of images as engines take them: `nginx`, `nginx:1.27`, `host:5000/a/b@sha256:…`, an image id. Nothing a URL would read as more. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._:/@-]{0,510}[A-Za-z0-9])?$/

/** Whether a text can name an image of an engine. */
export function isEngineImage(text: string): boolean {
  return NAME.test(text) && !text.split('/').some((part) => part === '' || /^\.{1,2}$/.test(part))
}

/**
 * Where an engine's API listens, most likely first: `DOCKER_HOST` (`CONTAINER_HOST` for podman) alone where it is set, else the usual
 * sockets. Throws `flag-unsupported` for one that is no socket on this machine: its content would travel in ways not known here.
 */
export function engineSockets(engine: Engine, env: Deps['env']): readonly string[] {
  const variable = engine === 'docker' ? 'DOCKER_HOST' : 'CONTAINER_HOST'
  const host = env[variable] ?? ''
  if (host !== '') {
    const path = /^unix:\/\/(\/.+)$/.exec(host)?.[1]
    if (path !== undefined) return [path]
    throw fail('flag-unsupported', 'is no unix:// socket', { where: variable, hint: `${engine} save IMAGE | tally sbom -` })
  }
  const runtime = env['XDG_RUNTIME_DIR'] ?? ''
  const home = env['HOME'] ?? ''
  const own = (folder: string, name: string): readonly string[] => (folder === '' ? [] : [`${folder}/${name}`])
  return engine === 'docker'
    ? [...own(runtime, 'docker.sock'), '/var/run/docker.sock', ...own(home, '.docker/run/docker.sock')]
    : [...own(runtime, 'podman/podman.sock'), '/run/podman/podman.sock']
}

export type EngineImage = { readonly socket: string; readonly image: string; readonly platform?: Platform }

/**
 * Streams an image out of Docker or Podman as `docker save` writes it (Engine API, "Export an image": GET /images/{name}/get, over the
 * unix socket). Nothing is pulled or started. Throws `not-found` for an image it does not have, `network` and `permission` for a
 * socket nobody answers on, `service-error` for what else it says, `timeout` when it says nothing for `httpTotalMs`.
 */
export async function* exportImage(deps: Pick<Deps, 'signal'>, { socket, image, platform }: EngineImage): AsyncGenerator<Uint8Array> {
  if (!isEngineImage(image)) throw fail('reference-invalid', 'is no name of an image', { where: shorten(safeText(image), 200) })
  try {
    const answer = await ask(deps, socket, pathOf(image, platform))
    if (answer.statusCode !== 200) throw await refusal(answer, image, socket)
    for await (const piece of answer) yield piece as Uint8Array
  } catch (error) {
    // Whoever breaks a connection off is told that it broke.
    throw deps.signal.aborted
      ? fail('interrupted', 'stopped before it was done', { where: socket, cause: error })
      : asTallyError(error, socket)
  }
}

/** Engines before API 1.48 do not know `platform` and give what they have; whoever reads the archive sees what it is. */
function pathOf(image: string, platform: Platform | undefined): string {
  const name = image.split('/').map(encodeURIComponent).join('/')
  return `/images/${name}/get${platform === undefined ? '' : `?platform=${encodeURIComponent(JSON.stringify(platform))}`}`
}

/** `fetch` cannot speak to a socket in the file system, so this one call is plain HTTP. */
async function ask({ signal }: Pick<Deps, 'signal'>, socketPath: string, path: string): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, signal, headers: { host: 'localhost' }, timeout: LIMITS.httpTotalMs, agent: false }, resolve)
    asked.on('timeout', () => asked.destroy(fail('timeout', 'has not answered for too long', { where: socketPath })))
    asked.on('error', reject)
    asked.end()
  })
}

const problem = z.object({ message: z.string() })

async function refusal(answer: IncomingMessage, image: string, socket: string): Promise<Error> {
  if (answer.statusCode === 404) {
    answer.destroy()
    return fail('not-found', `has no image ${image}`, {
      where: socket,
      hint: `pull it first, or ask its registry: tally sbom registry:${image}`,
    })
  }
  const parts: Uint8Array[] = []
  let size = 0
  for await (const piece of answer) {
    parts.push(piece as Uint8Array)
    size += (piece as Uint8Array).byteLength
    if (size > LIMITS.httpErrorBodyBytes) break
  }
  return fail('service-error', `answered ${answer.statusCode ?? 0}${said(Buffer.concat(parts))}`, { where: socket })
}

function said(body: Buffer): string {
  try {
    return `: ${shorten(safeText(problem.parse(JSON.parse(body.toString('utf8'))).message), 300)}`
  } catch {
    return '' // What is not the engine's own error says nothing worth showing.
  }
}

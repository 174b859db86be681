import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { readAll } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'
import type { Platform } from './artifact.ts'

/** An engine that keeps images and speaks Docker's API. */
export type EngineName = 'docker' | 'podman'

/**
 * The socket of an engine: where DOCKER_HOST says, or where Docker and Podman have it by themselves. Throws `usage` for an engine behind
 * a network address, which is not spoken to.
 */
export function engineSocket(env: Deps['env'], engine: EngineName): string {
  const { DOCKER_HOST, CONTAINER_HOST, XDG_RUNTIME_DIR } = env
  const host = engine === 'docker' ? DOCKER_HOST : CONTAINER_HOST
  if (host !== undefined && host !== '') {
    if (host.startsWith('unix://')) return host.slice('unix://'.length)
    throw fail('usage', 'is no socket of this machine', {
      where: `${engine === 'docker' ? 'DOCKER_HOST' : 'CONTAINER_HOST'}=${shorten(safeText(host), 100)}`,
      hint: `save the image first: ${engine} save IMAGE | tally sbom -`,
    })
  }
  if (engine === 'docker') return '/var/run/docker.sock'
  return XDG_RUNTIME_DIR === undefined || XDG_RUNTIME_DIR === ''
    ? '/run/podman/podman.sock'
    : join(XDG_RUNTIME_DIR, 'podman', 'podman.sock')
}

/** Names engines take: `nginx`, `nginx:1.27`, `host:5000/a/b@sha256:…`, an image id. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._:/@-]{0,510}[A-Za-z0-9])?$/

/** Whether a text can be the name of an image, and is no path such as `a//b` or `a/../b`. */
export function isEngineImage(text: string): boolean {
  return NAME.test(text) && !text.split('/').some((part) => part === '' || /^\.{1,2}$/.test(part))
}

/**
 * What `docker save` would write, from the engine itself (Docker Engine API, "Export an image"). In: the socket and the name of an
 * image, and the platform of it that is wanted: engines before API 1.48 do not know that and give what they have. Throws `not-found` when
 * there is no such engine or image, `network` when it answers anything else, or nothing for too long.
 */
export async function* exportImage(
  deps: Pick<Deps, 'signal'>,
  socketPath: string,
  name: string,
  platform?: Platform,
  waitMs: number = LIMITS.engineIdleMs,
): AsyncGenerator<Uint8Array> {
  const where = `${socketPath}: ${shorten(safeText(name), 200)}`
  const query = platform === undefined ? '' : `?platform=${encodeURIComponent(JSON.stringify(platform))}`
  const answer = await ask(deps, socketPath, `/images/${encodeURIComponent(name)}/get${query}`, waitMs)
  if (answer.statusCode !== 200) {
    const said = await readAll(answer, LIMITS.configBytes, 'configBytes', where).catch(() => new Uint8Array(0))
    const why = shorten(safeText(messageOf(said)), 300)
    if (answer.statusCode === 404)
      throw fail('not-found', 'is no image of this engine', { where, hint: 'pull it, or name it as `docker images` lists it' })
    throw fail('network', `the engine answered ${answer.statusCode}${why === '' ? '' : `: ${why}`}`, { where })
  }
  try {
    for await (const piece of answer) yield piece as Uint8Array
    if (!answer.complete) throw fail('network', 'the engine stopped in the middle of the image', { where })
  } catch (error) {
    deps.signal.throwIfAborted()
    throw asTallyError(error, where)
  } finally {
    answer.destroy()
  }
}

async function ask({ signal }: Pick<Deps, 'signal'>, socketPath: string, path: string, waitMs: number): Promise<IncomingMessage> {
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request({ socketPath, path, method: 'GET', headers: { host: 'engine' }, timeout: waitMs, signal }, resolve)
      asked
        .on('error', reject)
        .on('timeout', () => asked.destroy(fail('network', `the engine said nothing for ${waitMs / 1000} s`, { where: socketPath })))
        .end()
    })
  } catch (error) {
    signal.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'EACCES') throw asTallyError(error, socketPath)
    throw fail('not-found', code === 'EACCES' ? 'may not be used by this user' : 'no engine listens here', {
      where: socketPath,
      hint: 'start it, name its socket in DOCKER_HOST=unix://PATH, or save the image: docker save IMAGE | tally sbom -',
      cause: error,
    })
  }
}

function messageOf(bytes: Uint8Array): string {
  try {
    const { message } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return '' // Not an engine's own answer.
  }
}

import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { readAll } from '../kernel/bytes.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'

/**
 * The docker archive of an image that a container engine has, as it exports it (Docker Engine API, `GET /images/{name}/get`; Podman speaks
 * the same). In: the path of its socket, the image by name or id. Nothing is pulled. Throws `not-found` when there is no socket, nobody
 * listens, or there is no such image; `permission`; `network` for any other answer or one that is cut off.
 */
export async function* exportFromEngine(socketPath: string, image: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const answer = await ask(socketPath, `/images/${image.split('/').map(encodeURIComponent).join('/')}/get`, signal)
  if (answer.statusCode !== 200) {
    const said = await readAll(answer, LIMITS.httpErrorBodyBytes, 'httpErrorBodyBytes', socketPath)
    const why = `answered ${answer.statusCode}: ${messageOf(said)}`
    if (answer.statusCode === 404) throw fail('not-found', `has no such image (${why})`, { where: socketPath, hint: 'pull it first' })
    throw fail('network', why, { where: socketPath })
  }
  try {
    yield* answer as AsyncIterable<Uint8Array>
    // A body that was cut off ends like a whole one where its length was not told.
    if (!answer.complete) throw fail('network', 'was cut off', { where: socketPath })
  } catch (error) {
    throw signal.aborted ? asTallyError(signal.reason) : asTallyError(error, socketPath)
  } finally {
    answer.destroy()
  }
}

async function ask(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request({ socketPath, path, signal, headers: { host: 'localhost' }, timeout: LIMITS.httpIdleMs }, resolve)
      asked.on('timeout', () => asked.destroy(fail('network', 'does not answer', { where: socketPath })))
      asked.on('error', reject)
      asked.end()
    })
  } catch (error) {
    if (signal.aborted) throw asTallyError(signal.reason)
    const known = asTallyError(error, socketPath)
    // A socket file that is left of an engine that was stopped.
    throw known.code === 'network'
      ? fail('network', `the engine does not answer: ${known.message}`, { where: socketPath, cause: error })
      : known
  }
}

function messageOf(body: Uint8Array): string {
  const text = Buffer.from(body).toString('utf8')
  const message = /"message"\s*:\s*"([^"]{0,500})"/.exec(text)?.[1] ?? text
  return shorten(safeText(message.trim()), 200)
}

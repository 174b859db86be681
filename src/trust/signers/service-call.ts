import type { z } from 'zod'
import { isLoopback } from '../../artifact/registry/hosts.ts'
import { nameOf, sendHttp } from '../../artifact/registry/http.ts'
import type { HttpAnswer, HttpCall, HttpDeps } from '../../artifact/registry/http.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import type { ErrorCode } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import type { Json } from '../../kernel/json.ts'
import { redact } from '../../kernel/redact.ts'
import { readShape } from '../../kernel/shape.ts'
import { safeText, shorten } from '../../kernel/text.ts'

/** What a client of a service may touch of the world. */
export type ServiceDeps = HttpDeps

/** One question to a service. */
export type ServiceCall = Pick<HttpCall, 'url' | 'headers' | 'repeatable'> & {
  readonly method?: 'GET' | 'POST' | 'PUT'
  /** Sent as JSON, unless it is bytes. */
  readonly body?: Json | Uint8Array
  /** The service as a person would name it, for messages. */
  readonly service: string
}

/**
 * An address that credentials may be sent to: https, or plain http on this machine, without user information. Throws
 * `insecure-transport` or `usage`.
 */
export function serviceUrl(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw fail('usage', 'is not the address of a service', { where, hint: 'write it as https://HOST' })
  }
  if (url.username !== '' || url.password !== '') throw fail('usage', 'holds a user name or password, which addresses must not', { where })
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw fail('insecure-transport', `is not https: credentials would pass ${url.host} in the clear`, { where, hint: 'use https' })
  }
  return url
}

/**
 * Asks a service and reads its answer by a schema. Redirects are not followed, so that credentials go to the one host they are for.
 * Throws `login-needed` (401), `forbidden` (403), `not-found` (404), `service-error` for every other answer that is no 2xx, or is not
 * what the schema says; what it said is shown, cut and escaped.
 */
export async function callService<T>(deps: ServiceDeps, call: ServiceCall, schema: z.ZodType<T>): Promise<T> {
  const answer = await askService(deps, call, 'application/json')
  const bytes = await answer.bytes('serviceAnswerBytes')
  const where = placeOf(call)
  return readShape(schema, parseJson(bytes, where, { code: 'service-error', limitName: 'serviceAnswerBytes' }), where, 'service-error')
}

/** The same for an answer that is no JSON. Its body must be read or dropped. */
export async function askService(deps: ServiceDeps, call: ServiceCall, accept: string): Promise<HttpAnswer> {
  const { body } = call
  const isBytes = body instanceof Uint8Array
  const answer = await sendHttp(deps, {
    method: call.method ?? (body === undefined ? 'GET' : 'POST'),
    url: call.url,
    repeatable: call.repeatable,
    headers: { accept, ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }), ...call.headers },
    ...(body === undefined ? {} : { body: isBytes ? body : utf8(JSON.stringify(body)) }),
  })
  if (answer.status >= 200 && answer.status < 300) return answer
  throw fail(codeOf(answer.status), await refusalOf(answer), { where: placeOf(call), ...hintOf(answer.status, call.service) })
}

function placeOf(call: ServiceCall): string {
  return `${call.service} (${nameOf(call.url)})`
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'login-needed'
  if (status === 403) return 'forbidden'
  return status === 404 ? 'not-found' : 'service-error'
}

function hintOf(status: number, service: string): { readonly hint?: string } {
  return status === 401 || status === 403 ? { hint: `check the credentials for ${service}, and what they may do` } : {}
}

/** What the services say in their various words, made safe to show. */
async function refusalOf(answer: HttpAnswer): Promise<string> {
  const plain = `it answered ${answer.status}`
  try {
    const text = messageIn(parseJson(await answer.bytes('httpErrorBodyBytes'), 'the answer'))
    return text === undefined ? plain : `${plain}, ${shorten(safeText(redact(text)), 300)}`
  } catch {
    return plain // The body is a courtesy; the status is the answer.
  }
}

function messageIn(body: unknown): string | undefined {
  if (typeof body === 'string') return body
  if (Array.isArray(body)) return messageIn(body[0])
  if (typeof body !== 'object' || body === null) return undefined
  const fields = body as Readonly<Record<string, unknown>>
  for (const name of ['message', 'Message', 'error_description', 'error', 'errors']) {
    const found = Object.hasOwn(fields, name) ? messageIn(fields[name]) : undefined
    if (found !== undefined && found !== '') return found
  }
  return undefined
}

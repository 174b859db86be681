import { setTimeout as sleep } from 'node:timers/promises'
import { concatBytes, overLimit } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { asTallyError, fail, TallyError } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { LimitName } from '../../kernel/limits.ts'
import { redact } from '../../kernel/redact.ts'
import { safeText, shorten } from '../../kernel/text.ts'
import { VERSION } from '../../kernel/version.ts'

export type HttpDeps = Pick<Deps, 'fetch' | 'signal' | 'randomBytes' | 'now'>

export type HttpCall = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes to send, or a stream that can be opened again for a second try. */
  readonly body?: Uint8Array | { readonly size: number; readonly open: () => AsyncIterable<Uint8Array> }
  /** Bytes expected to come or go, for the time it may take. */
  readonly expectedBytes?: number
  /** Whether doing it twice does no harm; else only an answer of 429 is tried again. */
  readonly repeatable: boolean
}

/** An answer whose body is read by one of `stream`, `bytes` or `drop`; one of them must be called. */
export type HttpAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly url: URL
  readonly stream: () => AsyncIterable<Uint8Array>
  readonly bytes: (limitName: LimitName) => Promise<Uint8Array>
  readonly drop: () => Promise<void>
}

/** How a URL is named to people: without its query, which may hold a signature. */
export function nameOf(url: URL): string {
  return `${url.origin}${url.pathname}`
}

/**
 * Sends one call, without following redirects. 429 and 5xx answers and broken connections are tried again with growing
 * waits (`Retry-After` is honoured up to httpRetryAfterMs), at most httpAttempts times; the last answer is given back.
 * Throws `network`, `timeout`, `interrupted`; never on a status.
 */
export async function sendHttp(deps: HttpDeps, call: HttpCall): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await sendOnce(deps, call).catch((error: unknown) => asTallyError(error, nameOf(call.url)))
    const mayRepeat = attempt < LIMITS.httpAttempts
    if (outcome instanceof TallyError) {
      if (outcome.code !== 'network' || !call.repeatable || !mayRepeat) throw outcome
      await pause(deps, backoff(deps, attempt))
      continue
    }
    const isWorthIt = outcome.status === 429 || (call.repeatable && [408, 500, 502, 503, 504].includes(outcome.status))
    if (!isWorthIt || !mayRepeat) return outcome
    const asked = retryAfter(outcome.headers.get('retry-after'), deps.now())
    if (asked !== undefined && asked > LIMITS.httpRetryAfterMs) return outcome
    await outcome.drop()
    await pause(deps, asked ?? backoff(deps, attempt))
  }
}

/** What a server said in an error body (distribution-spec 1.1, "Error Codes"), cut, escaped and redacted; the status where it said nothing. */
export async function readErrorText(answer: HttpAnswer): Promise<string> {
  const plain = `it answered ${answer.status}`
  try {
    const bytes = await answer.bytes('httpErrorBodyBytes')
    const body = JSON.parse(Buffer.from(bytes).toString('utf8')) as { errors?: { code?: unknown; message?: unknown }[] }
    const first = body.errors?.[0]
    const text = [first?.code, first?.message].filter((part) => typeof part === 'string' && part !== '').join(': ')
    return text === '' ? plain : `${plain}, ${shorten(safeText(redact(text)), 200)}`
  } catch {
    return plain // The body is a courtesy; the status is the answer.
  }
}

async function sendOnce(deps: HttpDeps, call: HttpCall): Promise<HttpAnswer> {
  const guard = startGuard(deps.signal, call.expectedBytes ?? 0)
  try {
    const response = await deps.fetch(call.url, requestOf(call, guard))
    guard.rest()
    return answerOf(response, call, guard)
  } catch (error) {
    guard.stop()
    throw networkError(error, nameOf(call.url))
  }
}

function requestOf(call: HttpCall, guard: Guard): RequestInit {
  const headers = { 'user-agent': `tallystick/${VERSION}`, 'accept-encoding': 'identity', ...call.headers }
  const base = { method: call.method, redirect: 'manual', signal: guard.signal } as const
  if (call.body === undefined) return { ...base, headers }
  if (call.body instanceof Uint8Array) return { ...base, headers, body: call.body as Uint8Array<ArrayBuffer> }
  const { size, open } = call.body
  // With a length, since many registries refuse a body of unknown size.
  return {
    ...base,
    headers: { ...headers, 'content-length': String(size) },
    body: ReadableStream.from(armedByEach(open(), guard)),
    duplex: 'half',
  }
}

function answerOf(response: Response, call: HttpCall, guard: Guard): HttpAnswer {
  const where = nameOf(call.url)
  async function* stream(): AsyncGenerator<Uint8Array> {
    try {
      if (response.body !== null) yield* whileArmed(response.body, guard)
    } catch (error) {
      throw networkError(error, where)
    } finally {
      guard.stop()
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    url: call.url,
    stream,
    bytes: async (limitName) => {
      const limit = LIMITS[limitName]
      const promised = Number(response.headers.get('content-length') ?? '0')
      if (promised > limit) {
        await dropBody(response, guard)
        throw overLimit(limitName, limit, where)
      }
      const parts: Uint8Array[] = []
      let size = 0
      for await (const part of stream()) {
        size += part.byteLength
        if (size > limit) throw overLimit(limitName, limit, where)
        parts.push(part)
      }
      return concatBytes(parts)
    },
    drop: () => dropBody(response, guard),
  }
}

async function dropBody(response: Response, guard: Guard): Promise<void> {
  guard.stop()
  try {
    await response.body?.cancel()
  } catch {
    // It was broken already, which is as good as dropped.
  }
}

/** The clock of one transfer: `arm` while the other side is waited for, `rest` while this side is busy with what came. */
type Guard = { readonly signal: AbortSignal; readonly arm: () => void; readonly rest: () => void; readonly stop: () => void }

/** Ends a transfer that is waited for longer than httpIdleMs, or takes longer than its size allows at httpSlowestRate. */
function startGuard(outer: AbortSignal, expectedBytes: number): Guard {
  const controller = new AbortController()
  const totalMs = LIMITS.httpTotalMs + Math.ceil((expectedBytes / LIMITS.httpSlowestRate) * 1000)
  // A timer holds 31 bits; what would take longer than 24 days is ended by then.
  const total = setTimeout(
    () => controller.abort(fail('timeout', `took longer than ${totalMs} ms (httpTotalMs, httpSlowestRate)`)),
    Math.min(totalMs, 2 ** 31 - 1),
  )
  total.unref()
  let idle: NodeJS.Timeout | undefined
  const rest = (): void => clearTimeout(idle)
  const arm = (): void => {
    rest()
    idle = setTimeout(() => controller.abort(fail('timeout', `nothing came for httpIdleMs (${LIMITS.httpIdleMs})`)), LIMITS.httpIdleMs)
    idle.unref()
  }
  const stop = (): void => {
    rest()
    clearTimeout(total)
  }
  arm()
  return { signal: AbortSignal.any([outer, controller.signal]), arm, rest, stop }
}

async function* whileArmed(stream: AsyncIterable<Uint8Array>, guard: Guard): AsyncGenerator<Uint8Array> {
  guard.arm()
  for await (const part of stream) {
    guard.rest()
    yield part
    guard.arm()
  }
}

async function* armedByEach(stream: AsyncIterable<Uint8Array>, guard: Guard): AsyncGenerator<Uint8Array> {
  for await (const part of stream) {
    guard.arm()
    yield part
  }
}

/** What `fetch` throws is either known to Node, or a broken connection of some kind; never a bug of ours. */
function networkError(error: unknown, where: string): TallyError {
  const known = asTallyError(error, where)
  if (known.code !== 'bug') return known
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof TallyError) return cause
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  if (code !== undefined && /CERT|SIGNED|ALTNAME|VERIFY/.test(code)) {
    return fail('network', `its certificate is not trusted (${code})`, {
      where,
      cause: error,
      hint: 'name its authority in NODE_EXTRA_CA_CERTS',
    })
  }
  return fail('network', `the connection broke${code === undefined ? '' : ` (${code})`}`, { where, cause: error })
}

function retryAfter(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined
  if (/^[0-9]{1,9}$/.test(header.trim())) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}

/** Doubling waits, each somewhere in its upper half, so that many clients do not come back at once. */
function backoff(deps: HttpDeps, attempt: number): number {
  const whole = LIMITS.httpBackoffMs * 2 ** (attempt - 1)
  return Math.round(whole / 2 + (whole / 2) * ((deps.randomBytes(1)[0] ?? 0) / 255))
}

/** Waits, unless interrupted. */
export async function pause(deps: Pick<Deps, 'signal'>, ms: number): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: deps.signal })
  } catch (error) {
    throw asTallyError(error)
  }
}

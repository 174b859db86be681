import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { readErrorText, sendHttp } from './http.ts'
import type { HttpCall } from './http.ts'
import { utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { LIMITS } from '../../kernel/limits.ts'

const CALL: HttpCall = { method: 'GET', url: new URL('https://registry.example/v2/x?token=s3cret'), repeatable: true }
const broken = (code: string) => Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('x'), { code }) })

type Outcome = Error | { readonly status: number; readonly headers?: Record<string, string> }
const OK: Outcome = { status: 200 }

/** A fetch that gives one outcome after the other, the last for ever, and counts. */
function sequence(...outcomes: readonly Outcome[]) {
  const state = { calls: 0 }
  const fetch: Deps['fetch'] = async () => {
    const outcome = outcomes[Math.min(state.calls, outcomes.length - 1)] ?? OK
    state.calls += 1
    if (outcome instanceof Error) throw outcome
    return new Response('body', { status: outcome.status, headers: outcome.headers ?? {} })
  }
  return { state, fetch }
}

describe('sendHttp', () => {
  test('tries a broken connection again, a few times, where that does no harm', async () => {
    const twice = sequence(broken('ECONNRESET'), broken('UND_ERR_SOCKET'), OK)
    expect((await sendHttp(testDeps({ fetch: twice.fetch }), CALL)).status).toBe(200)
    const always = sequence(broken('ECONNRESET'))
    await expect(sendHttp(testDeps({ fetch: always.fetch }), CALL)).rejects.toMatchObject({ code: 'network' })
    expect(always.state.calls).toBe(LIMITS.httpAttempts)
    const once = sequence(broken('ECONNRESET'), OK)
    await expect(sendHttp(testDeps({ fetch: once.fetch }), { ...CALL, repeatable: false })).rejects.toMatchObject({ code: 'network' })
    expect(once.state.calls).toBe(1)
  })

  test('a connection that breaks in an unknown way is the network’s, not a bug, and its URL loses its query', async () => {
    const { fetch } = sequence(broken('HPE_INVALID_CONSTANT'))
    const error = await sendHttp(testDeps({ fetch }), { ...CALL, repeatable: false }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'network', where: 'https://registry.example/v2/x' })
  })

  test('waits for a date that has come, and not for one far off', async () => {
    const now = () => new Date('2026-11-25T12:00:00Z')
    const busy = (at: string) => ({ status: 503, headers: { 'retry-after': at } })
    const soon = sequence(busy('Wed, 25 Nov 2026 12:00:00 GMT'), OK)
    expect((await sendHttp(testDeps({ fetch: soon.fetch, now }), CALL)).status).toBe(200)
    const late = sequence(busy('Wed, 25 Nov 2026 13:00:00 GMT'), OK)
    expect((await sendHttp(testDeps({ fetch: late.fetch, now }), CALL)).status).toBe(503)
  })

  test('what is no failure of the moment is not tried again', async () => {
    for (const status of [400, 404, 501]) {
      const { state, fetch } = sequence({ status })
      expect((await sendHttp(testDeps({ fetch }), CALL)).status).toBe(status)
      expect(state.calls).toBe(1)
    }
    const post = sequence({ status: 500 })
    await sendHttp(testDeps({ fetch: post.fetch }), { ...CALL, method: 'PATCH', body: utf8('x'), repeatable: false })
    expect(post.state.calls).toBe(1)
  })

  test('a body is cut off at its cap, whether its length was said or not', async () => {
    const long = utf8('x'.repeat(LIMITS.registryTokenBytes + 1))
    for (const headers of [{ 'content-length': String(long.byteLength) }, {}]) {
      const deps = testDeps({ fetch: async () => new Response(long, { headers }) })
      await expect((await sendHttp(deps, CALL)).bytes('registryTokenBytes')).rejects.toMatchObject({ code: 'limit-exceeded' })
    }
  })
})

describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  /** As fetch behaves: what it waits for ends when the signal says so. */
  const untilAborted = (signal: AbortSignal | null | undefined): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })

  test('an answer that never comes is given up after httpIdleMs', async () => {
    const deps = testDeps({ fetch: (_input, init) => untilAborted(init?.signal) })
    const outcome = sendHttp(deps, CALL).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(LIMITS.httpIdleMs)
    expect(await outcome).toMatchObject({ code: 'timeout', message: expect.stringContaining('httpIdleMs') })
  })

  test('so is a body that stands still, but not one that nobody reads yet', async () => {
    async function* still(signal: AbortSignal | null | undefined) {
      yield utf8('first')
      await untilAborted(signal)
    }
    const deps = testDeps({ fetch: async (_input, init) => new Response(ReadableStream.from(still(init?.signal))) })
    const parts = (await sendHttp(deps, CALL)).stream()[Symbol.asyncIterator]()
    await vi.advanceTimersByTimeAsync(2 * LIMITS.httpIdleMs)
    expect((await parts.next()).value).toEqual(utf8('first'))
    await vi.advanceTimersByTimeAsync(2 * LIMITS.httpIdleMs)
    const outcome = parts.next().catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(LIMITS.httpIdleMs)
    expect(await outcome).toMatchObject({ code: 'timeout' })
  })

  test('a body that drips is given up after httpTotalMs and what its size allows', async () => {
    async function* drip() {
      for (;;) {
        yield utf8('x')
        await new Promise((resolve) => setTimeout(resolve, LIMITS.httpIdleMs / 2))
      }
    }
    const deps = testDeps({
      fetch: async (_input, init) => {
        const body = ReadableStream.from(drip())
        const cut = new TransformStream<Uint8Array, Uint8Array>({
          start: (controller) => init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason)),
        })
        return new Response(body.pipeThrough(cut))
      },
    })
    const answer = await sendHttp(deps, { ...CALL, expectedBytes: LIMITS.httpSlowestRate * 60 })
    const outcome = answer.bytes('manifestBytes').catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(LIMITS.httpTotalMs + 60_001)
    expect(await outcome).toMatchObject({ code: 'timeout', message: expect.stringContaining('httpTotalMs') })
  })
})

test('readErrorText never shows what a terminal would obey, and makes do with the status', async () => {
  const say = async (body: string) =>
    await readErrorText(await sendHttp(testDeps({ fetch: async () => new Response(body, { status: 400 }) }), CALL))
  expect(await say('{"errors":[{"code":"DENIED","message":"\\u001b[2Jno"}]}')).toBe('it answered 400, DENIED: \\u{1b}[2Jno')
  expect(await say('<html>')).toBe('it answered 400')
  expect(await say('null')).toBe('it answered 400')
  expect((await say(`{"errors":[{"message":"${'x'.repeat(5000)}"}]}`)).length).toBeLessThan(300)
})

import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { makeApp } from './app.ts'
import type { PageFile } from './page-files.ts'
import type { Route } from './route.ts'

// The guards around any route: what a browser was tricked into, what has no token, what is too large or unknown.
const TOKEN = 'tally_0123456789abcdef0123456789abcdef'
const HOST = '127.0.0.1:7447'
const logged: string[] = []
const written: unknown[] = []

const route = (more: Partial<Route>): Route => ({
  method: 'get',
  path: '/api/v1/things',
  id: 'listThings',
  summary: 'things',
  params: {},
  query: { limit: z.string().regex(/^\d+$/, 'must be a number').optional() },
  response: z.object({}),
  handle: async ({ query }) => ({ limit: query['limit'] ?? null }),
  ...more,
})
const ROUTES: readonly Route[] = [
  route({}),
  route({
    path: '/api/v1/things/{name}',
    id: 'getThing',
    params: { name: z.string().max(8) },
    query: {},
    handle: async ({ path }) => path,
  }),
  route({
    method: 'post',
    id: 'addThing',
    query: {},
    body: z.strictObject({ name: z.string() }),
    handle: async ({ body }) => ({ n: written.push(body) }),
  }),
  route({
    path: '/api/v1/broken',
    id: 'breakIt',
    query: {},
    handle: () => Promise.reject(new Error('password=hunter2 in https://u:hunter2@x/')),
  }),
  route({
    path: '/api/v1/denied',
    id: 'denyIt',
    query: {},
    handle: () => Promise.reject(fail('not-found', 'is gone', { where: 'https://u:hunter2@x/y' })),
  }),
]
const file = (text: string, more: Partial<PageFile> = {}): PageFile => ({
  bytes: new TextEncoder().encode(text),
  type: 'text/html; charset=utf-8',
  etag: '"abc"',
  immutable: false,
  ...more,
})
const PAGE = new Map([
  ['/index.html', file('<p>page')],
  ['/assets/a.js', file('1', { type: 'text/javascript; charset=utf-8', etag: '"js"', immutable: true })],
])
const app = makeApp({
  routes: ROUTES,
  page: PAGE,
  hosts: () => new Set([HOST, 'localhost:7447']),
  mayWrite: async (token) => token === TOKEN,
  log: (_, message) => logged.push(message),
})
async function ask(
  path: string,
  init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
) {
  const answer = await app.request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...init.headers } })
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: () => JSON.parse(text) as { error: { code: string; message: string; where: string } },
  }
}
const post = (headers: Record<string, string>, body = '{"name":"x"}') => ask('/api/v1/things', { method: 'POST', headers, body })
const AUTH = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }

beforeEach(() => {
  logged.length = 0
  written.length = 0
})

describe('requests a browser was tricked into', () => {
  test.each([
    ['a Host that is none of ours (DNS rebinding)', { host: 'evil.example:7447' }, 421],
    ['our name on another port', { host: '127.0.0.1:80' }, 421],
    ['an Origin of another page', { origin: 'https://evil.example' }, 403],
    ['an Origin of another port', { origin: 'http://127.0.0.1:9999' }, 403],
    ['the Origin of a file', { origin: 'null' }, 403],
  ])('%s is refused, reading too', async (_, headers, status) => {
    for (const path of ['/api/v1/things', '/', '/healthz']) {
      const answer = await ask(path, { headers })
      expect(answer.status, path).toBe(status)
      expect(answer.json().error.code).toBe('forbidden')
    }
  })

  test('a write from another site is refused even with the token; a link from there may read', async () => {
    expect((await post({ ...AUTH, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await ask('/api/v1/things', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200)
    expect(written).toEqual([])
  })

  test('our own names and pages are answered, in any case', async () => {
    for (const headers of [
      { host: 'LOCALHOST:7447' },
      { host: HOST, origin: `http://${HOST}` },
      { host: 'localhost:7447', origin: 'HTTP://localhost:7447' },
    ]) {
      expect((await ask('/api/v1/things', { headers })).status, JSON.stringify(headers)).toBe(200)
    }
  })
})

describe('writing', () => {
  test.each([
    ['without a token', {}],
    ['with another token', { authorization: `Bearer ${TOKEN}x` }],
    ['with a token in another form', { authorization: `Basic ${btoa(`x:${TOKEN}`)}` }],
    ['with a token that is too short to be one', { authorization: 'Bearer x' }],
  ])('%s is 401', async (_, headers) => {
    const answer = await post({ 'content-type': 'application/json', ...headers })
    expect([answer.status, answer.json().error.code]).toEqual([401, 'login-needed'])
    expect(written).toEqual([])
  })

  test('with the token it is done', async () => {
    expect(await post(AUTH)).toMatchObject({ status: 200, text: '{"n":1}' })
    expect(written).toEqual([{ name: 'x' }])
  })

  test('an operation that is not there needs the token before it says so', async () => {
    expect((await ask('/api/v1/nothing', { method: 'DELETE' })).status).toBe(401)
    expect((await ask('/api/v1/nothing', { method: 'DELETE', headers: AUTH })).status).toBe(404)
  })
})

describe('what is asked', () => {
  test.each([
    ['an unknown parameter', '/api/v1/things?limt=1', 'query.limt'],
    ['a parameter that is not what it should be', '/api/v1/things?limit=ten', 'query.limit'],
    ['a name that is too long', '/api/v1/things/0123456789', 'path.name'],
  ])('%s is 400 and names it', async (_, path, where) => {
    const answer = await ask(path)
    expect([answer.status, answer.json().error]).toEqual([400, expect.objectContaining({ code: 'usage', where })])
  })

  test.each([
    ['no JSON', 'name=x', 'body'],
    ['of another shape', '{"name":7}', 'body.name'],
    ['with more than it should have', '{"name":"x","admin":true}', 'body'],
  ])('a body that is %s is 400', async (_, body, where) => {
    const answer = await post(AUTH, body)
    expect(answer.status).toBe(400)
    expect(answer.json().error.where).toContain(where)
    expect(written).toEqual([])
  })

  test('a body over the cap is 413, by its length and by its bytes', async () => {
    const large = 'x'.repeat(LIMITS.httpRequestBodyBytes + 1)
    const answer = await post(AUTH, large)
    expect([answer.status, answer.json().error.code]).toEqual([413, 'limit-exceeded'])
    expect((await post({ ...AUTH, 'content-length': String(large.length) }, large)).status).toBe(413)
  })

  test('a slash within a name is part of it', async () => {
    expect(await ask('/api/v1/things/a%2Fb')).toMatchObject({ status: 200, text: '{"name":"a/b"}' })
  })

  test('a fault of ours is told to the log, redacted, and to nobody else', async () => {
    const answer = await ask('/api/v1/broken')
    expect([answer.status, answer.json().error.code]).toEqual([500, 'bug'])
    expect(answer.text).not.toContain('hunter2')
    expect(logged.join('\n')).toMatch(/https:\/\/\[redacted\]@x\//)
    expect((await ask('/api/v1/denied')).json().error.where).toBe('https://[redacted]@x/y')
  })
})

describe('the page', () => {
  test('is served with its type and tag, and once more only when it changed', async () => {
    const first = await ask('/')
    expect([first.status, first.text, first.headers.get('etag'), first.headers.get('cache-control')]).toEqual([
      200,
      '<p>page',
      '"abc"',
      'no-cache',
    ])
    const again = await ask('/', { headers: { 'if-none-match': '"abc"' } })
    expect([again.status, again.text]).toEqual([304, ''])
    expect((await ask('/', { headers: { 'if-none-match': '"old"' } })).status).toBe(200)
    expect((await ask('/assets/a.js')).headers.get('cache-control')).toContain('immutable')
  })

  test('answers for every place within it, and for no file it does not have', async () => {
    expect((await ask('/artifacts/sha256:abc')).text).toBe('<p>page')
    expect((await ask('/assets/none.js')).status).toBe(404)
  })

  test.each([
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/assets/../../package.json',
    '/%2e%2e/%2e%2e/etc/passwd.txt',
    '//etc/passwd.txt',
    '/assets/%00.js',
    '/C:%5Cx.txt',
  ])('nothing outside of it is read by %s', async (path) => {
    const answer = await ask(path)
    expect([404, 400]).toContain(answer.status)
    expect(answer.text).not.toMatch(/tallystick"|root:/)
  })

  test('that was not built is said, and how to build it', async () => {
    const bare = makeApp({ routes: [], page: undefined, hosts: () => new Set([HOST]), mayWrite: async () => false, log: () => {} })
    const answer = await bare.request(`http://${HOST}/`, { headers: { host: HOST } })
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run build')])
  })
})

test('every answer carries the policy that lets no other script run, whatever it answers', async () => {
  const answers = [
    await ask('/'),
    await ask('/api/v1/things'),
    await ask('/api/v1/none'),
    await ask('/', { headers: { host: 'evil.example' } }),
    await ask('/api/v1/broken'),
    await post({}),
    await ask('/', { headers: { 'if-none-match': '"abc"' } }),
  ]
  for (const { headers, status } of answers) {
    expect(headers.get('content-security-policy'), String(status)).toMatch(
      /default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/,
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  }
  expect((await ask('/api/v1/things')).headers.get('cache-control')).toBe('no-store')
})

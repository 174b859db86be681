import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { ERROR_TABLE, TallyError, asTallyError, fail } from '../kernel/errors.ts'
import type { LogLevel } from '../kernel/deps.ts'
import { parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { redact } from '../kernel/redact.ts'
import { SECURITY_HEADERS, bearerOf, guardRequest, isRead } from './guard-request.ts'
import { openApiOf } from './openapi.ts'
import type { PageFile } from './page-files.ts'
import type { Route } from './route.ts'

export type AppOptions = {
  readonly routes: readonly Route[]
  readonly page: ReadonlyMap<string, PageFile> | undefined
  /** `host:port` names this server answers to; asked at each request because the port is known only after listening. */
  readonly hosts: () => ReadonlySet<string>
  /** Whether a bearer token may write. */
  readonly mayWrite: (token: string) => Promise<boolean>
  readonly log: (level: LogLevel, message: string) => void
}

/** The HTTP application: guards, the API of the route table, the page. Knows nothing of ports or processes. */
export function makeApp(options: AppOptions): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    const refusal = guardRequest(
      {
        method: context.req.method,
        host: context.req.header('host'),
        origin: context.req.header('origin'),
        site: context.req.header('sec-fetch-site'),
      },
      options.hosts(),
    )
    if (refusal === undefined) await next()
    else context.res = errorAnswer(fail('forbidden', refusal.why), refusal.status)
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.res.headers.set(name, value)
  })
  app.use('/api/*', async (context, next) => {
    context.header('Cache-Control', 'no-store')
    if (!isRead(context.req.method)) {
      const token = bearerOf(context.req.header('authorization'))
      if (token === undefined || !(await options.mayWrite(token))) {
        return errorAnswer(
          fail('login-needed', 'this server is read-only without a token', {
            hint: 'send `Authorization: Bearer …` with a token of `tally token new`',
          }),
        )
      }
    }
    return await next()
  })
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: LIMITS.httpRequestBodyBytes,
      onError: () =>
        errorAnswer(fail('limit-exceeded', `is over the cap httpRequestBodyBytes (${LIMITS.httpRequestBodyBytes})`, { where: 'body' })),
    }),
  )
  const description = openApiOf(options.routes)
  app.get('/api/v1/openapi.json', (context) => context.json(description))
  app.get('/healthz', (context) => context.json({ ok: true }))
  for (const route of options.routes)
    app.on(route.method.toUpperCase(), route.path.replaceAll(/\{([a-zA-Z]+)\}/g, ':$1'), (context) => serveRoute(route, context))
  app.all('/api/*', () => errorAnswer(fail('not-found', 'there is no such operation', { hint: 'see /api/v1/openapi.json' })))
  app.get('*', (context) => servePage(options.page, context))
  app.onError((error) => {
    const known = asTallyError(error)
    if (known.code === 'bug') options.log('warn', redact(error.stack ?? error.message))
    return errorAnswer(known)
  })
  return app
}

async function serveRoute(route: Route, context: Context): Promise<Response> {
  const path = readAll(route.params, context.req.param(), 'path')
  const query = readAll(route.query, context.req.query(), 'query')
  let body: unknown
  if (route.body !== undefined) {
    const bytes = new Uint8Array(await context.req.arrayBuffer())
    body = readOne(route.body, parseJson(bytes, 'body', { code: 'usage' }), 'body')
  }
  return context.json((await route.handle({ path: path as Record<string, string>, query, body })) as object)
}

function readAll(
  schemas: Readonly<Record<string, z.ZodType>>,
  given: Readonly<Record<string, string>>,
  where: string,
): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(schemas, name))
  if (unknown !== undefined) throw fail('usage', `there is no such parameter`, { where: `${where}.${unknown}` })
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, readOne(schema, given[name], `${where}.${name}`)]))
}

function readOne(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw fail('usage', (issue?.message ?? 'is not valid').toLowerCase(), { where: [where, ...(issue?.path ?? []).map(String)].join('.') })
}

function errorAnswer(error: TallyError, status: number = ERROR_TABLE[error.code].http): Response {
  const { code, message, where, hint } = error
  const shown = code === 'bug' ? 'the server could not do this; its log says more' : redact(message)
  return Response.json(
    { error: { code, message: shown, where: where === undefined ? null : redact(where), hint } },
    { status: status === 499 ? 503 : status },
  )
}

function servePage(page: ReadonlyMap<string, PageFile> | undefined, context: Context): Response {
  if (page === undefined)
    return context.text(
      'The page was not built. Run `npm run build`, then start the server again. The API is at /api/v1/openapi.json.\n',
      503,
    )
  const path = new URL(context.req.url).pathname
  // Paths without a file ending are places within the page, which finds its own way.
  const file = page.get(path) ?? (/\.[a-z0-9]+$/.test(path) ? undefined : page.get('/index.html'))
  if (file === undefined) return context.text('not found\n', 404)
  const headers = {
    'Content-Type': file.type,
    ETag: file.etag,
    'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (context.req.header('if-none-match') === file.etag) return new Response(null, { status: 304, headers })
  return new Response(new Uint8Array(file.bytes), { headers })
}

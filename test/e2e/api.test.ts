import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSample } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { openSample, shipInside } from '../support/ship-inside.ts'
import type { Shipped } from '../support/ship-inside.ts'
import { recordShip } from '../../src/chain/record.ts'
import { inventoryMigrations } from '../../src/inventory/tables.ts'
import { localScope } from '../../src/store/scope.ts'
import { describeStores, testDeps } from '../../src/store/stores-for-tests.ts'
import { makeApp } from '../../src/server/app.ts'
import { openApiDocument } from '../../src/server/openapi-document.ts'
import { errorSchema } from '../../src/server/openapi.ts'
import type { Route } from '../../src/server/route.ts'
import { apiRoutes } from '../../src/server/routes.ts'
import { listTokens, makeToken, revokeToken, tokenHolds, tokenMigrations } from '../../src/server/tokens.ts'

// What the API answers about a real run of `ship`, on every database there is, held to the schema it publishes.
const HOST = '127.0.0.1:7447'
let project: SampleProject
let shipped: Shipped
beforeAll(async () => {
  project = await makeSample()
  shipped = await shipInside(project)
})
afterAll(() => project[Symbol.asyncDispose]())

await describeStores('the API', { migrations: [...inventoryMigrations, ...tokenMigrations] }, (under) => {
  const scope = localScope('api')
  let routes: readonly Route[]
  let token = ''
  let app: ReturnType<typeof makeApp>
  let now = new Date('2026-11-25T12:00:00Z')

  beforeAll(async () => {
    await recordShip(under.store(), shipped.outcome)
    token = (await makeToken(testDeps, under.store(), scope, 'ci', 1)).token
    const { ledger } = await openSample(project)
    routes = apiRoutes({
      store: under.store(),
      now: () => now,
      logHead: async () => ({ origin: (await ledger()).origin, checkpoint: await (await ledger()).checkpoint() }),
    })
    app = makeApp({
      routes,
      page: undefined,
      hosts: () => new Set([HOST]),
      mayWrite: async (given) => await tokenHolds(under.store(), scope, given, now),
      log: (_, message) => expect.fail(message),
    })
    now = new Date()
  })

  /** Asks, and holds what is answered to the schema of its route. */
  async function ask(
    path: string,
    init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Promise<{ status: number; body: Record<string, never> & { error?: { code: string } } }> {
    const answer = await app.request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...init.headers } })
    const body = (await answer.json()) as Record<string, never>
    const [pathname = ''] = path.split('?')
    const route = routes.find(
      (each) =>
        each.method === (init.method ?? 'GET').toLowerCase() && new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
    )
    const schema = answer.ok ? route?.response : errorSchema
    expect(schema?.safeParse(body), `${path} ${JSON.stringify(body)}`).toMatchObject({ success: true })
    return { status: answer.status, body }
  }
  const digest = (): string => shipped.receipt.artifact.manifestDigest

  test('every route answers what its description says', async () => {
    const known: Record<string, string> = { digest: digest(), name: encodeURIComponent('greet/prod') }
    const reads = routes.filter((route) => route.method === 'get')
    expect(reads.length).toBeGreaterThan(8)
    for (const route of reads) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '')
      const { status, body } = await ask(`${path}${route.id === 'getImpact' ? '?q=left-hand@2' : ''}`)
      expect(status, path).toBe(200)
      expect(Object.keys(body).length, path).toBeGreaterThan(0)
    }
  })

  test('what ship did is there: artifact, evidence, components, verdict, environments and their history', async () => {
    const { body: list } = await ask('/api/v1/artifacts')
    expect(list['items']).toMatchObject([
      { digest: digest(), name: 'greet', version: '1.0.0', decision: 'allow', environments: ['greet/dev', 'greet/prod'] },
    ])
    const { body: detail } = await ask(`/api/v1/artifacts/${digest()}`)
    expect(detail['evidence']).toHaveLength(5)
    expect(detail['alsoKnownAs']).toEqual([shipped.receipt.artifact.digest])
    expect((await ask(`/api/v1/artifacts/${digest()}/components`)).body['items']).toMatchObject([{ purl: 'pkg:npm/left-hand@2.0.0' }])
    expect((await ask(`/api/v1/artifacts/${digest()}/verdicts`)).body['items']).toMatchObject([
      { decision: 'allow', environment: 'greet/prod' },
    ])
    const events = (await ask(`/api/v1/artifacts/${digest()}/timeline`)).body['events'] as unknown as readonly { at: string }[]
    expect(events.map((event) => event.at)).toEqual(events.map((event) => event.at).toSorted())
    expect((await ask('/api/v1/environments')).body['environments']).toMatchObject([
      { name: 'greet/dev', current: { artifact: digest() } },
      { name: 'greet/prod', from: 'greet/dev', current: { artifact: digest() } },
    ])
    expect((await ask('/api/v1/environments/greet%2Fprod/history')).body['items']).toMatchObject([{ artifact: digest() }])
    expect((await ask('/api/v1/impact?q=left-hand%40%3C3')).body['artifacts']).toMatchObject({ items: [{ digest: digest() }] })
    expect((await ask('/api/v1/impact?q=left-hand%40%3C2')).body['artifacts']).toMatchObject({ items: [] })
  })

  test('the log is the one of the run', async () => {
    expect((await ask('/api/v1/log')).body).toMatchObject({
      size: shipped.receipt.log.size,
      root: shipped.receipt.log.root,
      origin: shipped.receipt.log.origin,
    })
  })

  test('what is not known, or cannot be asked, is an error of the published shape', async () => {
    const unknown = `sha256:${'0'.repeat(64)}`
    for (const path of [`/api/v1/artifacts/${unknown}`, `/api/v1/artifacts/${unknown}/timeline`, '/api/v1/none']) {
      expect(await ask(path), path).toMatchObject({ status: 404, body: { error: { code: 'not-found' } } })
    }
    for (const path of [
      '/api/v1/artifacts/sha256:abc',
      '/api/v1/artifacts?limit=0',
      '/api/v1/artifacts?limit=201',
      '/api/v1/artifacts?after=nonsense',
      '/api/v1/artifacts?page=2',
      '/api/v1/impact',
      '/api/v1/impact?q=',
      '/api/v1/environments?asOf=yesterday',
    ]) {
      expect(await ask(path), path).toMatchObject({ status: 400, body: { error: { code: 'usage' } } })
    }
  })

  test('a deployment is noted by whoever has a token, once, and ends', async () => {
    const note = (artifact: string | null, headers: Record<string, string> = { authorization: `Bearer ${token}` }) =>
      ask('/api/v1/deployments', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ environment: 'greet/prod', workload: 'cluster/greet', artifact }),
      })
    expect(await note(digest(), {})).toMatchObject({ status: 401 })
    expect((await note(digest())).body).toEqual({ changed: true })
    expect((await note(digest())).body).toEqual({ changed: false })
    expect((await ask('/api/v1/impact?q=left-hand@2')).body['artifacts']).toMatchObject({
      items: [{ places: expect.arrayContaining([expect.objectContaining({ workload: 'cluster/greet' })]) }],
    })
    now = new Date(now.getTime() + 1000)
    expect((await note(null)).body).toEqual({ changed: true })
    expect((await note('sha256:abc')).status).toBe(400)
  })

  test('a token holds until it ends or is revoked; only its hash is kept', async () => {
    const store = under.store()
    const made = await makeToken({ ...testDeps, now: () => new Date('2026-01-01T00:00:00Z') }, store, scope, 'old', 1)
    expect(made.note.expiresAt).toBe('2026-01-02T00:00:00.000Z')
    expect(await tokenHolds(store, scope, made.token, new Date('2026-01-01T23:59:59Z'))).toBe(true)
    expect(await tokenHolds(store, scope, made.token, new Date('2026-01-02T00:00:00Z'))).toBe(false)
    const other = await makeToken(testDeps, store, scope, 'other', 30)
    expect(await tokenHolds(store, scope, other.token, now)).toBe(true)
    await revokeToken(store, scope, other.note.id, now)
    expect(await tokenHolds(store, scope, other.token, now)).toBe(false)
    const notes = await listTokens(store, scope)
    expect(notes.map((note) => note.name).toSorted()).toEqual(['ci', 'old', 'other'])
    expect(notes.find((note) => note.name === 'other')?.revokedAt).toBeDefined()
    expect(JSON.stringify(notes)).not.toContain(other.token.slice(10))
    await expect(revokeToken(store, scope, 'none', now)).rejects.toMatchObject({ code: 'not-found' })
    expect(await tokenHolds(store, scope, 'tally_made-up', now)).toBe(false)
  })
})

describe('the description of the API', () => {
  type Operation = {
    operationId: string
    parameters?: { name: string; in: string; required: boolean }[]
    responses: Record<string, unknown>
    security?: unknown
  }
  const document = openApiDocument() as {
    openapi: string
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Record<string, unknown> }
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

  test('is OpenAPI 3.1 with each operation once', () => {
    expect(document.openapi).toBe('3.1.0')
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(ids.length).toBeGreaterThan(9)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('names every parameter of every path, and answers for both ends', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = (operation.parameters ?? []).filter((each) => each.in === 'path')
      expect(
        described.map((each) => each.name),
        path,
      ).toEqual(inPath)
      expect(described.every((each) => each.required)).toBe(true)
      expect(Object.keys(operation.responses)).toEqual(['200', 'default'])
    }
  })

  test('every reference leads somewhere, and writing says that it wants a token', () => {
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name ?? '')
    expect(JSON.stringify(document).match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull()
    for (const { method, operation } of operations) expect(operation.security !== undefined, operation.operationId).toBe(method !== 'get')
  })
})

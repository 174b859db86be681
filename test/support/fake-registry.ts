import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the fake behaves; change any of them between two calls. */
export type FakeSwitches = {
  /** Serves `/referrers/` and says `OCI-Subject`. Off: a registry of before distribution-spec 1.1. */
  referrersApi: boolean
  /** Says `OCI-Subject` although it serves no referrers, as ECR did. */
  claimsSubject: boolean
  auth: 'none' | 'basic' | 'token'
  username: string
  password: string
  /** Another token server than its own, for a registry that fishes for passwords. */
  realm: string | undefined
  /** Changes the last byte of every manifest and blob it gives out. */
  corrupts: boolean
  /** Content-Type of manifests, whatever they are. */
  contentType: string | undefined
  /** Gives blobs out by a redirect to another server (`cdnHost`). */
  redirectsBlobs: boolean
  redirectsTo: string | undefined
  /** How many of the next calls are answered with this status and Retry-After. */
  failing: { times: number; status: number; retryAfter?: string }
  /** Refuses PATCH. */
  takesNoChunks: boolean
  /** Answers mounts with 202, as registries may. */
  mountsNothing: boolean
  /** Entries in a page of referrers and tags. */
  pageSize: number
  /** Refuses a tag write whose If-Match is not what is there. */
  comparesEtags: boolean
}

export type FakeCall = {
  readonly server: 'registry' | 'cdn' | 'token'
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly contentLength: string | undefined
}

type Repo = {
  readonly blobs: Map<string, Buffer>
  readonly manifests: Map<string, { readonly bytes: Buffer; readonly type: string }>
  readonly tags: Map<string, string>
}

export type FakeRegistry = {
  /** `127.0.0.1:<port>`, as in a reference. */
  readonly host: string
  readonly cdnHost: string
  readonly switches: FakeSwitches
  readonly calls: FakeCall[]
  readonly repo: (name: string) => Repo
  readonly close: () => Promise<void>
}

/** Starts a registry in this process: the distribution API on memory, on a free loopback port, with faults to switch on. */
export async function startFakeRegistry(given: Partial<FakeSwitches> = {}): Promise<FakeRegistry> {
  const repos = new Map<string, Repo>()
  const calls: FakeCall[] = []
  const switches: FakeSwitches = {
    referrersApi: true,
    claimsSubject: false,
    auth: 'none',
    username: 'me',
    password: 'secret',
    realm: undefined,
    corrupts: false,
    contentType: undefined,
    redirectsBlobs: false,
    redirectsTo: undefined,
    failing: { times: 0, status: 429 },
    takesNoChunks: false,
    mountsNothing: false,
    pageSize: 1000,
    comparesEtags: false,
    ...given,
  }
  const repo = (name: string): Repo => {
    const known = repos.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() }
    repos.set(name, known)
    return known
  }
  const state: State = { switches, repo, uploads: new Map(), tokens: new Map(), host: '', cdnHost: '' }
  const record = (server: FakeCall['server'], request: IncomingMessage): void => {
    const { method = '', url = '', headers } = request
    calls.push({ server, method, url, authorization: headers.authorization, contentLength: headers['content-length'] })
  }
  const main = await listen((request, response) => {
    record(request.url?.startsWith('/token') === true ? 'token' : 'registry', request)
    return answer(state, request, response)
  })
  const cdn = await listen(async (request, response) => {
    record('cdn', request)
    const [, name = '', digest = ''] = /^\/blob\/(.+)\/(sha256:[0-9a-f]+)\?sig=s3cret$/.exec(request.url ?? '') ?? []
    give(state, response, repo(name).blobs.get(digest))
  })
  state.host = main.host
  state.cdnHost = cdn.host
  return {
    host: main.host,
    cdnHost: cdn.host,
    switches,
    calls,
    repo,
    close: async () => {
      await main.close()
      await cdn.close()
    },
  }
}

type State = {
  readonly switches: FakeSwitches
  readonly repo: (name: string) => Repo
  readonly uploads: Map<string, Buffer>
  readonly tokens: Map<string, string>
  host: string
  cdnHost: string
}
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

async function listen(handler: Handler): Promise<{ host: string; close: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    handler(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { host: `127.0.0.1:${port}`, close }
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { switches } = state
  const url = new URL(request.url ?? '/', `http://${state.host}`)
  const method = request.method ?? 'GET'
  const body = await readBody(request)
  if (switches.failing.times > 0) {
    switches.failing.times -= 1
    const { status, retryAfter } = switches.failing
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end()
    return
  }
  if (url.pathname === '/token') return giveToken(state, request, url, body, response)
  const route = /^\/v2\/(.+)\/(blobs|manifests|referrers|tags)\/(.*)$/.exec(url.pathname)
  const [, name = '', kind = '', last = ''] = route ?? []
  if (!isAuthorized(state, request, name, method)) {
    const realm = switches.realm ?? `http://${state.host}/token`
    const challenge = switches.auth === 'basic' ? 'Basic realm="fake"' : `Bearer realm="${realm}",service="fake"`
    return refuse(response, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge })
  }
  if (url.pathname === '/v2/') return void response.writeHead(200).end('{}')
  if (kind === 'blobs' && last.startsWith('uploads/')) return upload(state, { request, response, method, name, url, body })
  if (kind === 'blobs') return giveBlob(state, response, name, last)
  if (kind === 'manifests' && method === 'PUT') return putManifest(state, { request, response, name, reference: last, body })
  if (kind === 'manifests') return giveManifest(state, response, name, last)
  if (kind === 'referrers' && switches.referrersApi) return giveReferrers(state, response, name, last, url)
  if (kind === 'tags') return giveTags(state, response, name, url)
  refuse(response, 404, 'NOT_FOUND')
}

function isAuthorized(state: State, request: IncomingMessage, name: string, method: string): boolean {
  const { auth, username, password } = state.switches
  const given = request.headers.authorization ?? ''
  if (auth === 'none') return true
  if (auth === 'basic') return given === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const scope = state.tokens.get(given.replace(/^Bearer /, ''))
  if (scope === undefined || name === '') return scope !== undefined
  const isRead = method === 'GET' || method === 'HEAD'
  return (
    scope.split(' ').some((one) => one.startsWith(`repository:${name}:`) && one.endsWith(isRead ? 'pull' : 'push')) ||
    scope.includes(`${name}:pull,push`)
  )
}

function giveToken(state: State, request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): void {
  const { username, password } = state.switches
  const form = new URLSearchParams(body.toString())
  const isBasic = request.headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const isIdentity = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === password
  if (!isBasic && !isIdentity) return refuse(response, 401, 'UNAUTHORIZED')
  const token = randomBytes(12).toString('hex')
  state.tokens.set(token, isIdentity ? (form.get('scope') ?? '') : url.searchParams.getAll('scope').join(' '))
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(isIdentity ? { access_token: token } : { token }))
}

type Upload = { request: IncomingMessage; response: ServerResponse; method: string; name: string; url: URL; body: Buffer }

function upload(state: State, { request, response, method, name, url, body }: Upload): void {
  const repo = state.repo(name)
  const accept = (id: string): void => {
    response.writeHead(202, { location: `/v2/${name}/blobs/uploads/${id}?_state=a%2Fb` }).end()
  }
  if (method === 'POST') {
    const [mount, from] = [url.searchParams.get('mount'), url.searchParams.get('from')]
    const mounted = mount === null || from === null || state.switches.mountsNothing ? undefined : state.repo(from).blobs.get(mount)
    if (mounted !== undefined && mount !== null) {
      repo.blobs.set(mount, mounted)
      return void response.writeHead(201, { location: `/v2/${name}/blobs/${mount}` }).end()
    }
    const id = randomBytes(8).toString('hex')
    state.uploads.set(id, Buffer.alloc(0))
    return accept(id)
  }
  const id = url.pathname.split('/').at(-1) ?? ''
  const before = state.uploads.get(id)
  if (before === undefined) return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN')
  const after = Buffer.concat([before, body])
  if (method === 'PATCH') {
    if (state.switches.takesNoChunks) return refuse(response, 405, 'UNSUPPORTED')
    if (request.headers['content-range'] !== `${before.byteLength}-${after.byteLength - 1}`)
      return refuse(response, 416, 'BLOB_UPLOAD_INVALID')
    state.uploads.set(id, after)
    return accept(id)
  }
  const digest = url.searchParams.get('digest') ?? ''
  if (sha256(after) !== digest) return refuse(response, 400, 'DIGEST_INVALID')
  state.uploads.delete(id)
  repo.blobs.set(digest, after)
  response.writeHead(201, { location: `/v2/${name}/blobs/${digest}` }).end()
}

function giveBlob(state: State, response: ServerResponse, name: string, digest: string): void {
  const { switches } = state
  if (switches.redirectsBlobs) {
    const location = switches.redirectsTo ?? `http://${state.cdnHost}/blob/${name}/${digest}?sig=s3cret`
    return void response.writeHead(307, { location }).end()
  }
  give(state, response, state.repo(name).blobs.get(digest))
}

function give(state: State, response: ServerResponse, bytes: Buffer | undefined, headers: Record<string, string> = {}): void {
  if (bytes === undefined) return refuse(response, 404, 'BLOB_UNKNOWN')
  const sent = Buffer.from(bytes)
  if (state.switches.corrupts && sent.byteLength > 0) sent[sent.byteLength - 1] = (sent.at(-1) ?? 0) ^ 1
  response.writeHead(200, { 'content-length': String(sent.byteLength), 'docker-content-digest': sha256(bytes), ...headers }).end(sent)
}

type Put = { request: IncomingMessage; response: ServerResponse; name: string; reference: string; body: Buffer }

function putManifest(state: State, { request, response, name, reference, body }: Put): void {
  const { switches } = state
  const repo = state.repo(name)
  const digest = sha256(body)
  const isDigest = reference.startsWith('sha256:')
  if (isDigest && reference !== digest) return refuse(response, 400, 'DIGEST_INVALID')
  const expected = request.headers['if-match']
  if (switches.comparesEtags && !isDigest) {
    const current = repo.tags.get(reference)
    if ((expected !== undefined && expected !== `"${current}"`) || (request.headers['if-none-match'] === '*' && current !== undefined)) {
      return refuse(response, 412, 'PRECONDITION')
    }
  }
  const json = JSON.parse(body.toString()) as { config?: Part; layers?: Part[]; manifests?: Part[]; subject?: Part }
  const hasBlobs = [json.config, ...(json.layers ?? [])].every((part) => part === undefined || repo.blobs.has(part.digest))
  if (!hasBlobs) return refuse(response, 400, 'MANIFEST_BLOB_UNKNOWN')
  repo.manifests.set(digest, { bytes: body, type: request.headers['content-type'] ?? '' })
  if (!isDigest) repo.tags.set(reference, digest)
  const isSaid = json.subject !== undefined && (switches.referrersApi || switches.claimsSubject)
  response.writeHead(201, isSaid ? { 'oci-subject': json.subject?.digest } : {}).end()
}
type Part = { digest: string; mediaType: string; size: number }

function giveManifest(state: State, response: ServerResponse, name: string, reference: string): void {
  const repo = state.repo(name)
  const digest = repo.tags.get(reference) ?? reference
  const found = repo.manifests.get(digest)
  const type = state.switches.contentType ?? found?.type ?? ''
  give(state, response, found?.bytes, { 'content-type': type, etag: `"${digest}"` })
}

function giveReferrers(state: State, response: ServerResponse, name: string, digest: string, url: URL): void {
  const all = [...state.repo(name).manifests].flatMap(([id, { bytes, type }]) => {
    const json = JSON.parse(bytes.toString()) as { subject?: Part; artifactType?: string; config?: Part; annotations?: unknown }
    if (json.subject?.digest !== digest) return []
    const artifactType = json.artifactType ?? json.config?.mediaType
    return [{ mediaType: type, digest: id, size: bytes.byteLength, artifactType, annotations: json.annotations }]
  })
  const { page, headers } = pageOf(state, all, url)
  const body = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: page })
  response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json', ...headers }).end(body)
}

function giveTags(state: State, response: ServerResponse, name: string, url: URL): void {
  const { page, headers } = pageOf(state, [...state.repo(name).tags.keys()], url)
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ name, tags: page }))
}

function pageOf<T>(state: State, all: readonly T[], url: URL): { page: readonly T[]; headers: Record<string, string> } {
  const from = Number(url.searchParams.get('from') ?? '0')
  const to = from + state.switches.pageSize
  return { page: all.slice(from, to), headers: to < all.length ? { link: `<${url.pathname}?from=${to}>; rel="next"` } : {} }
}

function refuse(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  const body = JSON.stringify({ errors: [{ code, message: `the fake says ${code.toLowerCase()}` }] })
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

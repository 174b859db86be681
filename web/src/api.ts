import { token } from './session.ts'

// What the page reads of the HTTP API (docs/api.md). Times are RFC 3339, UTC; digests are `sha256:<hex>`; a member without
// a value is absent.

export type Page<T> = { readonly items: readonly T[]; readonly next?: string }
export type Decision = 'allow' | 'deny' | 'unknown'

export type ArtifactSummary = {
  readonly digest: string
  readonly kind: 'file' | 'manifest'
  readonly name: string
  readonly version?: string
  readonly size: number
  readonly firstSeen: string
  readonly decision?: Decision
  readonly environments: readonly string[]
}

export type Place = { readonly environment: string; readonly workload?: string; readonly tag: string; readonly since: string }

export type Evidence = {
  readonly envelope: string
  readonly artifact: string
  readonly predicateType: string
  readonly signer: {
    readonly authority: string
    readonly kind: string
    readonly keyId: string
    readonly identity?: string
    readonly issuer?: string
  }
  readonly time: { readonly at: string; readonly proof: string }
  readonly log?: { readonly index: number; readonly size: number; readonly root: string; readonly checkpointBy: string }
  readonly matched: string
  readonly where: string
  readonly recordedAt: string
  readonly actor: string
}

export type Sbom = {
  readonly id: string
  readonly artifact: string
  readonly completeness: string
  readonly components: number
  readonly tool: string
  readonly created: string
  readonly since: string
  readonly until?: string
}

export type ArtifactDetail = {
  readonly digest: string
  readonly kind: 'file' | 'manifest'
  readonly name: string
  readonly version?: string
  readonly mediaType?: string
  readonly size: number
  readonly firstSeen: string
  readonly alsoKnownAs: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly sboms: readonly Sbom[]
  readonly places: readonly Place[]
}

export type TimelineEvent = { readonly at: string; readonly actor: string } & (
  | { readonly kind: 'seen'; readonly digest: string; readonly name: string }
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | { readonly kind: 'sbom'; readonly id: string; readonly components: number; readonly completeness: string }
  | { readonly kind: 'verdict'; readonly id: string; readonly decision: string; readonly policy: string; readonly environment?: string }
  | { readonly kind: 'tagged'; readonly repository: string; readonly tag: string }
  | { readonly kind: 'became-current' | 'was-replaced'; readonly environment: string; readonly tag: string }
  | { readonly kind: 'deployed' | 'undeployed'; readonly environment: string; readonly workload: string }
)

export type Component = {
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly type: string
  readonly scope: string
  readonly licence?: string
  readonly artifact: string
}

export type Clause = {
  readonly clause: string
  readonly result: 'met' | 'failed' | 'unknown'
  readonly expected: string
  readonly found: string
  readonly next: string
  readonly evidence: readonly string[]
  readonly waivedBy?: string
}

export type Verdict = {
  readonly id: string
  readonly artifact: string
  readonly environment?: string
  readonly decision: Decision
  readonly policy: { readonly name: string; readonly digest: string }
  readonly clauses: readonly Clause[]
  readonly at: string
  readonly actor: string
}

export type CurrentPeriod = {
  readonly artifact: string
  readonly name?: string
  readonly version?: string
  readonly tag: string
  readonly from: string
  readonly until?: string
  readonly actor: string
}

export type Environment = {
  readonly name: string
  readonly from?: string
  readonly registry?: string
  readonly current?: CurrentPeriod
  readonly workloads: number
}

export type PackageMatch = { readonly purl: string; readonly match: 'yes' | 'unknown' }

export type Impact = {
  readonly packages: readonly PackageMatch[]
  readonly incomplete: boolean
  readonly artifacts: Page<{
    readonly digest: string
    readonly name?: string
    readonly version?: string
    readonly packages: readonly PackageMatch[]
    readonly places: readonly Place[]
  }>
}

export type Log = { readonly origin: string; readonly size: number; readonly root: string; readonly checkpoint: string }

/** What went wrong, as the server or the browser told it. */
export type Problem = { readonly code: string; readonly message: string; readonly hint: string }
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem }

type Query = Readonly<Record<string, string | undefined>>

export const api = {
  artifacts: async (query: { search?: string; after?: string }): Promise<Answer<Page<ArtifactSummary>>> => await get('/artifacts', query),
  artifact: async (digest: string): Promise<Answer<ArtifactDetail>> => await get(`/artifacts/${encodeURIComponent(digest)}`),
  timeline: async (digest: string): Promise<Answer<{ readonly events: readonly TimelineEvent[] }>> =>
    await get(`/artifacts/${encodeURIComponent(digest)}/timeline`),
  components: async (digest: string, after?: string): Promise<Answer<Page<Component>>> =>
    await get(`/artifacts/${encodeURIComponent(digest)}/components`, { after, limit: '200' }),
  verdicts: async (digest: string, after?: string): Promise<Answer<Page<Verdict>>> =>
    await get(`/artifacts/${encodeURIComponent(digest)}/verdicts`, { after }),
  environments: async (): Promise<Answer<{ readonly environments: readonly Environment[] }>> => await get('/environments'),
  history: async (environment: string, after?: string): Promise<Answer<Page<CurrentPeriod>>> =>
    await get(`/environments/${encodeURIComponent(environment)}/history`, { after }),
  impact: async (query: { q: string; after?: string }): Promise<Answer<Impact>> => await get('/impact', query),
  log: async (): Promise<Answer<Log>> => await get('/log'),
}

async function get<T>(path: string, query: Query = {}): Promise<Answer<T>> {
  const url = new URL(`/api/v1${path}`, location.origin)
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') url.searchParams.set(name, value)
  const held = token()
  try {
    const response = await fetch(url, { headers: held === undefined ? {} : { Authorization: `Bearer ${held}` } })
    const body: unknown = await response.json()
    if (response.ok) return { ok: true, value: body as T }
    return { ok: false, problem: problemOf(body, response.status) }
  } catch {
    return {
      ok: false,
      problem: { code: 'network', message: 'the server does not answer', hint: 'start it again with `tally serve`, then reload this page' },
    }
  }
}

function problemOf(body: unknown, status: number): Problem {
  const error = (body as { error?: Partial<Problem> } | null)?.error
  return { code: error?.code ?? String(status), message: error?.message ?? `the server answered ${status}`, hint: error?.hint ?? '' }
}

import { z } from 'zod'
import { artifactDetail } from '../inventory/artifact-detail.ts'
import { componentsOf } from '../inventory/components.ts'
import { currentHistory, environments } from '../inventory/environments.ts'
import { impact } from '../inventory/impact.ts'
import { listArtifacts } from '../inventory/list-artifacts.ts'
import { recordDeployment } from '../inventory/record-places.ts'
import { timelineOf } from '../inventory/timeline.ts'
import { verdictsOf } from '../inventory/verdicts.ts'
import { parseDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { openedCheckpoint } from '../ledger/checkpoint-facts.ts'
import { localScope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import * as answer from './schemas.ts'
import type { Route, RouteInput } from './route.ts'

export type RouteDeps = {
  readonly store: Store
  readonly now: () => Date
  /** The log's name and last signed checkpoint; undefined while nothing was logged. */
  readonly logHead: () => Promise<{ readonly origin: string; readonly checkpoint: string } | undefined>
}

const digestParam = { digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<64 hexadecimal digits>') }
const paging = {
  after: z.string().max(4096).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a number from 1 to 200')
    .transform(Number)
    .pipe(z.number().max(200, 'must be a number from 1 to 200'))
    .optional(),
}
const asOf = { asOf: z.iso.datetime({ offset: true }).optional().describe('RFC 3339: what was known then') }

/** Every operation of the API. Reading is a query of the inventory; nothing here decides anything. */
export function apiRoutes({ store, now, logHead }: RouteDeps): readonly Route[] {
  const scope = localScope('api')
  const known = async (input: RouteInput): Promise<Digest> => {
    const digest = parseDigest(input.path['digest'] ?? '')
    if ((await artifactDetail(store, scope, digest)) === undefined)
      throw fail('not-found', 'is not known here', { where: digest, hint: 'ship or record it first' })
    return digest
  }
  return [
    {
      method: 'get',
      path: '/api/v1/artifacts',
      id: 'listArtifacts',
      summary: 'Artifacts, the newest first',
      params: {},
      query: { search: z.string().max(200).optional(), ...paging },
      response: answer.pageOf(answer.artifactSummary),
      handle: async ({ query }) => await listArtifacts(store, scope, query),
    },
    {
      method: 'get',
      path: '/api/v1/artifacts/{digest}',
      id: 'getArtifact',
      summary: 'All that is known of one artifact',
      params: digestParam,
      query: {},
      response: answer.artifactDetail,
      handle: async (input) => await artifactDetail(store, scope, await known(input)),
    },
    {
      method: 'get',
      path: '/api/v1/artifacts/{digest}/timeline',
      id: 'getTimeline',
      summary: 'What happened to it, the oldest first',
      params: digestParam,
      query: {},
      response: answer.timeline,
      handle: async (input) => ({ events: await timelineOf(store, scope, await known(input)) }),
    },
    {
      method: 'get',
      path: '/api/v1/artifacts/{digest}/components',
      id: 'listComponents',
      summary: 'What it consists of',
      params: digestParam,
      query: { ...paging, ...asOf },
      response: answer.pageOf(answer.component),
      handle: async (input) => await componentsOf(store, scope, await known(input), input.query),
    },
    {
      method: 'get',
      path: '/api/v1/artifacts/{digest}/verdicts',
      id: 'listVerdicts',
      summary: 'Verdicts on it, clause by clause, the newest first',
      params: digestParam,
      query: paging,
      response: answer.pageOf(answer.verdict),
      handle: async (input) => await verdictsOf(store, scope, await known(input), input.query),
    },
    {
      method: 'get',
      path: '/api/v1/environments',
      id: 'listEnvironments',
      summary: 'Environments and what is current in each',
      params: {},
      query: asOf,
      response: z.object({ environments: z.array(answer.environment) }),
      handle: async ({ query }) => ({ environments: await environments(store, scope, query) }),
    },
    {
      method: 'get',
      path: '/api/v1/environments/{name}/history',
      id: 'getEnvironmentHistory',
      summary: 'What `current` was, the newest first',
      params: { name: z.string().max(64) },
      query: paging,
      response: answer.pageOf(answer.currentPeriod),
      handle: async ({ path, query }) => await currentHistory(store, scope, path['name'] ?? '', query),
    },
    {
      method: 'get',
      path: '/api/v1/impact',
      id: 'getImpact',
      summary: 'Which artifacts hold a package, and where they run',
      params: {},
      query: { q: z.string().min(1).max(500).describe('a package URL, or name@range'), ...paging, ...asOf },
      response: answer.impact,
      handle: async ({ query: { q, ...question } }) => await impact(store, scope, String(q), question),
    },
    {
      method: 'get',
      path: '/api/v1/log',
      id: 'getLog',
      summary: 'The last signed checkpoint of the log',
      params: {},
      query: {},
      response: answer.logHead,
      handle: async () => {
        const head = await logHead()
        if (head === undefined) throw fail('not-found', 'nothing was logged yet', { where: 'log' })
        return { ...head, ...openedCheckpoint(head.checkpoint) }
      },
    },
    {
      method: 'post',
      path: '/api/v1/deployments',
      id: 'recordDeployment',
      summary: 'Note what a workload runs',
      params: {},
      query: {},
      body: z.strictObject({
        environment: z.string().min(1).max(64),
        workload: z.string().min(1).max(512),
        artifact: z
          .string()
          .regex(/^sha256:[0-9a-f]{64}$/)
          .nullable()
          .describe('null: it no longer runs anything'),
        tag: z.string().max(128).optional(),
        at: z.iso.datetime({ offset: true }).optional(),
      }),
      response: z.object({ changed: z.boolean() }),
      handle: async ({ body }) => {
        const note = body as { environment: string; workload: string; artifact: string | null; tag?: string; at?: string }
        const { environment, workload, tag } = note
        const artifact = note.artifact === null ? undefined : parseDigest(note.artifact)
        const changed = await recordDeployment(store, scope, {
          environment,
          workload,
          artifact,
          at: note.at ?? now().toISOString(),
          ...(tag === undefined ? {} : { tag }),
        })
        return { changed }
      },
    },
  ]
}

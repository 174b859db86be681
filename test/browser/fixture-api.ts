import { z } from 'zod'
import { digestOf } from '../../src/kernel/digest.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { fail } from '../../src/kernel/errors.ts'
import type { Route } from '../../src/server/route.ts'

const digest = (text: string): string => digestOf(utf8(text))

const CURRENT = digest('shelf 1.4.0 manifest')
const FILE = digest('shelf 1.4.0 file')
const BEFORE = digest('shelf 1.3.2 manifest')
const REFUSED = digest('shelf 1.5.0 manifest')
export const DIGESTS = { CURRENT, FILE, BEFORE, REFUSED, UNKNOWN: digest('nobody knows') }

const signer = { authority: 'this-machine', kind: 'local', keyId: '8f14e45fceea167a5a36dedd4bea2543c2f1d7d3e0a2f2f8f3c1ab7a1f1f0c11' }
const team = { authority: 'release-team', kind: 'key', keyId: 'c9f0f895fb98ab9159f51fd0297e236d7b8e3b3e9a4d1f6f1b7d2a8c5e4f3a21' }

const evidence = (predicateType: string, minute: number, index: number, by: typeof signer = signer) => ({
  envelope: digest(`${predicateType} ${minute}`),
  artifact: CURRENT,
  predicateType,
  signer: by,
  time: { at: `2026-11-24T09:${minute}:12Z`, proof: index % 2 === 0 ? 'log' : 'asserted' },
  log: { index, size: index + 3, root: digest(`root ${index}`).slice(7), checkpointBy: 'shelf.example/log' },
  matched: 'manifest',
  where: 'oci:/data/registry/dev',
  recordedAt: `2026-11-24T09:${minute}:13Z`,
  actor: 'ada',
})

const EVIDENCE = [
  evidence('https://sigstore.dev/cosign/sign/v1', 30, 40),
  evidence('https://slsa.dev/provenance/v1', 30, 41),
  evidence('https://cyclonedx.org/bom', 30, 42),
  evidence('https://in-toto.io/attestation/test-result/v0.1', 30, 43),
  evidence('https://slsa.dev/verification_summary/v1', 31, 44, team),
]

const current = (artifact: string, version: string, from: string, until?: string) => ({
  artifact,
  name: 'shelf',
  version,
  tag: `${version}-3f2a9c1d7b60`,
  from,
  ...(until === undefined ? {} : { until }),
  actor: 'ada',
})

const PLACES = [
  { environment: 'dev', tag: '1.4.0-3f2a9c1d7b60', since: '2026-11-24T09:30:40Z' },
  { environment: 'prod', tag: '1.4.0-3f2a9c1d7b60', since: '2026-11-24T09:31:40Z' },
  { environment: 'prod', workload: 'web/deployment/shelf', tag: '1.4.0-3f2a9c1d7b60', since: '2026-11-24T10:02:00Z' },
]

const ARTIFACTS = [
  {
    digest: REFUSED,
    kind: 'manifest',
    name: 'shelf',
    version: '1.5.0',
    size: 2_412_233,
    firstSeen: '2026-11-25T08:12:00Z',
    decision: 'deny',
    environments: ['dev'],
  },
  {
    digest: CURRENT,
    kind: 'manifest',
    name: 'shelf',
    version: '1.4.0',
    size: 2_391_004,
    firstSeen: '2026-11-24T09:30:10Z',
    decision: 'allow',
    environments: ['dev', 'prod'],
  },
  {
    digest: digest('label-printer'),
    kind: 'manifest',
    name: 'registry.example/tools/label-printer',
    size: 187_221_984,
    firstSeen: '2026-11-20T16:45:00Z',
    decision: 'unknown',
    environments: [],
  },
  {
    digest: BEFORE,
    kind: 'manifest',
    name: 'shelf',
    version: '1.3.2',
    size: 2_388_117,
    firstSeen: '2026-11-02T11:00:00Z',
    decision: 'allow',
    environments: [],
  },
  { digest: digest('notes'), kind: 'file', name: 'notes.tar.gz', size: 18_220, firstSeen: '2026-10-30T07:20:00Z', environments: [] },
]

const met = (clause: string, expected: string, found: string) => ({ clause, result: 'met', expected, found, next: '', evidence: [] })
const MET = [
  met('signature', 'a signature from this-machine', 'signed by this-machine (local key: proves only this machine)'),
  met('provenance', 'a provenance from this-machine', 'one, envelope 5b1f…'),
  met('provenance.builder', 'https://tallystick.dev/builder/local/v1', 'https://tallystick.dev/builder/local/v1'),
  met('provenance.commit', 'HEAD, 3f2a9c1d7b60', '3f2a9c1d7b60'),
  met('provenance.clean', 'nothing uncommitted before or after the build', 'clean'),
  met('sbom.bound', `an SBOM that is about ${CURRENT}`, 'bound by its statement'),
  met('log', 'signature, provenance, sbom and check in the log', 'entries 40 to 43 of a log of 47'),
]

const UNMET = [
  {
    clause: 'sbom',
    result: 'failed',
    expected: 'an SBOM from this-machine that is bound to this artifact',
    found: 'one SBOM, about another digest',
    next: 'tally attest shelf-1.5.0.tgz --type cyclonedx --predicate sbom.json',
    evidence: [],
  },
  {
    clause: 'check',
    result: 'unknown',
    expected: 'a check result PASSED from this-machine',
    found: 'one that could not be read: the signature does not match its bytes and key',
    next: 'tally check && tally ship --to prod',
    evidence: [],
    waivedBy: 'w-7',
  },
]

const verdict = (artifact: string, decision: string, clauses: readonly object[], at: string) => ({
  id: digest(`verdict ${artifact} ${at}`),
  artifact,
  environment: 'prod',
  decision,
  policy: { name: 'prod', digest: digest('policy/prod.yaml') },
  clauses,
  at,
  actor: 'ada',
})

const COMPONENTS = [
  '@hono/node-server 2.1.8 MIT',
  'hono 4.13.19 MIT',
  'kysely 0.29.9 MIT',
  'pg 8.23.1 MIT',
  'yaml 2.9.1 ISC',
  'split2 4.2.0 ',
  'zod 4.6.7 MIT',
].map((line) => {
  const [name = '', version = '', licence = ''] = line.split(' ')
  return {
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    name,
    version,
    type: 'library',
    scope: 'required',
    ...(licence === '' ? {} : { licence }),
    artifact: CURRENT,
  }
})

const TIMELINE = [
  { kind: 'seen', at: '2026-11-24T09:30:10Z', actor: 'ada', digest: CURRENT, name: 'shelf' },
  ...EVIDENCE.slice(0, 4).map((each) => ({ kind: 'evidence', at: each.time.at, actor: each.actor, evidence: each })),
  { kind: 'sbom', at: '2026-11-24T09:30:14Z', actor: 'ada', id: digest('sbom'), components: COMPONENTS.length, completeness: 'complete' },
  { kind: 'tagged', at: '2026-11-24T09:30:39Z', actor: 'ada', repository: 'dev', tag: '1.4.0-3f2a9c1d7b60' },
  { kind: 'became-current', at: '2026-11-24T09:30:40Z', actor: 'ada', environment: 'dev', tag: '1.4.0-3f2a9c1d7b60' },
  { kind: 'verdict', at: '2026-11-24T09:31:38Z', actor: 'ada', id: digest('v'), decision: 'allow', policy: 'prod', environment: 'prod' },
  ...EVIDENCE.slice(4).map((each) => ({ kind: 'evidence', at: '2026-11-24T09:31:39Z', actor: each.actor, evidence: each })),
  { kind: 'became-current', at: '2026-11-24T09:31:40Z', actor: 'ada', environment: 'prod', tag: '1.4.0-3f2a9c1d7b60' },
  { kind: 'deployed', at: '2026-11-24T10:02:00Z', actor: 'cluster', environment: 'prod', workload: 'web/deployment/shelf' },
]

const ENVIRONMENTS = [
  { name: 'dev', registry: 'default', current: current(REFUSED, '1.5.0', '2026-11-25T08:12:30Z'), workloads: 0 },
  { name: 'stage', from: 'dev', registry: 'default', workloads: 0 },
  {
    name: 'prod',
    from: 'stage',
    registry: 'registry.example/shelf',
    current: current(CURRENT, '1.4.0', '2026-11-24T09:31:40Z'),
    workloads: 1,
  },
]

function detailOf(asked: string): object {
  const summary = ARTIFACTS.find((each) => each.digest === (asked === FILE ? CURRENT : asked))
  if (summary === undefined) throw fail('not-found', 'is not known here', { where: asked })
  const { decision: _decision, environments: _environments, ...rest } = summary
  const isCurrent = summary.digest === CURRENT
  return {
    ...rest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    alsoKnownAs: isCurrent ? [FILE] : [],
    evidence: isCurrent ? EVIDENCE : [],
    sboms: isCurrent
      ? [
          {
            id: digest('sbom'),
            artifact: CURRENT,
            completeness: 'complete',
            components: COMPONENTS.length,
            tool: 'tally 0.1.0',
            created: '2026-11-24T09:28:55Z',
            since: '2026-11-24T09:30:14Z',
          },
        ]
      : [],
    places: isCurrent ? PLACES : [],
  }
}

/** The operations the page reads, over a small made-up company: a shop's program `shelf`, shipped three times, refused once. `empty` has nothing yet. */
export function fixtureRoutes(state: 'full' | 'empty'): readonly Route[] {
  const full = state === 'full'
  const get = (
    path: string,
    handle: (path: string, query: Readonly<Record<string, string | undefined>>) => unknown,
    query: readonly string[] = [],
  ): Route => ({
    method: 'get',
    path: `/api/v1${path}`,
    id: path,
    summary: path,
    params: Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name ?? '', z.string()])),
    query: Object.fromEntries([...query, 'after', 'limit'].map((name) => [name, z.string().optional()])),
    response: z.unknown(),
    handle: async (input) =>
      await Promise.resolve(handle(Object.values(input.path)[0] ?? '', input.query as Readonly<Record<string, string | undefined>>)),
  })
  return [
    get(
      '/artifacts',
      (_path, { search = '', after }) => {
        const found = full ? ARTIFACTS.filter((each) => each.name.includes(search) || each.digest.slice(7).startsWith(search)) : []
        return after === 'third' ? { items: found.slice(3) } : { items: found.slice(0, 3), ...(found.length > 3 ? { next: 'third' } : {}) }
      },
      ['search'],
    ),
    get('/artifacts/{digest}', (asked) => detailOf(asked)),
    get('/artifacts/{digest}/timeline', (asked) => ({ events: asked === CURRENT ? TIMELINE : [] })),
    get('/artifacts/{digest}/components', (asked) => ({ items: asked === CURRENT ? COMPONENTS : [] })),
    get('/artifacts/{digest}/verdicts', (asked) => {
      if (asked === REFUSED)
        return { items: [verdict(asked, 'deny', [...MET.slice(0, 2), ...UNMET, ...MET.slice(2)], '2026-11-25T08:12:40Z')] }
      return { items: asked === CURRENT ? [verdict(asked, 'allow', MET, '2026-11-24T09:31:38Z')] : [] }
    }),
    get('/environments', () => ({ environments: full ? ENVIRONMENTS : [] })),
    get('/environments/{name}/history', (name) => ({
      items:
        name === 'prod'
          ? [current(CURRENT, '1.4.0', '2026-11-24T09:31:40Z'), current(BEFORE, '1.3.2', '2026-11-02T11:03:00Z', '2026-11-24T09:31:40Z')]
          : [],
    })),
    get(
      '/impact',
      (_path, { q = '' }) => {
        if (q.startsWith('<'))
          throw fail('reference-invalid', 'is neither a package URL nor name@range', {
            where: q,
            hint: 'write pkg:npm/left-pad or left-pad@<1.3.1',
          })
        const packages = q.includes('zod')
          ? [
              { purl: 'pkg:npm/zod@4.6.7', match: 'yes' },
              { purl: 'pkg:npm/zod@next', match: 'unknown' },
            ]
          : []
        const items = packages.length > 0 ? [{ digest: CURRENT, name: 'shelf', version: '1.4.0', packages, places: PLACES }] : []
        return { packages, incomplete: false, artifacts: { items } }
      },
      ['q'],
    ),
    get('/log', () => {
      if (!full) throw fail('not-found', 'nothing was logged yet')
      return { origin: 'shelf.example/log', size: 47, root: digest('root'), checkpoint: '' }
    }),
  ]
}

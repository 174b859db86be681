import { z } from 'zod'

// The shapes of answers (docs/api.md), as the API's description shows them.

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const time = z.string()
const decision = z.enum(['allow', 'deny', 'unknown'])

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() })
}

export const artifactSummary = z.object({
  digest,
  kind: z.enum(['file', 'manifest']),
  name: z.string(),
  version: z.string().optional(),
  size: z.number().int(),
  firstSeen: time,
  decision: decision.optional(),
  environments: z.array(z.string()),
})

const signer = z.object({
  authority: z.string(),
  kind: z.string(),
  keyId: z.string(),
  identity: z.string().optional(),
  issuer: z.string().optional(),
})

export const evidence = z.object({
  envelope: digest,
  artifact: digest,
  predicateType: z.string(),
  signer,
  time: z.object({ at: time, proof: z.string() }),
  log: z.object({ index: z.number().int(), size: z.number().int(), root: z.string(), checkpointBy: z.string() }).optional(),
  matched: z.string(),
  where: z.string(),
  recordedAt: time,
  actor: z.string(),
})

export const place = z.object({ environment: z.string(), workload: z.string().optional(), tag: z.string(), since: time })

export const artifactDetail = z.object({
  digest,
  kind: z.enum(['file', 'manifest']),
  name: z.string(),
  version: z.string().optional(),
  mediaType: z.string().optional(),
  size: z.number().int(),
  firstSeen: time,
  alsoKnownAs: z.array(digest),
  evidence: z.array(evidence),
  sboms: z.array(z.looseObject({ id: digest, artifact: digest, completeness: z.string(), components: z.number().int() })),
  places: z.array(place),
})

export const timeline = z.object({ events: z.array(z.looseObject({ at: time, actor: z.string(), kind: z.string() })) })

export const component = z.object({
  purl: z.string(),
  name: z.string(),
  version: z.string(),
  type: z.string(),
  scope: z.string(),
  licence: z.string().optional(),
  artifact: digest,
})

export const clause = z.object({
  clause: z.string(),
  result: z.enum(['met', 'failed', 'unknown']),
  expected: z.string(),
  found: z.string(),
  next: z.string(),
  evidence: z.array(digest),
  waivedBy: z.string().optional(),
})

export const verdict = z.object({
  id: digest,
  artifact: digest,
  environment: z.string().optional(),
  decision,
  policy: z.object({ name: z.string(), digest }),
  clauses: z.array(clause),
  at: time,
  actor: z.string(),
})

export const currentPeriod = z.object({
  artifact: digest,
  name: z.string().optional(),
  version: z.string().optional(),
  tag: z.string(),
  from: time,
  until: time.optional(),
  actor: z.string(),
})

export const environment = z.object({
  name: z.string(),
  from: z.string().optional(),
  registry: z.string().optional(),
  current: currentPeriod.optional(),
  workloads: z.number().int(),
})

const packageMatch = z.object({ purl: z.string(), match: z.enum(['yes', 'unknown']) })

export const impact = z.object({
  packages: z.array(packageMatch),
  incomplete: z.boolean(),
  artifacts: pageOf(
    z.object({
      digest,
      name: z.string().optional(),
      version: z.string().optional(),
      packages: z.array(packageMatch),
      places: z.array(place),
    }),
  ),
})

export const logHead = z.object({ origin: z.string(), size: z.number().int(), root: z.string(), checkpoint: z.string() })

import { z } from 'zod'

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)

const clause = z.strictObject({
  clause: z.string(),
  result: z.enum(['met', 'failed', 'unknown']),
  expected: z.string(),
  found: z.string(),
  next: z.string(),
  evidence: z.array(digest),
  waivedBy: z.string().optional(),
})

/**
 * What `tally ship --format json` prints: schemas/receipt.schema.json. Paths in it are of this machine and stand in no
 * evidence.
 */
export const shipReceiptSchema = z.strictObject({
  schema: z.literal('https://tallystick.dev/schemas/receipt/v1'),
  project: z.string(),
  artifact: z.strictObject({
    name: z.string(),
    version: z.string(),
    path: z.string(),
    digest: digest.describe('of the shipped file, or of the image manifest'),
    reference: z.string(),
    manifestDigest: digest,
  }),
  source: z.strictObject({
    commit: z.string().nullable(),
    branch: z.string().nullable(),
    dirty: z.boolean(),
    repository: z.string().nullable(),
  }),
  check: z.strictObject({ result: z.enum(['PASSED', 'WARNED', 'FAILED']), findings: z.number().int(), digest }),
  sbom: z.strictObject({
    digest,
    path: z.string(),
    components: z.number().int(),
    completeness: z.enum(['complete', 'incomplete', 'unknown']),
  }),
  provenance: z.strictObject({ digest, builder: z.string(), sourceCommit: z.string().nullable() }),
  signer: z.strictObject({ keyId: z.string(), publicKeyFile: z.string(), kind: z.enum(['local', 'key']) }),
  log: z.strictObject({
    index: z.number().int(),
    size: z.number().int(),
    root: z.string(),
    origin: z.string(),
    checkpoint: z.string().describe('the signed checkpoint: keep it, and `tally log check --against` proves that the log only grew'),
  }),
  evidence: z.array(z.strictObject({ predicateType: z.string(), digest, index: z.number().int(), authority: z.string() })),
  verdict: z
    .strictObject({
      decision: z.enum(['allow', 'deny', 'unknown']),
      policy: z.strictObject({ name: z.string(), digest, path: z.string() }),
      clauses: z.array(clause),
    })
    .nullable(),
  promoted: z.strictObject({ environment: z.string(), reference: z.string(), tag: z.string() }).nullable(),
  reached: z.string().describe('the last environment it is in'),
  target: z.string().describe('the environment it was to reach'),
  notProven: z.array(z.string()),
  tool: z.strictObject({ version: z.string(), node: z.string(), executable: z.string() }),
})

/** The receipt of one run of `ship`. */
export type ShipReceipt = z.infer<typeof shipReceiptSchema>

import { z } from 'zod'
import type { Reading } from '../clauses/clause.ts'

/** What a verification summary says (slsa.dev/spec/v1.1/verification_summary). */
export type VsaFacts = {
  readonly verifierId: string
  readonly timeVerified?: string
  readonly resourceUri: string
  readonly policy: { readonly uri?: string; readonly sha256?: string }
  readonly result: 'PASSED' | 'FAILED'
  readonly levels: readonly string[]
}

const predicate = z.object({
  verifier: z.object({ id: z.string().min(1) }),
  timeVerified: z.string().optional(),
  resourceUri: z.string(),
  policy: z.object({ uri: z.string().optional(), digest: z.record(z.string(), z.string()).optional() }),
  verificationResult: z.enum(['PASSED', 'FAILED']),
  verifiedLevels: z.array(z.string()).default([]),
})

export function readVsa(value: unknown): Reading<VsaFacts> {
  const parsed = predicate.safeParse(value)
  if (!parsed.success)
    return { ok: false, why: `its predicate is no verification summary (${parsed.error.issues[0]?.path.join('.') ?? ''})` }
  const { verifier, timeVerified, resourceUri, policy, verificationResult, verifiedLevels } = parsed.data
  const sha256 = policy.digest?.['sha256']
  return {
    ok: true,
    facts: {
      verifierId: verifier.id,
      resourceUri,
      policy: { ...(policy.uri === undefined ? {} : { uri: policy.uri }), ...(sha256 === undefined ? {} : { sha256 }) },
      result: verificationResult,
      levels: verifiedLevels,
      ...(timeVerified === undefined ? {} : { timeVerified }),
    },
  }
}

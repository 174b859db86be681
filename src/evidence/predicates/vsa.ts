import { z } from 'zod'
import { digestSet, timestamp, uri } from './parts.ts'

const described = z.looseObject({ uri: z.string().max(4096).optional(), digest: digestSet.optional() })

/** SLSA verification summary v1 (slsa.dev/spec/v1.1/verification_summary). */
export const vsaSchema = z.looseObject({
  verifier: z.looseObject({ id: uri, version: z.record(z.string(), z.string()).optional() }),
  timeVerified: timestamp.optional(),
  resourceUri: z.string().min(1).max(4096),
  policy: described,
  inputAttestations: z.array(described).optional(),
  verificationResult: z.enum(['PASSED', 'FAILED']),
  verifiedLevels: z.array(z.string().min(1).max(256)),
  dependencyLevels: z.record(z.string(), z.number().int().min(0)).optional(),
  slsaVersion: z.string().max(32).optional(),
})
export type Vsa = z.infer<typeof vsaSchema>

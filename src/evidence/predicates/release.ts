import { z } from 'zod'

/** in-toto release v0.1 (in-toto attestation, spec/predicates/release.md). */
export const releaseSchema = z.looseObject({
  purl: z
    .string()
    .max(4096)
    .regex(/^pkg:[A-Za-z0-9.+-]+\/\S+$/, 'is not a package URL'),
  releaseId: z.string().max(1024).optional(),
})
export type Release = z.infer<typeof releaseSchema>

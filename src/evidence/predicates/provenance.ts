import { z } from 'zod'
import { object, resource, timestamp, uri } from './parts.ts'

/** SLSA provenance v1 (slsa.dev/spec/v1.1/provenance). */
export const provenanceSchema = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: uri,
    externalParameters: object,
    internalParameters: object.optional(),
    resolvedDependencies: z.array(resource).optional(),
  }),
  runDetails: z.looseObject({
    builder: z.looseObject({
      id: uri,
      version: z.record(z.string(), z.string()).optional(),
      builderDependencies: z.array(resource).optional(),
    }),
    metadata: z
      .looseObject({ invocationId: z.string().optional(), startedOn: timestamp.optional(), finishedOn: timestamp.optional() })
      .optional(),
    byproducts: z.array(resource).optional(),
  }),
})
export type Provenance = z.infer<typeof provenanceSchema>

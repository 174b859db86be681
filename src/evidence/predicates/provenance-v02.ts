import { z } from 'zod'
import { digestSet, object, timestamp, uri } from './parts.ts'

const source = z.looseObject({ uri: z.string().max(4096).optional(), digest: digestSet.optional(), entryPoint: z.string().optional() })
const material = z.looseObject({ uri: z.string().max(4096).optional(), digest: digestSet.optional() })
const metadata = z.looseObject({
  buildInvocationId: z.string().optional(),
  buildStartedOn: timestamp.optional(),
  buildFinishedOn: timestamp.optional(),
})

/** SLSA provenance v0.2 (slsa.dev/provenance/v0.2), as the GitHub generator, npm and BuildKit wrote it. */
export const provenanceV02Schema = z.looseObject({
  builder: z.looseObject({ id: uri }),
  buildType: z.string().min(1).max(4096),
  invocation: z
    .looseObject({ configSource: source.optional(), parameters: z.unknown().optional(), environment: z.unknown().optional() })
    .optional(),
  metadata: metadata.nullish(),
  materials: z.array(material).nullish(),
})

/** SLSA provenance v0.1 (slsa.dev/provenance/v0.1), as Google Cloud Build wrote it. */
export const provenanceV01Schema = z.looseObject({
  builder: z.looseObject({ id: uri }),
  recipe: z.looseObject({
    type: z.string().min(1).max(4096),
    entryPoint: z.string().optional(),
    arguments: object.nullish(),
  }),
  metadata: metadata.nullish(),
  materials: z.array(material).nullish(),
})

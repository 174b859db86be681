import { z } from 'zod'

/** CycloneDX JSON as a predicate: the members that say it is one. The sbom room reads the rest. */
export const cyclonedxSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string().regex(/^1\.\d{1,2}$/, 'is not a version of CycloneDX JSON'),
  components: z.array(z.looseObject({ name: z.string() })).optional(),
})

import { z } from 'zod'

/** SPDX 2 JSON as a predicate: the members that say it is one. SPDX as text is a string and is refused here. */
export const spdxSchema = z.looseObject({
  spdxVersion: z.string().regex(/^SPDX-2\.\d{1,2}$/, 'is not a version of SPDX 2'),
  SPDXID: z.string().min(1),
  packages: z.array(z.looseObject({ name: z.string(), SPDXID: z.string() })).optional(),
})

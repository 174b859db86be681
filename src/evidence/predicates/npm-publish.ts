import { z } from 'zod'
import { uri } from './parts.ts'

/** npm publish attestation v0.1 (npm/attestation, specs/publish/v0.1): what a package registry says of what it took in. */
export const npmPublishSchema = z.looseObject({
  name: z.string().min(1).max(512),
  version: z.string().min(1).max(256),
  registry: uri,
})

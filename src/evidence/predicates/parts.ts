import { z } from 'zod'

/** RFC 3339 time with a zone, as in-toto's Timestamp. */
export const timestamp = z
  .string()
  .max(64)
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/, 'is not an RFC 3339 time')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is not a time that exists')

/** A URI: a scheme, a colon, something. What is behind it is compared as text, never fetched. */
export const uri = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/, 'is not a URI')

export const digestSet = z.record(z.string().min(1).max(64), z.string().min(1).max(512))

/** in-toto ResourceDescriptor v1: at least one of name, uri, digest and content. */
export const resource = z
  .looseObject({
    name: z.string().max(4096).optional(),
    uri: z.string().max(4096).optional(),
    digest: digestSet.optional(),
    content: z.string().optional(),
    downloadLocation: z.string().max(4096).optional(),
    mediaType: z.string().max(256).optional(),
    annotations: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((one) => one.name !== undefined || one.uri !== undefined || one.digest !== undefined || one.content !== undefined, {
    message: 'names nothing: name, uri, digest and content are all missing',
  })

export const object = z.record(z.string(), z.unknown())

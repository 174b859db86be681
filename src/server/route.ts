import type { z } from 'zod'

/** What a handler is given: parameters that fit their schemas, and who asks. */
export type RouteInput = {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** One operation of the API: its description is its implementation's contract, and docs/openapi.json is made of it. */
export type Route = {
  readonly method: 'get' | 'post' | 'delete'
  /** `/api/v1/artifacts/{digest}` */
  readonly path: string
  readonly id: string
  readonly summary: string
  readonly params: Readonly<Record<string, z.ZodType>>
  readonly query: Readonly<Record<string, z.ZodType>>
  readonly body?: z.ZodType
  readonly response: z.ZodType
  /** Throws TallyError; `not-found` for what is not there. */
  readonly handle: (input: RouteInput) => Promise<unknown>
}

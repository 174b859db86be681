import type { z } from 'zod'
import { fail } from './errors.ts'
import type { ErrorCode } from './errors.ts'

/**
 * Reads a value by a schema at an edge. Out: the typed value. Throws `code` naming the first field that is wrong and why;
 * values are not repeated in the message, since they may be secret.
 */
export function readShape<T>(schema: z.ZodType<T>, value: unknown, where: string, code: ErrorCode = 'evidence-malformed'): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw fail(code, describeIssues(result.error), { where })
}

/** The first wrong field and why, in one line. */
export function describeIssues(error: z.ZodError): string {
  const first = error.issues[0]
  if (first === undefined) return 'has the wrong shape'
  const field = first.path.length === 0 ? 'the whole' : `\`${first.path.slice(0, 8).map(String).join('.').slice(0, 200)}\``
  const rest = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : ''
  return `${field}: ${first.message.replace(/\s+/g, ' ').slice(0, 200)}${rest}`
}

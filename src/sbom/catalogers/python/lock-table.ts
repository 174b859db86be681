import type { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { describeIssues } from '../../../kernel/shape.ts'
import { parseToml } from '../../text/toml.ts'

/** Reads a lockfile in TOML by its schema. Throws `artifact-malformed` naming the first field that is wrong, `limit-exceeded`. */
export function readLockTable<Schema extends z.ZodType>(bytes: Uint8Array, where: string, schema: Schema, tool: string): z.infer<Schema> {
  const parsed = schema.safeParse(parseToml(bytes, where, 'lockfileBytes'))
  if (parsed.success) return parsed.data
  throw fail('artifact-malformed', `is not a lockfile of ${tool}: ${describeIssues(parsed.error)}`, {
    where,
    hint: `make it again with ${tool}`,
  })
}

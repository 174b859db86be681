import { z } from 'zod'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { equalBytes, overLimit } from '../kernel/bytes.ts'
import { isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { LogEntry } from '../kernel/log-proof.ts'
import type { Refusal } from './note.ts'

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'is not sha256:<hex>')

const entrySchema = z.strictObject({
  envelope: digest,
  predicateType: z.string().min(1),
  subjects: z.array(digest).max(8),
  keyId: z.string(),
})

/** The bytes a log entry is hashed and stored as: canonical JSON, at most LIMITS.logEntryBytes (`limit-exceeded`). */
export function entryBytes(entry: LogEntry): Uint8Array {
  const checked = entrySchema.safeParse({
    envelope: entry.envelope,
    predicateType: entry.predicateType,
    subjects: entry.subjects,
    keyId: entry.keyId,
  })
  if (!checked.success) throw fail('evidence-malformed', `is no log entry: ${reasonOf(checked.error)}`)
  if (!entry.predicateType.isWellFormed() || !entry.keyId.isWellFormed())
    throw fail('evidence-malformed', 'is no log entry: a text is not valid Unicode')
  const bytes = canonicalBytes(checked.data)
  if (bytes.byteLength > LIMITS.logEntryBytes) throw overLimit('logEntryBytes', LIMITS.logEntryBytes, 'log entry')
  return bytes
}

/** Reads an entry back. Only the one canonical spelling is an entry. */
export function parseEntry(bytes: Uint8Array): LogEntry | Refusal {
  try {
    const entry = entrySchema.parse(parseJson(bytes, 'log entry', { limitName: 'logEntryBytes' }))
    return equalBytes(canonicalBytes(entry), bytes) ? entry : { why: 'is not canonical JSON' }
  } catch (error) {
    if (error instanceof TallyError) return { why: error.message }
    if (error instanceof z.ZodError) return { why: reasonOf(error) }
    throw error
  }
}

function reasonOf(error: z.ZodError): string {
  const [issue] = error.issues
  return issue === undefined ? 'unknown reason' : `${issue.path.join('.') || 'entry'}: ${issue.message}`
}

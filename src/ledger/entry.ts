import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { equalBytes, overLimit } from '../kernel/bytes.ts'
import { isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { LogEntry } from '../kernel/log-proof.ts'
import { fields, list, readBy, text, that } from '../kernel/reader.ts'
import type { Reader } from '../kernel/reader.ts'
import type { Refusal } from './note.ts'

const digest: Reader<Digest> = that(isDigest, 'is not sha256:<hex>')

const entryFields = fields(
  { envelope: digest, predicateType: text({ min: 1 }), subjects: list(digest, { max: 8 }), keyId: text() },
  { exact: true },
)

/** The bytes a log entry is hashed and stored as: canonical JSON, at most LIMITS.logEntryBytes (`limit-exceeded`). */
export function entryBytes(entry: LogEntry): Uint8Array {
  const { envelope, predicateType, subjects, keyId } = entry
  const checked = readBy(entryFields, { envelope, predicateType, subjects, keyId }, 'log entry')
  if (!entry.predicateType.isWellFormed() || !entry.keyId.isWellFormed())
    throw fail('evidence-malformed', 'is no log entry: a text is not valid Unicode')
  const bytes = canonicalBytes(checked)
  if (bytes.byteLength > LIMITS.logEntryBytes) throw overLimit('logEntryBytes', LIMITS.logEntryBytes, 'log entry')
  return bytes
}

/** Reads an entry back. Only the one canonical spelling is an entry. */
export function parseEntry(bytes: Uint8Array): LogEntry | Refusal {
  try {
    const entry = readBy(entryFields, parseJson(bytes, 'log entry', { limitName: 'logEntryBytes' }), 'log entry')
    return equalBytes(canonicalBytes(entry), bytes) ? entry : { why: 'is not canonical JSON' }
  } catch (error) {
    if (error instanceof TallyError) return { why: error.message }
    throw error
  }
}

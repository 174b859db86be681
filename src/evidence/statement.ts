import { overLimit } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { anything, fields, list, oneOf, optional, orElse, readBy, record, text } from '../kernel/reader.ts'
import type { Statement, Subject } from './evidence.ts'

export const STATEMENT_V1 = 'https://in-toto.io/Statement/v1'
const STATEMENT_V01 = 'https://in-toto.io/Statement/v0.1'

const subjectOfStatement = fields({
  name: orElse(text({ max: 4096 }), undefined),
  digest: record(text({ min: 1, max: 512 }), text({ min: 1, max: 64 })),
  annotations: optional(record(anything)),
})

const statementFields = fields({
  _type: oneOf([STATEMENT_V1, STATEMENT_V01]),
  subject: list(subjectOfStatement, { min: 1 }),
  predicateType: text({ min: 1, max: 1024 }),
  predicate: anything,
})

/** The bytes to sign of an in-toto Statement v1: canonical JSON (RFC 8785). Subjects keep their order: manifest first, file second. */
export function statementBytes(statement: Pick<Statement, 'subject' | 'predicateType' | 'predicate'>): Uint8Array {
  if (statement.subject.length === 0) throw fail('bug', 'a statement needs at least one subject')
  return canonicalBytes({
    _type: STATEMENT_V1,
    subject: statement.subject,
    predicateType: statement.predicateType,
    predicate: statement.predicate,
  })
}

/**
 * Reads an in-toto Statement v1 or v0.1 (in-toto attestation spec, "Statement layer"). In: the very bytes that were
 * verified. Unknown fields are let through and dropped. Throws `evidence-malformed` or `limit-exceeded` (more than
 * LIMITS.statementSubjects subjects, or LIMITS.subjectDigests digests of one).
 */
export function parseStatement(bytes: Uint8Array, where: string): Statement {
  const json = parseJson(bytes, where)
  refuseMany(json, where)
  const read = readBy(statementFields, json, where)
  return { type: read._type, subject: read.subject.map(subjectOf), predicateType: read.predicateType, predicate: read.predicate }
}

function subjectOf(read: ReturnType<typeof subjectOfStatement>): Subject {
  return {
    digest: read.digest,
    ...(read.name === undefined || read.name === '' ? {} : { name: read.name }),
    ...(read.annotations === undefined || read.annotations === null ? {} : { annotations: read.annotations }),
  }
}

/** Counts before the schema looks at each, so that a flood costs nothing. */
function refuseMany(json: unknown, where: string): void {
  const subjects = isObject(json) ? json['subject'] : undefined
  if (!Array.isArray(subjects)) return
  if (subjects.length > LIMITS.statementSubjects) throw overLimit('statementSubjects', LIMITS.statementSubjects, where)
  for (const subject of subjects as readonly unknown[]) {
    const digest = isObject(subject) ? subject['digest'] : undefined
    if (isObject(digest) && Object.keys(digest).length > LIMITS.subjectDigests)
      throw overLimit('subjectDigests', LIMITS.subjectDigests, where)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

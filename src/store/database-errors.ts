import { TallyError, asTallyError, fail } from '../kernel/errors.ts'
import type { ErrorCode } from '../kernel/errors.ts'

/** SQLite primary result codes (sqlite.org/rescode.html) and how we name them. */
const SQLITE_CODES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  3: ['permission', 'the operating system refuses access to the database file'],
  5: ['busy', 'another process holds the database'],
  6: ['busy', 'another process holds a table of the database'],
  8: ['permission', 'the database or its directory cannot be written'],
  10: ['disk', 'the disk refused to read or write the database'],
  11: ['database', 'the database file is damaged'],
  13: ['disk', 'the disk is full'],
  14: ['permission', 'the database file cannot be opened or made'],
  23: ['permission', 'access to the database is refused'],
  26: ['database', 'the file is not a database of tally'],
}

/** SQLSTATE classes and codes (PostgreSQL documentation, appendix A), the exact code before its class. */
const SQLSTATES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  '40': ['busy', 'the database could not order this among what others were doing'],
  '55P03': ['busy', 'others hold rows this needs'],
  '57014': ['timeout', 'the database stopped a statement that took too long'],
  '53100': ['disk', 'the disk of the database is full'],
  '25P02': ['bug', 'a transaction went on after one of its statements had failed'],
  '25006': ['permission', 'the database takes no writes (read-only)'],
  '42501': ['permission', 'the database user lacks a right this needs'],
  '28': ['database', 'the database refused user or password'],
  '3D': ['database', 'there is no such database'],
  '22': ['bug', 'the database refused a value'],
  '23': ['bug', 'the database refused a row'],
  '42': ['bug', 'the database did not understand a statement'],
}

const RETRIED_STATES = new Set(['40001', '40P01', '55P03', '08006', '57P01'])
const RETRIED_TEXT = /could not commit transaction|closed the connection|connection terminated|connection ended/i

/**
 * Whether a whole transaction may be tried again after this. A failed COMMIT may have happened, so transactions are idempotent. SQLite
 * is not among it: there a transaction begins when it has the database for itself, and waiting for that is the driver's.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof TallyError) return error.cause !== undefined && isRetryable(error.cause)
  if (!(error instanceof Error)) return false
  const state = sqlState(error)
  if (state !== undefined && RETRIED_STATES.has(state)) return true
  return (state === undefined || state === 'XX000') && RETRIED_TEXT.test(error.message)
}

/** Whether SQLite said that another connection holds what this one needs (SQLITE_BUSY, SQLITE_LOCKED, any extended code). */
export function isBusySqlite(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 5 || code === 6
}

/** Whether the connection is lost and must not go back to the pool. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const state = sqlState(error)
  return state === undefined ? RETRIED_TEXT.test(error.message) || 'errno' in error : /^(?:08|57P)/.test(state)
}

/** Turns what an engine throws into a TallyError; `where` names the database without credentials. Decided by code, never by text or constraint name. */
export function asDatabaseError(error: unknown, where: string): TallyError {
  if (error instanceof TallyError) return error
  const sqlite = sqliteCode(error)
  if (sqlite !== undefined) {
    const [code, message] = SQLITE_CODES[sqlite] ?? ['bug', `SQLite refused a statement: ${messageOf(error)}`]
    return fail(code, message, { where, cause: error })
  }
  if (!(error instanceof Error)) return asTallyError(error, where)
  const state = sqlState(error)
  if (state !== undefined) {
    const known = SQLSTATES[state] ?? SQLSTATES[state.slice(0, 2)]
    if (known === undefined) return fail('database', `the database answered ${state}: ${messageOf(error)}`, { where, cause: error })
    const [code, message] = known
    return fail(code, code === 'bug' ? `${message} (${state}): ${messageOf(error)}` : `${message} (${state})`, { where, cause: error })
  }
  const known = asTallyError(error, where)
  if (known.code === 'interrupted') return known
  if (known.code === 'network' || known.code === 'not-found' || isConnectionLost(error) || /timeout/i.test(error.message)) {
    return fail('database', `the database cannot be reached: ${messageOf(error)}`, { where, cause: error })
  }
  if (/SSL|TLS|certificate/i.test(error.message))
    return fail('database', `no protected connection: ${messageOf(error)}`, { where, cause: error })
  return known
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error instanceof AggregateError ? error.errors.map((each) => messageOf(each)).join('; ') : error.message
  return (inner === '' ? error.name : inner).replace(/\s+/g, ' ').slice(0, 300)
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

function sqlState(error: Error): string | undefined {
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error ? code : undefined
}

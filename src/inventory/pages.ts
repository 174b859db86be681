import { z } from 'zod'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'

/** A page of a list. `next` goes into `after` of the next question; undefined after the last page. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }

export type PageQuestion = {
  /** `next` of the page before. */
  readonly after?: string
  /** At most LIMITS.pageRows, default 50. */
  readonly limit?: number
}

export function pageLimit(question: PageQuestion): number {
  return Math.max(1, Math.min(question.limit ?? 50, LIMITS.pageRows))
}

/** Makes a page of `limit + 1` rows that were asked for; `keyOf` gives what the list is ordered by. */
export function makePage<R, T>(rows: readonly R[], limit: number, keyOf: (row: R) => readonly string[], item: (row: R) => T): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const items = shown.map((row) => item(row))
  return rows.length > limit && last !== undefined ? { items, next: makeCursor(keyOf(last)) } : { items }
}

function makeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The ordering values a cursor stands for. Throws `usage` for what is no cursor of a list with `length` ordering columns. */
export function readCursor(cursor: string, length: number): readonly string[] {
  try {
    return z
      .array(z.string())
      .length(length)
      .parse(JSON.parse(Buffer.from(cursor.slice(0, 8192), 'base64url').toString('utf8')))
  } catch (cause) {
    throw fail('usage', 'is not a place in this list', { where: 'after', hint: 'give the `next` of the page before, unchanged', cause })
  }
}

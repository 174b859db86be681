import { fail } from '../kernel/errors.ts'

/**
 * A time as rows carry it: RFC 3339, UTC, milliseconds, so that text order is time order. In: any RFC 3339 text, of evidence of
 * whatever offset and precision. Throws `evidence-malformed`.
 */
export function utcTime(text: string, where: string): string {
  const date = new Date(text)
  if (!/^\d{4}-\d\d-\d\d[Tt ]/.test(text) || Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) {
    throw fail('evidence-malformed', 'is not a time of the form 2026-11-25T10:00:00Z', { where })
  }
  return date.toISOString()
}

/** An interval of time, both ends belonging to it; milliseconds since 1970. */
export type TimeRange = { readonly start: number; readonly end?: number }

export function isWithin(range: TimeRange, at: number): boolean {
  return at >= range.start && (range.end === undefined || at <= range.end)
}

/** A time for messages. */
export function isoTime(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.valueOf()) ? 'beyond all calendars' : date.toISOString()
}

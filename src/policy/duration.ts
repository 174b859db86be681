const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

export const DURATION: RegExp = /^[1-9]\d{0,5}[mhdw]$/

/** Milliseconds of `90m`, `12h`, `30d` or `2w`. Undefined for anything else. */
export function durationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  const unit = UNITS[text.slice(-1)]
  return unit === undefined ? undefined : Number(text.slice(0, -1)) * unit
}

/** A length of time for people: `3 days`, `5 hours`, `40 minutes`. */
export function durationText(ms: number): string {
  for (const [unit, size] of [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const) {
    const count = Math.floor(ms / size)
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'}`
  }
  return 'under a minute'
}

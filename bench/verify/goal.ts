/** Something measured, and what it must at least, or may at most, be; without either it is shown only. */
export type Goal = {
  readonly what: string
  readonly measured: string
  readonly value: number
  readonly unit: 'x' | '%' | 'MB'
  readonly atLeast?: number
  readonly atMost?: number
}

export function isMet({ value, atLeast = -Infinity, atMost = Infinity }: Goal): boolean {
  return value >= atLeast && value <= atMost
}

export function goalLine(goal: Goal): string {
  const { what, measured, unit, atLeast, atMost } = goal
  const value = `${goal.value.toFixed(unit === 'x' ? 2 : 0)} ${unit}`
  const limit = atLeast === undefined ? (atMost === undefined ? '' : `at most ${atMost}`) : `at least ${atLeast}`
  return `${(limit === '' ? '' : isMet(goal) ? 'ok' : 'MISSED').padEnd(7)}${what.padEnd(50)}${value.padStart(8)}  ${limit.padEnd(14)}${measured}`
}

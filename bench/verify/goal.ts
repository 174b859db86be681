/** Something measured, and what it must at least, or may at most, be. */
export type Goal = { readonly what: string; readonly measured: string; readonly value: number; readonly unit: 'x' | '%' | 'MB' } & (
  | { readonly atLeast: number }
  | { readonly atMost: number }
)

export function isMet(goal: Goal): boolean {
  return 'atLeast' in goal ? goal.value >= goal.atLeast : goal.value <= goal.atMost
}

export function goalLine(goal: Goal): string {
  const [word, limit] = 'atLeast' in goal ? ['at least', goal.atLeast] : ['at most', goal.atMost]
  const value = goal.value.toFixed(goal.unit === 'x' ? 2 : 0)
  return `${isMet(goal) ? 'ok  ' : 'MISS'} ${goal.what.padEnd(52)} ${value.padStart(6)} ${goal.unit.padEnd(2)} (${word} ${limit})  ${goal.measured}`
}

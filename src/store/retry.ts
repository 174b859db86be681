import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError } from '../kernel/errors.ts'

/** Sleeps for `ms` milliseconds. Throws `interrupted` as soon as `deps.signal` says stop. */
export async function pause(deps: Pick<Deps, 'signal'>, ms: number): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: deps.signal })
  } catch (error) {
    throw asTallyError(error)
  }
}

/**
 * How long to wait before try `attempt` (1 is the first repeat): doubling from `first` up to `most`, of which a random
 * half, so that those who collided do not meet again. Milliseconds.
 */
export function backoffMs(deps: Pick<Deps, 'randomBytes'>, attempt: number, first: number, most: number): number {
  const whole = Math.min(most, first * 2 ** Math.min(attempt - 1, 30))
  const chance = (deps.randomBytes(1)[0] ?? 0) / 255
  return Math.round(whole / 2 + (whole / 2) * chance)
}

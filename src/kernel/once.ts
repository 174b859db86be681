import { fail } from './errors.ts'

/** Something made when it is first asked for; the same afterwards, and so is the error where making it failed. For a promise: also where it fails. */
export function once<T>(make: () => T): () => T {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  return () => {
    if (outcome === undefined) {
      try {
        outcome = { value: make() }
      } catch (error) {
        outcome = { error }
      }
    }
    if ('value' in outcome) return outcome.value
    throw outcome.error instanceof Error ? outcome.error : fail('bug', 'threw what is no error', { cause: outcome.error })
  }
}

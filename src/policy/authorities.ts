import { KINDS } from './clause-names.ts'
import type { Policy } from './document.ts'

/** Every authority a policy names in a `from`, each once, in the order of the document's kinds. */
export function authoritiesOf(policy: Pick<Policy, 'rules'>): readonly string[] {
  return [...new Set(KINDS.flatMap((kind) => policy.rules.require[kind]?.from ?? []))]
}

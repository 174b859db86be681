import { fail } from '../kernel/errors.ts'
import { GLOBAL_OPTIONS } from './command.ts'
import type { Flags } from './command.ts'

/**
 * Refuses a flag of the command that one of its verbs has no use for: a `--fail-on` that nobody looks at must not look like one that
 * held. What a variable sets is meant for whoever has a use for it, and passed over. In: the flags, the verb as it is typed, the names
 * it takes beside those of every command. Throws `usage`.
 */
export function refuseOtherFlags(flags: Flags, verb: string, takes: readonly string[]): void {
  const other = flags.written.find((name) => !takes.includes(name) && !Object.hasOwn(GLOBAL_OPTIONS, name))
  if (other === undefined) return
  const hint = takes.length === 0 ? 'it takes none of its own' : `it takes ${takes.map((name) => `--${name}`).join(', ')}`
  throw fail('usage', `does nothing for \`${verb}\``, { where: `--${other}`, hint })
}

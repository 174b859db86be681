import { fail } from '../kernel/errors.ts'
import type { OptionSpec } from './command.ts'

/** Flags of `verify` for commits and tags. */
export const GIT_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'allowed-signers': {
    type: 'string',
    value: 'FILE',
    help: 'for git:REV: who may sign commits and tags (ssh-keygen’s format)',
    default: 'gpg.ssh.allowedSignersFile of your own git configuration',
  },
  'openpgp-keys': { type: 'string', value: 'FILE', multiple: true, help: 'for git:REV: armored OpenPGP public keys of who may sign' },
}

/** What names of commits and tags start with. */
export const GIT_PREFIX = 'git:'

/** Whether words name commits or tags, not artifacts. Throws `usage` for a mixture. */
export function areGitWords(words: readonly string[]): boolean {
  const named = words.filter((word) => word.startsWith(GIT_PREFIX))
  if (named.length > 0 && named.length < words.length) {
    throw fail('usage', 'stands beside what is no commit or tag', {
      where: named[0] ?? '',
      hint: 'verify commits and artifacts one after the other',
    })
  }
  return named.length > 0
}

import { fail } from '../kernel/errors.ts'
import type { NoteVerifier } from '../ledger/note.ts'
import { keyAuthoritiesOf } from './authority.ts'
import type { Authority, Instance, KeyAuthority, Trust } from './authority.ts'
import type { PublicKey } from './keys.ts'
import { noteVerifierOf } from './note-keys.ts'
import type { Needs } from './sigstore/witness.ts'

/** Keys alone suffice for what they sign; logs and timestamps, where there are any, prove when. */
export const NO_NEEDS: Needs = { logs: 0, timestamps: 0, certificateLogs: 0 }

/** Trust in keys that were named on the command line: each may say anything and vouch for a log. */
export function trustKeys(
  keys: readonly { readonly name: string; readonly key: PublicKey }[],
  logKeys: readonly NoteVerifier[] = [],
  instance?: Instance,
): Trust {
  const authorities = keys.map(({ name: of, key }): KeyAuthority => ({
    name: of,
    kind: 'key',
    key,
    may: ['any', 'log'],
    ...(instance === undefined ? {} : { instance }),
  }))
  refuseTwice(authorities, '--key')
  return { authorities, logKeys }
}

/** Everybody whose signature makes a checkpoint count: the logs' own keys, and each authority that may vouch for a log. */
export function logVerifiersOf(trust: Trust): readonly NoteVerifier[] {
  const vouching = keyAuthoritiesOf(trust).filter((one) => one.may.includes('log'))
  return [...trust.logKeys, ...vouching.map((one) => noteVerifierOf(one.key))]
}

/** Throws `config-invalid` for a name or a key that stands there twice: it would count twice. */
export function refuseTwice(authorities: readonly Authority[], where: string): void {
  const names = new Set<string>()
  const keys = new Map<string, string>()
  for (const { name: of } of authorities) {
    if (names.has(of)) throw fail('config-invalid', `trust: the name \`${of}\` stands there twice`, { where })
    names.add(of)
  }
  for (const { name: of, key } of keyAuthoritiesOf({ authorities })) {
    const other = keys.get(key.keyId)
    if (other !== undefined) {
      throw fail('config-invalid', `trust: \`${other}\` and \`${of}\` are the same key, which must count once`, { where })
    }
    keys.set(key.keyId, of)
  }
}

import { fail } from '../src/kernel/errors.ts'

const VALUES = [
  'bundle',
  'certificate-identity',
  'certificate-oidc-issuer',
  'identity-token',
  'key',
  'signing-config',
  'trusted-root',
] as const
const SWITCHES = ['in-toto', 'staging'] as const
type Name = (typeof VALUES)[number] | (typeof SWITCHES)[number]

/** The flags of each verb. */
const VERBS: Readonly<Record<string, readonly Name[]>> = {
  'verify-bundle': ['bundle', 'certificate-identity', 'certificate-oidc-issuer', 'key', 'staging', 'trusted-root'],
  'sign-bundle': ['bundle', 'identity-token', 'in-toto', 'signing-config', 'staging', 'trusted-root'],
}

export type Words = { readonly flags: ReadonlyMap<Name, string>; readonly artifact: string }

/** Reads the words after a verb: its flags in the protocol, and one artifact. Throws `usage` for anything else. */
export function parseWords(verb: string, words: readonly string[]): Words {
  const allowed = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (allowed === undefined) throw fail('usage', `is none of ${Object.keys(VERBS).join(', ')}`, { where: verb })
  const flags = new Map<Name, string>()
  const artifacts: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const name = word.startsWith('--') ? word.slice(2) : undefined
    if (name === undefined) {
      artifacts.push(word)
      continue
    }
    const known = [...VALUES, ...SWITCHES].find((one) => one === name && allowed.includes(one))
    if (known === undefined || flags.has(known)) throw fail('usage', 'is not a flag of this verb, or stands there twice', { where: word })
    if (SWITCHES.some((one) => one === known)) {
      flags.set(known, 'true')
      continue
    }
    at += 1
    const value = words[at]
    if (value === undefined) throw fail('usage', 'needs a value', { where: word })
    flags.set(known, value)
  }
  const [artifact, ...more] = artifacts
  if (artifact === undefined || more.length > 0) throw fail('usage', 'needs one artifact or digest', { where: verb })
  return { flags, artifact }
}

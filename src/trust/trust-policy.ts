import { join, resolve } from 'node:path'
import { z } from 'zod'
import { textOf } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { parseYaml } from '../kernel/yaml-document.ts'
import type { NoteVerifier } from '../ledger/note.ts'
import { loadPublicKey } from './keys.ts'
import type { PublicKey } from './keys.ts'
import { readLocalPublicKey } from './local-key.ts'
import { noteVerifierOf } from './note-keys.ts'
import { MAY } from './receipt.ts'
import type { May } from './receipt.ts'

/** Somebody who is trusted, by a name, to say certain things. */
export type Authority = {
  readonly name: string
  readonly kind: 'key' | 'local'
  readonly key: PublicKey
  readonly may: readonly May[]
}

/** Who is trusted: authorities for statements, and keys whose checkpoints count beside those of authorities that `may: log`. */
export type Trust = { readonly authorities: readonly Authority[]; readonly logKeys: readonly NoteVerifier[] }

const MOST_AUTHORITIES = 256

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@/-]{0,99}$/, 'must start with a letter or digit and hold only letters, digits and . _ @ / -')
const may = z
  .array(z.enum(MAY))
  .min(1)
  .describe('what it may say: sign, sbom, provenance, check, verdict, release, any (every statement), log (vouch for a log)')
const identityText = z.string().min(1).max(1024)

const entrySchema = z.discriminatedUnion('authority', [
  z.strictObject({ name, authority: z.literal('local').describe('the key of this data directory; it proves only this machine'), may }),
  z.strictObject({ name, authority: z.literal('key'), key: z.string().min(1).describe('a public key: a path, or PEM'), may }),
  z.strictObject({
    name,
    authority: z.literal('identity'),
    subject: identityText.describe('exact identity in the certificate; a pattern only when it starts with `pattern:`'),
    issuer: identityText.describe('exact issuer of the identity; a pattern only when it starts with `pattern:`'),
    may,
  }),
])

/** The `trust:` list of tally.yaml and of the data directory's trust file. */
export const trustListSchema = z.array(entrySchema).max(MOST_AUTHORITIES)
export type TrustEntry = z.infer<typeof entrySchema>

const trustFileSchema = z.strictObject({ version: z.literal(1), trust: trustListSchema })

export type ResolveOptions = {
  /** Directory that paths of keys count from. */
  readonly baseDir: string
  readonly dataDir: string
  /** The file the list is from, for messages. */
  readonly where: string
  /** Keys of logs that count whoever signs evidence: this data directory's own log. */
  readonly logKeys?: readonly NoteVerifier[]
}

/**
 * Reads the keys a trust list names. A `local` entry in a data directory that has no key yet trusts nobody, said as a warning. Throws
 * `config-invalid` (a name or a key twice: it would count twice), `flag-unsupported` for identities, `not-found`, `key-invalid`.
 */
export async function resolveTrust(
  deps: Pick<Deps, 'fs' | 'log'>,
  entries: readonly TrustEntry[],
  options: ResolveOptions,
): Promise<Trust> {
  const authorities: Authority[] = []
  for (const [index, entry] of entries.entries()) {
    const where = `${options.where}: trust[${index}] (${entry.name})`
    if (entry.authority === 'identity') {
      const hint = 'name the signer’s public key with `authority: key`'
      throw fail('flag-unsupported', 'field `authority`: identities cannot be verified yet', { where, hint })
    }
    const key =
      entry.authority === 'local' ? await readLocalPublicKey(deps, options.dataDir) : await readKey(deps, entry.key, options.baseDir, where)
    if (key === undefined) {
      deps.log('warn', `${where}: this data directory has no key yet, so nothing is trusted by this line`)
      continue
    }
    authorities.push({ name: entry.name, kind: entry.authority, key, may: entry.may })
  }
  refuseTwice(authorities, options.where)
  return { authorities, logKeys: options.logKeys ?? [] }
}

/** Trust in keys that were named on the command line: each may say anything and vouch for a log. */
export function trustKeys(
  keys: readonly { readonly name: string; readonly key: PublicKey }[],
  logKeys: readonly NoteVerifier[] = [],
): Trust {
  const authorities = keys.map(({ name: of, key }): Authority => ({ name: of, kind: 'key', key, may: ['any', 'log'] }))
  refuseTwice(authorities, '--key')
  return { authorities, logKeys }
}

/** The trust list of the data directory (`<dataDir>/trust.yaml`); undefined when there is none. Throws `config-invalid` at file:line:column. */
export async function readTrustFile(deps: Pick<Deps, 'fs'>, dataDir: string): Promise<readonly TrustEntry[] | undefined> {
  const path = join(dataDir, 'trust.yaml')
  try {
    return parseTrustFile(await readFileBounded(deps, path, 'configBytes'), path)
  } catch (error) {
    if (error instanceof TallyError && error.code === 'not-found') return undefined
    throw error
  }
}

/** Reads a trust file: `version: 1` and a `trust` list. Throws `config-invalid` at file:line:column. */
export function parseTrustFile(bytes: Uint8Array, where: string): readonly TrustEntry[] {
  return parseYaml(bytes, where, trustFileSchema, 'config-invalid').trust
}

/** Everybody whose signature makes a checkpoint count: the logs' own keys, and each authority that may vouch for a log. */
export function logVerifiersOf(trust: Trust): readonly NoteVerifier[] {
  return [...trust.logKeys, ...trust.authorities.filter((one) => one.may.includes('log')).map((one) => noteVerifierOf(one.key))]
}

async function readKey(deps: Pick<Deps, 'fs'>, pathOrPem: string, baseDir: string, where: string): Promise<PublicKey> {
  if (pathOrPem.includes('-----BEGIN')) return loadPublicKey(pathOrPem, where)
  const bytes = await readFileBounded(deps, resolve(baseDir, pathOrPem), 'keyFileBytes')
  return loadPublicKey(textOf(bytes, 'key-invalid', pathOrPem), `${where}: ${pathOrPem}`)
}

function refuseTwice(authorities: readonly Authority[], where: string): void {
  const names = new Set<string>()
  const keys = new Map<string, string>()
  for (const { name: of, key } of authorities) {
    if (names.has(of)) throw fail('config-invalid', `trust: the name \`${of}\` stands there twice`, { where })
    const other = keys.get(key.keyId)
    if (other !== undefined) {
      throw fail('config-invalid', `trust: \`${other}\` and \`${of}\` are the same key, which must count once`, { where })
    }
    names.add(of)
    keys.set(key.keyId, of)
  }
}

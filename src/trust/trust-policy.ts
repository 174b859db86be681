import { join, resolve } from 'node:path'
import { z } from 'zod'
import { textOf } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { readFileBounded, readFileIfThere } from '../kernel/read-file.ts'
import { parseYaml } from '../kernel/yaml-document.ts'
import { compileMatcher, isMatchAll } from '../kernel/matcher.ts'
import type { NoteVerifier } from '../ledger/note.ts'
import type { Authority, IdentityAuthority, Instance, KeyAuthority, Trust } from './authority.ts'
import { loadPublicKey } from './keys.ts'
import type { PublicKey } from './keys.ts'
import { readLocalPublicKey } from './local-key.ts'
import { MAY } from './receipt.ts'
import { parseTrustedRoot } from './sigstore/trusted-root.ts'
import type { TrustedRoot } from './sigstore/trusted-root.ts'
import { SIGSTORE_NEEDS } from './sigstore/witness.ts'
import { NO_NEEDS, refuseTwice } from './trust-keys.ts'

export type { Authority, Trust } from './authority.ts'

const MOST_AUTHORITIES = 256

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@/-]{0,99}$/, 'must start with a letter or digit and hold only letters, digits and . _ @ / -')
const may = z
  .array(z.enum(MAY))
  .min(1)
  .describe('what it may say: sign, sbom, provenance, check, verdict, release, any (every statement), log (vouch for a log)')
const identityText = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => !isMatchAll(text), 'would be anybody')
const when = z.iso.datetime({ offset: true })

const entrySchema = z.discriminatedUnion('authority', [
  z.strictObject({ name, authority: z.literal('local').describe('the key of this data directory; it proves only this machine'), may }),
  z.strictObject({
    name,
    authority: z.literal('key'),
    key: z.string().min(1).describe('a public key: a path, or PEM'),
    'not-before': when.optional().describe('what it signed earlier does not count; a signature then needs a proven time'),
    'not-after': when.optional().describe('what it signed later does not count; a signature then needs a proven time'),
    may,
  }),
  z.strictObject({
    name,
    authority: z.literal('identity'),
    subject: identityText.describe('exact identity in the certificate; a pattern only when it starts with `pattern:`'),
    issuer: identityText.describe('exact issuer of the identity; a pattern only when it starts with `pattern:`'),
    root: z.string().min(1).optional().describe('trusted root of the Sigstore instance, a path; without it the public one'),
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
  /** The trusted root for identities that name none, and for the times of what keys signed. Called when first needed. */
  readonly root?: () => Promise<TrustedRoot>
}

/**
 * Reads the keys a trust list names. A `local` entry in a data directory that has no key yet trusts nobody, said as a warning. Throws
 * `config-invalid` (a name or a key twice: it would count twice), `not-found`, `key-invalid`.
 */
export async function resolveTrust(
  deps: Pick<Deps, 'fs' | 'log'>,
  entries: readonly TrustEntry[],
  options: ResolveOptions,
): Promise<Trust> {
  const authorities: Authority[] = []
  for (const [index, entry] of entries.entries()) {
    const where = `${options.where}: trust[${index}] (${entry.name})`
    const authority = entry.authority === 'identity' ? identityOf(deps, entry, options, where) : await keyOf(deps, entry, options, where)
    if (authority === undefined) deps.log('warn', `${where}: this data directory has no key yet, so nothing is trusted by this line`)
    else authorities.push(authority)
  }
  refuseTwice(authorities, options.where)
  return { authorities, logKeys: options.logKeys ?? [] }
}

async function keyOf(
  deps: Pick<Deps, 'fs'>,
  entry: Exclude<TrustEntry, { authority: 'identity' }>,
  { root, baseDir, dataDir }: ResolveOptions,
  where: string,
): Promise<KeyAuthority | undefined> {
  const instance = root === undefined ? {} : { instance: { root, needs: NO_NEEDS } }
  if (entry.authority === 'local') {
    const key = await readLocalPublicKey(deps, dataDir)
    return key === undefined ? undefined : { name: entry.name, kind: 'local', key, may: entry.may }
  }
  const key = await readKey(deps, entry.key, baseDir, where)
  const { 'not-before': start, 'not-after': end } = entry
  const validFor = { start: start === undefined ? -Infinity : Date.parse(start), ...(end === undefined ? {} : { end: Date.parse(end) }) }
  const limited = start === undefined && end === undefined ? {} : { validFor }
  return { name: entry.name, kind: 'key', key, may: entry.may, ...limited, ...instance }
}

function identityOf(
  deps: Pick<Deps, 'fs'>,
  entry: Extract<TrustEntry, { authority: 'identity' }>,
  options: ResolveOptions,
  where: string,
): IdentityAuthority {
  const root = entry.root === undefined ? options.root : rootAt(deps, resolve(options.baseDir, entry.root))
  if (root === undefined) throw fail('config-invalid', 'is an identity, and no trusted root says who vouches for it', { where })
  const instance: Instance = { root, needs: SIGSTORE_NEEDS }
  const [subject, issuer] = [compileMatcher(entry.subject), compileMatcher(entry.issuer)]
  return { name: entry.name, kind: 'identity', subject, issuer, facts: [], may: entry.may, instance }
}

/** A trusted root in a file, read once and when first needed. */
export function rootAt(deps: Pick<Deps, 'fs'>, path: string): () => Promise<TrustedRoot> {
  let read: Promise<TrustedRoot> | undefined
  return () => (read ??= readFileBounded(deps, path, 'trustedRootBytes').then((bytes) => parseTrustedRoot(bytes, path)))
}

/** The trust list of the data directory (`<dataDir>/trust.yaml`); undefined when there is none. Throws `config-invalid` at file:line:column. */
export async function readTrustFile(deps: Pick<Deps, 'fs'>, dataDir: string): Promise<readonly TrustEntry[] | undefined> {
  const path = join(dataDir, 'trust.yaml')
  const bytes = await readFileIfThere(deps, path, 'configBytes')
  return bytes === undefined ? undefined : parseTrustFile(bytes, path)
}

/** Reads a trust file: `version: 1` and a `trust` list. Throws `config-invalid` at file:line:column. */
export function parseTrustFile(bytes: Uint8Array, where: string): readonly TrustEntry[] {
  return parseYaml(bytes, where, trustFileSchema, 'config-invalid').trust
}

async function readKey(deps: Pick<Deps, 'fs'>, pathOrPem: string, baseDir: string, where: string): Promise<PublicKey> {
  if (pathOrPem.includes('-----BEGIN')) return loadPublicKey(pathOrPem, where)
  const bytes = await readFileBounded(deps, resolve(baseDir, pathOrPem), 'keyFileBytes')
  return loadPublicKey(textOf(bytes, 'key-invalid', pathOrPem), `${where}: ${pathOrPem}`)
}

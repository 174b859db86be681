import { createHash, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { fromHex, toHex } from '../../../kernel/bytes.ts'
import { fail } from '../../../kernel/errors.ts'
import { parseJson } from '../../../kernel/json.ts'
import type { Json } from '../../../kernel/json.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { readShape } from '../../../kernel/shape.ts'
import { safeText } from '../../../kernel/text.ts'
import { verifyBytes } from '../../schemes.ts'
import type { Scheme } from '../../schemes.ts'
import { tufCanonicalBytes } from './canonical.ts'

export type RoleName = 'root' | 'timestamp' | 'snapshot' | 'targets'

const version = z.number().int().min(1).refine(Number.isSafeInteger)
const expires = z.iso.datetime().transform((text) => Date.parse(text))
const common = { spec_version: z.string().regex(/^1\.\d+(?:\.\d+)?$/), version, expires }
const keyId = z.string().regex(/^[0-9a-f]{64}$/)
const roleSchema = z.object({ keyids: z.array(keyId).max(LIMITS.tufKeys), threshold: z.number().int().min(1) })
const hashes = z.object({ sha256: z.string().optional(), sha512: z.string().optional() })
const fileSchema = z.object({ version, length: z.number().int().min(0).optional(), hashes: hashes.optional() })

const keysSchema = z.record(
  keyId,
  z.object({ keytype: z.string(), scheme: z.string(), keyval: z.object({ public: z.string().max(LIMITS.keyFileBytes) }) }),
)

const rootSchema = z.object({
  ...common,
  _type: z.literal('root'),
  consistent_snapshot: z.literal(true),
  keys: keysSchema,
  roles: z.object({ root: roleSchema, timestamp: roleSchema, snapshot: roleSchema, targets: roleSchema }),
})
const timestampSchema = z.object({ ...common, _type: z.literal('timestamp'), meta: z.object({ 'snapshot.json': fileSchema }) })
const snapshotSchema = z.object({ ...common, _type: z.literal('snapshot'), meta: z.record(z.string(), fileSchema) })
const targetSchema = z.object({ length: z.number().int().min(0), hashes })
const TOP: readonly string[] = ['root', 'timestamp', 'snapshot', 'targets'] satisfies RoleName[]
/** A delegated role goes by its name in files and messages, and is none of those at the top. */
const roleName = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => safeText(name) === name && !TOP.includes(name), 'is not the name of a delegated role')
const delegatedSchema = z.object({
  ...roleSchema.shape,
  name: roleName,
  terminating: z.boolean(),
  paths: z.array(z.string().max(LIMITS.tarPathBytes)).optional(),
  path_hash_prefixes: z.array(z.string().regex(/^[0-9a-f]{1,64}$/)).optional(),
})
/** TAP 15: a row of bins that are alike, each for the paths whose hash starts with its number. */
const succinctSchema = z.object({ ...roleSchema.shape, bit_length: z.number().int().min(1).max(32), name_prefix: roleName })
const delegationsSchema = z.object({
  keys: keysSchema,
  roles: z.array(delegatedSchema).optional(),
  succinct_roles: succinctSchema.optional(),
})
const targetsSchema = z.object({
  ...common,
  _type: z.literal('targets'),
  targets: z.record(z.string(), targetSchema),
  delegations: delegationsSchema.optional(),
})

export type TufRoot = z.output<typeof rootSchema>
export type TufTimestamp = z.output<typeof timestampSchema>
export type TufSnapshot = z.output<typeof snapshotSchema>
export type TufTargets = z.output<typeof targetsSchema>
export type TufFile = z.output<typeof fileSchema>
export type TufTarget = z.output<typeof targetSchema>
export type TufDelegations = z.output<typeof delegationsSchema>

/** Who signs for roles: the root for those at the top, a role for those it delegates to. */
export type Signers = {
  readonly keys: z.output<typeof keysSchema>
  readonly roles: Readonly<Record<string, z.output<typeof roleSchema>>>
}

const envelopeSchema = z.object({
  signed: z.unknown(),
  signatures: z.array(z.object({ keyid: z.string().max(128), sig: z.string().max(LIMITS.keyFileBytes) })).max(LIMITS.tufKeys),
})

/** Metadata taken apart: typed content, and what its signatures are over. */
export type Metadata<T> = { readonly signed: T; readonly verify: (by: Signers, role: string) => void }

type Content = { readonly root: TufRoot; readonly timestamp: TufTimestamp; readonly snapshot: TufSnapshot; readonly targets: TufTargets }
const SCHEMAS: { readonly [R in RoleName]: z.ZodType<Content[R]> } = {
  root: rootSchema,
  timestamp: timestampSchema,
  snapshot: snapshotSchema,
  targets: targetsSchema,
}

/** Reads metadata of a role (TUF specification, 4). `verify` throws `signature-invalid` unless enough distinct keys of the role signed it. Throws `evidence-malformed`. */
export function readMetadata<R extends RoleName>(role: R, bytes: Uint8Array, where: string): Metadata<Content[R]> {
  const json = parseJson(bytes, where, { limitName: 'tufMetadataBytes' })
  const { signed, signatures } = readShape(envelopeSchema, json, where)
  const content = readShape<Content[R]>(SCHEMAS[role], signed, where)
  const signedBytes = tufCanonicalBytes(signed as Json)
  return { signed: content, verify: (by, of) => refuseUnsigned(by, of, signatures, signedBytes, where) }
}

type Signatures = z.output<typeof envelopeSchema>['signatures']

/** Counts distinct keys by what they are, not by their ids: one key under two ids is one. */
function refuseUnsigned({ keys, roles }: Signers, role: string, signatures: Signatures, bytes: Uint8Array, where: string): void {
  const of = Object.hasOwn(roles, role) ? roles[role] : undefined
  if (of === undefined) throw fail('bug', `nobody signs for the role ${role}`, { where })
  const { keyids, threshold } = of
  const holding = new Set<string>()
  for (const { keyid, sig } of signatures) {
    const known = keyids.includes(keyid) && Object.hasOwn(keys, keyid) ? keys[keyid] : undefined
    const key = known === undefined ? undefined : keyOf(known)
    if (key === undefined || !/^(?:[0-9a-f]{2})+$/i.test(sig)) continue
    if (verifyBytes(key.scheme, key.key, bytes, fromHex(sig))) holding.add(toHex(key.key.export({ type: 'spki', format: 'der' })))
  }
  if (holding.size >= threshold) return
  throw fail('signature-invalid', `is signed by ${holding.size} keys of the role ${safeText(role)}, where ${threshold} are needed`, {
    where,
  })
}

type Key = { readonly key: KeyObject; readonly scheme: Exclude<Scheme, { kind: 'ed25519ph' }> }

/** A key as TUF names it (TUF specification, 4.2); undefined for kinds that are not known, whose signatures count for nothing. */
function keyOf({ keytype, scheme, keyval }: TufRoot['keys'][string]): Key | undefined {
  try {
    if (scheme === 'ecdsa-sha2-nistp256' && (keytype === 'ecdsa' || keytype === 'ecdsa-sha2-nistp256')) {
      const key = createPublicKey(keyval.public)
      return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? { key, scheme: { kind: 'ecdsa', hash: 'sha256' } } : undefined
    }
    if (scheme === 'ed25519' && keytype === 'ed25519') {
      const x = Buffer.from(keyval.public, 'hex').toString('base64url')
      return { key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), scheme: { kind: 'pure' } }
    }
    if (scheme === 'rsassa-pss-sha256' && keytype === 'rsa') {
      return { key: createPublicKey(keyval.public), scheme: { kind: 'rsa-pss', hash: 'sha256' } }
    }
  } catch {
    return undefined // What is no key signs nothing.
  }
  return undefined
}

/** Throws `digest-mismatch` unless bytes have the length and every hash that metadata promised. */
export function refuseOther(bytes: Uint8Array, promised: Pick<TufFile, 'length' | 'hashes'>, where: string): void {
  if (promised.length !== undefined && promised.length !== bytes.byteLength) {
    throw fail('digest-mismatch', `has ${bytes.byteLength} bytes where its metadata promises ${promised.length}`, { where })
  }
  for (const name of ['sha256', 'sha512'] as const) {
    const hash = promised.hashes?.[name]
    if (hash !== undefined && createHash(name).update(bytes).digest('hex') !== hash.toLowerCase()) {
      throw fail('digest-mismatch', `is not what its metadata promises (${name})`, { where })
    }
  }
}

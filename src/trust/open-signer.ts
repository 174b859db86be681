import { resolve } from 'node:path'
import { textOf } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { openLocalKey } from './local-key.ts'
import type { PassphraseSources } from './passphrase.ts'
import { isLockedKey, signerOf, unlockKey } from './private-key.ts'
import type { Signer } from './signer.ts'
import { KEY_SERVICES } from './signers/table.ts'
import type { SignerDeps } from './signers/table.ts'

/** Where a signing key is, as `--key` and `sign.key` in tally.yaml say it. */
export type SignerReference =
  | { readonly kind: 'local' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string }
  /** A key in a service or behind a program, by its URI. */
  | { readonly kind: 'service'; readonly scheme: string; readonly uri: string }
  /** No key at all: a certificate for who one is. It wants to know more than a reference says (src/cli/keyless.ts). */
  | { readonly kind: 'keyless' }

/**
 * Reads a signer reference: `local`, `keyless`, `file:PATH`, `env:NAME` or `env://NAME`, the URI of a key service (KEY_SERVICES); a text without a
 * scheme is a path, as for cosign. Throws `flag-unsupported`, naming the scheme, for other services, and `usage` for nothing or a name
 * that is none.
 */
export function parseSignerReference(text: string): SignerReference {
  if (text === 'local' || text === 'keyless') return { kind: text }
  const env = /^env:(?:\/\/)?(.*)$/s.exec(text)?.[1]
  if (env !== undefined) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(env))
      throw fail('usage', 'does not name an environment variable', { where: text.slice(0, 100) })
    return { kind: 'env', name: env }
  }
  const scheme = /^([a-z][a-z0-9+.-]{1,30}):/.exec(text)?.[1]
  if (scheme !== undefined && Object.hasOwn(KEY_SERVICES, scheme)) return { kind: 'service', scheme, uri: text }
  if (scheme !== undefined && scheme !== 'file') {
    const hint = `use local, file:PATH, env://NAME, or a key at ${Object.keys(KEY_SERVICES).join(', ')}`
    throw fail('flag-unsupported', `keys at \`${scheme}:\` are not supported`, { where: '--key', hint })
  }
  const path = text.replace(/^file:(?:\/\/(?=\/))?/, '')
  if (path === '') throw fail('usage', 'names no key', { where: '--key' })
  return { kind: 'file', path }
}

export type OpenSignerOptions = {
  readonly dataDir: string
  /** Directory that relative paths count from. */
  readonly baseDir: string
  readonly passphrase?: PassphraseSources
  /** Whether no network call may be made. */
  readonly offline?: boolean
}

/** An opened key. */
export type OpenedKey = {
  readonly signer: Signer
  /** `local` proves only this machine, and every rendering says so. */
  readonly kind: 'local' | 'key'
  /** File of the public key where there is one beside. */
  readonly publicKeyFile?: string
}

/** A signer by identity. */
export type OpenedIdentity = { readonly signer: Signer; readonly kind: 'identity'; readonly identity: Identity }
export type Identity = { readonly subject: string; readonly issuer: string }

/**
 * Opens the key a reference names. A passphrase is looked for only when the key is encrypted. Throws `not-found`, `key-invalid`,
 * `passphrase-missing`, `passphrase-wrong`, `offline`, and what the clients of key services throw.
 */
export async function openSigner(
  deps: SignerDeps & Pick<Deps, 'log'>,
  reference: SignerReference,
  options: OpenSignerOptions,
): Promise<OpenedKey> {
  if (reference.kind === 'local') {
    const { signer, publicKeyFile } = await openLocalKey(deps, options.dataDir)
    return { signer, kind: 'local', publicKeyFile }
  }
  if (reference.kind === 'keyless') throw fail('flag-unsupported', 'signs by identity, which is not possible here', { where: 'keyless' })
  if (reference.kind === 'service') return { signer: await openService(deps, reference, options), kind: 'key' }
  const { pem, where } =
    reference.kind === 'env' ? readVariable(deps, reference.name) : await readKeyFile(deps, reference.path, options.baseDir)
  return { signer: signerOf(await unlockKey(deps, pem, options.passphrase ?? {}, where), where), kind: 'key' }
}

async function openService(
  deps: SignerDeps,
  { scheme, uri }: Extract<SignerReference, { kind: 'service' }>,
  options: OpenSignerOptions,
): Promise<Signer> {
  const service = KEY_SERVICES[scheme]
  if (service === undefined) throw fail('bug', `the key service ${scheme} is in no table`)
  if (options.offline === true && service.isRemote) throw fail('offline', 'is a key in a service on the network', { where: uri })
  return await service.open(deps, uri)
}

type KeyText = { readonly pem: string; readonly where: string }

function readVariable(deps: Pick<Deps, 'env'>, name: string): KeyText {
  const where = `env:${name}`
  const pem = deps.env[name]
  if (pem === undefined || pem === '') throw fail('key-invalid', 'is not set', { where })
  if (pem.length > LIMITS.keyFileBytes) throw fail('limit-exceeded', `is over the cap keyFileBytes (${LIMITS.keyFileBytes})`, { where })
  return { pem, where }
}

async function readKeyFile(deps: Pick<Deps, 'fs' | 'log'>, path: string, baseDir: string): Promise<KeyText> {
  const file = resolve(baseDir, path)
  const pem = textOf(await readFileBounded(deps, file, 'keyFileBytes'), 'key-invalid', path)
  const { mode } = await deps.fs.stat(file)
  if ((mode & 0o004) !== 0 && !isLockedKey(pem)) {
    deps.log('warn', `${path}: everybody on this machine may read this private key; run \`chmod 600 ${path}\``)
  }
  return { pem, where: path }
}

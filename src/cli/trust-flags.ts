import { resolve } from 'node:path'
import type { Workspace } from '../chain/workspace.ts'
import { textOf } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { loadPublicKey } from '../trust/keys.ts'
import { NO_NEEDS, trustKeys } from '../trust/trust-keys.ts'
import type { Trust } from '../trust/authority.ts'
import type { PublicKey } from '../trust/keys.ts'
import type { Policy } from '../policy/document.ts'
import type { Context, OptionSpec } from './command.ts'
import { IDENTITY_OPTIONS, identityFromFlags, instanceFromFlags } from './identity-flags.ts'

export const TRUSTED_KEY: OptionSpec = {
  type: 'string',
  value: '[NAME=]FILE',
  multiple: true,
  env: 'TALLY_PUBLIC_KEY',
  help: 'public key that is trusted for everything, as the authority NAME',
}
export const TRUST_FILE: OptionSpec = { type: 'string', value: 'FILE', help: 'file with a `trust` list, in place of tally.yaml' }

/** Flags of commands that verify. */
export const TRUST_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  key: TRUSTED_KEY,
  trust: TRUST_FILE,
  ...IDENTITY_OPTIONS,
  bundle: { type: 'string', value: 'FILE', multiple: true, help: 'evidence in a Sigstore bundle (.json or .jsonl)' },
  from: { type: 'string', value: 'REPOSITORY', help: 'also look for evidence in this registry/repository or oci:DIR' },
}

export type NamedTrust = { readonly trust: Trust; readonly from: string }

/**
 * Who is trusted: --key flags, else --trust, else the project's tally.yaml, else trust.yaml of the data directory. Throws
 * `untrusted` with the line that would add somebody.
 */
export async function trustFromFlags(context: Context, workspace: Workspace, policy?: Policy): Promise<NamedTrust> {
  const { deps, flags, cwd } = context
  const keys = flags.list('key')
  const instance = instanceFromFlags(context, workspace)
  const identity = await identityFromFlags(context, instance)
  if (keys.length > 0 || identity !== undefined) {
    const named = await Promise.all(keys.map(async (text) => await readNamedKey(context, text, policy)))
    const trust = trustKeys(named, [], { root: instance.root, needs: NO_NEEDS })
    const from = keys.length === 0 ? '--certificate-identity' : `--key ${keys.join(', ')}`
    if (identity === undefined) return { trust, from }
    return {
      trust: { ...trust, authorities: [...trust.authorities, { ...identity, name: await identityName(identity.name, policy) }] },
      from,
    }
  }
  // Lists are YAML, and a project is more; keys of the command line are neither.
  const { parseTrustFile, readTrustFile } = await import('../trust/trust-policy.ts')
  const { trustOf } = await import('../chain/trust-of.ts')
  const file = flags.text('trust')
  if (file !== undefined) {
    const bytes = await readFileBounded(deps, resolve(cwd, file), 'configBytes')
    return { trust: await trustOf(workspace, parseTrustFile(bytes, file), cwd, file, instance.root), from: file }
  }
  const { findProjectFile, loadProject } = await import('../chain/config.ts')
  if ((await findProjectFile(deps, cwd)) !== undefined) {
    const project = await loadProject(deps, cwd)
    return { trust: await trustOf(workspace, project.config.trust, project.dir, 'tally.yaml', instance.root), from: 'tally.yaml' }
  }
  const own = await readTrustFile(deps, workspace.dataDir)
  if (own !== undefined)
    return { trust: await trustOf(workspace, own, workspace.dataDir, 'trust.yaml', instance.root), from: `${workspace.dataDir}/trust.yaml` }
  throw fail(
    'untrusted',
    'nobody is trusted here: no --key, no --certificate-identity, no tally.yaml, no trust.yaml in the data directory',
    {
      hint: `add --key FILE, or write to ${workspace.dataDir}/trust.yaml: {version: 1, trust: [{ name: team, authority: key, key: team.pub, may: [any, log] }]}`,
    },
  )
}

/** An identity of the flags speaks as the one authority the policy names. */
async function identityName(name: string, policy: Policy | undefined): Promise<string> {
  const [only, ...more] = await namedBy(policy)
  if (more.length === 0) return only ?? name
  throw fail('usage', `policy ${policy?.name} names several authorities (${[only, ...more].join(', ')}); whose identity is it?`, {
    where: '--certificate-identity',
    hint: 'name identities in a trust list: --trust FILE',
  })
}

/**
 * A key of `--key [NAME=]FILE`. Without a name it speaks as the one authority the policy names; where a policy names several,
 * whose key it is must be said. Without a policy the file's name will do.
 */
async function readNamedKey(
  { deps, cwd }: Context,
  text: string,
  policy: Policy | undefined,
): Promise<{ readonly name: string; readonly key: PublicKey }> {
  const equals = text.indexOf('=')
  const isNamed = equals > 0 && (await deps.fs.stat(resolve(cwd, text)).catch(() => undefined)) === undefined
  const file = isNamed ? text.slice(equals + 1) : text
  const key = loadPublicKey(textOf(await readFileBounded(deps, resolve(cwd, file), 'keyFileBytes'), 'key-invalid', file), file)
  if (isNamed) return { name: text.slice(0, equals), key }
  const [name, ...more] = await namedBy(policy)
  if (more.length > 0) {
    throw fail('usage', `policy ${policy?.name} names several authorities (${[name, ...more].join(', ')}); whose key is it?`, {
      where: `--key ${file}`,
      hint: `--key ${name}=${file}`,
    })
  }
  return { name: name ?? file, key }
}

async function namedBy(policy: Policy | undefined): Promise<readonly string[]> {
  return policy === undefined ? [] : (await import('../policy/authorities.ts')).authoritiesOf(policy)
}

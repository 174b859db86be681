import { resolve } from 'node:path'
import type { Workspace } from '../chain/workspace.ts'
import { findProjectFile, loadProject } from '../chain/config.ts'
import { trustOf } from '../chain/trust-of.ts'
import { textOf } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { loadPublicKey } from '../trust/keys.ts'
import { parseTrustFile, readTrustFile, trustKeys } from '../trust/trust-policy.ts'
import type { Trust } from '../trust/trust-policy.ts'
import type { PublicKey } from '../trust/keys.ts'
import { authoritiesOf } from '../policy/authorities.ts'
import type { Policy } from '../policy/document.ts'
import type { Context, OptionSpec } from './command.ts'

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
  if (keys.length > 0) {
    const named = await Promise.all(keys.map(async (text) => await readNamedKey(context, text, policy)))
    return { trust: trustKeys(named), from: `--key ${keys.join(', ')}` }
  }
  const file = flags.text('trust')
  if (file !== undefined) {
    const bytes = await readFileBounded(deps, resolve(cwd, file), 'configBytes')
    return { trust: await trustOf(workspace, parseTrustFile(bytes, file), cwd, file), from: file }
  }
  if ((await findProjectFile(deps, cwd)) !== undefined) {
    const project = await loadProject(deps, cwd)
    return { trust: await trustOf(workspace, project.config.trust, project.dir, 'tally.yaml'), from: 'tally.yaml' }
  }
  const own = await readTrustFile(deps, workspace.dataDir)
  if (own !== undefined)
    return { trust: await trustOf(workspace, own, workspace.dataDir, 'trust.yaml'), from: `${workspace.dataDir}/trust.yaml` }
  throw fail('untrusted', 'nobody is trusted here: no --key, no tally.yaml, no trust.yaml in the data directory', {
    hint: `add --key FILE, or write to ${workspace.dataDir}/trust.yaml: {version: 1, trust: [{ name: team, authority: key, key: team.pub, may: [any, log] }]}`,
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
  const [name, ...more] = policy === undefined ? [] : authoritiesOf(policy)
  if (more.length > 0) {
    throw fail('usage', `policy ${policy?.name} names several authorities (${[name, ...more].join(', ')}); whose key is it?`, {
      where: `--key ${file}`,
      hint: `--key ${name}=${file}`,
    })
  }
  return { name: name ?? file, key }
}

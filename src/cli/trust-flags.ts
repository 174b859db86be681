import { resolve } from 'node:path'
import type { Workspace } from '../chain/workspace.ts'
import { findProjectFile, loadProject } from '../chain/config.ts'
import { trustOf } from '../chain/trust-of.ts'
import { textOf } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import type { Trust } from '../trust/trust-policy.ts'
import type { Context, OptionSpec } from './command.ts'

/** Flags of commands that verify. */
export const TRUST_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'key': { type: 'string', value: 'FILE', multiple: true, help: 'public key that is trusted for everything' },
  'trust': { type: 'string', value: 'FILE', help: 'file with a `trust` list, in place of tally.yaml' },
  'bundle': { type: 'string', value: 'FILE', multiple: true, help: 'evidence in a Sigstore bundle (.json or .jsonl)' },
  'from': { type: 'string', value: 'REPOSITORY', help: 'also look for evidence in this registry/repository or oci:DIR' },
}

export type NamedTrust = { readonly trust: Trust; readonly from: string }

/**
 * Who is trusted: --key flags, else --trust, else the project's tally.yaml, else trust.yaml of the data directory. Throws
 * `untrusted` with the line that would add somebody.
 */
export async function trustFromFlags(context: Context, workspace: Workspace): Promise<NamedTrust> {
  const { deps, flags, cwd } = context
  const keys = flags.list('key')
  if (keys.length > 0) {
    const list = await Promise.all(
      keys.map(async (file) => ({ name: file, authority: 'key' as const, key: textOf(await readFileBounded(deps, resolve(cwd, file), 'keyFileBytes'), 'key-invalid', file), may: ['any' as const, 'log' as const] })),
    )
    return { trust: await trustOf(workspace, list, cwd), from: `--key ${keys.join(', ')}` }
  }
  const file = flags.text('trust')
  if (file !== undefined) return { trust: await trustOf(workspace, await readTrust(context, resolve(cwd, file), file), cwd), from: file }
  const project = await findProjectFile(deps, cwd)
  if (project !== undefined) {
    const loaded = await loadProject(deps, cwd)
    return { trust: await trustOf(workspace, loaded.config.trust, loaded.dir), from: 'tally.yaml' }
  }
  const own = resolve(workspace.dataDir, 'trust.yaml')
  if ((await deps.fs.stat(own).catch(() => undefined)) !== undefined) {
    return { trust: await trustOf(workspace, await readTrust(context, own, own), workspace.dataDir), from: own }
  }
  throw fail('untrusted', 'nobody is trusted here: no --key, no tally.yaml, no trust.yaml in the data directory', {
    hint: `add --key FILE, or write to ${own}: trust: [{ name: team, authority: key, key: team.pub, may: [any, log] }]`,
  })
}

async function readTrust(context: Context, path: string, where: string) {
  const { parseTrustFile } = await import('../trust/trust-policy.ts')
  return parseTrustFile(await readFileBounded(context.deps, path, 'configBytes'), where)
}

import type { Deps } from '../kernel/deps.ts'
import { openRoot } from '../trust/sigstore/root-store.ts'
import type { TrustedRoot } from '../trust/sigstore/trusted-root.ts'
import { resolveTrust } from '../trust/trust-policy.ts'
import type { Trust } from '../trust/authority.ts'
import type { TrustEntry } from '../trust/trust-policy.ts'
import type { Workspace } from './workspace.ts'

/**
 * A trust list with its keys read. The log key of this data directory counts only where the list trusts this machine
 * (`authority: local`) to vouch for a log. `root` is read when first needed.
 */
export async function trustOf(
  workspace: Workspace,
  entries: readonly TrustEntry[],
  baseDir: string,
  where: string,
  root: () => Promise<TrustedRoot> = publicRootOf(workspace),
): Promise<Trust> {
  const deps: Pick<Deps, 'fs' | 'log'> = workspace.deps
  const localLog = entries.some((entry) => entry.authority === 'local' && entry.may.includes('log'))
  return await resolveTrust(deps, entries, {
    baseDir,
    dataDir: workspace.dataDir,
    where,
    root,
    logKeys: localLog ? [(await workspace.logKey()).verifier] : [],
  })
}

/** The Sigstore root in force for this data directory, opened once and when first needed. A stale one is refreshed, unless offline. */
export function publicRootOf(
  workspace: Workspace,
  options: { readonly allowStale: boolean } = { allowStale: false },
): () => Promise<TrustedRoot> {
  let opened: Promise<TrustedRoot> | undefined
  const { deps, dataDir, registryOptions } = workspace
  return () => (opened ??= openRoot(deps, { dataDir, offline: registryOptions.offline, ...options }))
}

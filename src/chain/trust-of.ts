import type { Deps } from '../kernel/deps.ts'
import { resolveTrust } from '../trust/trust-policy.ts'
import type { Trust, TrustEntry } from '../trust/trust-policy.ts'
import type { Workspace } from './workspace.ts'

/**
 * A trust list with its keys read. The log key of this data directory counts only where the list trusts this machine
 * (`authority: local`) to vouch for a log.
 */
export async function trustOf(workspace: Workspace, entries: readonly TrustEntry[], baseDir: string, where: string): Promise<Trust> {
  const deps: Pick<Deps, 'fs' | 'log'> = workspace.deps
  const localLog = entries.some((entry) => entry.authority === 'local' && entry.may.includes('log'))
  return await resolveTrust(deps, entries, {
    baseDir,
    dataDir: workspace.dataDir,
    where,
    logKeys: localLog ? [(await workspace.logKey()).verifier] : [],
  })
}

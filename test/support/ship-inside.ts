import { loadProject } from '../../src/chain/config.ts'
import { receiptOf } from '../../src/chain/ship-receipt.ts'
import type { ShipReceipt } from '../../src/chain/receipt-schema.ts'
import { ship } from '../../src/chain/ship.ts'
import type { ShipOutcome } from '../../src/chain/ship.ts'
import { trustOf } from '../../src/chain/trust-of.ts'
import { openWorkspace } from '../../src/chain/workspace.ts'
import type { Workspace } from '../../src/chain/workspace.ts'
import type { Deps } from '../../src/kernel/deps.ts'
import { openSigner, parseSignerReference } from '../../src/trust/open-signer.ts'
import { testDeps } from './deps.ts'
import type { SampleProject } from './sample-project.ts'

export type Shipped = { readonly workspace: Workspace; readonly outcome: ShipOutcome; readonly receipt: ShipReceipt }

type Place = Pick<SampleProject, 'dir' | 'env' | 'dataDir'>

/** The data directory of a sample, opened in this process. */
export async function openSample(project: Place, overrides: Partial<Deps> = {}): Promise<Workspace> {
  return await openWorkspace(testDeps({ env: project.env, ...overrides }), { offline: false, allowHttp: false })
}

/** Ships a sample in this process: what `tally ship` does, without the inventory and the terminal. */
export async function shipInside(
  project: Place,
  options: { readonly deps?: Partial<Deps>; readonly to?: string; readonly boundary?: (step: string) => Promise<void> } = {},
): Promise<Shipped> {
  const workspace = await openSample(project, options.deps)
  const { deps, dataDir } = workspace
  const config = await loadProject(deps, project.dir)
  const { signer, kind, publicKeyFile } = await openSigner(deps, parseSignerReference(config.config.sign.key), {
    dataDir,
    baseDir: config.dir,
  })
  const outcome = await ship({
    workspace,
    project: config,
    ...(options.to === undefined ? {} : { to: options.to }),
    signer,
    signerKind: kind,
    publicKeyFile: publicKeyFile ?? '',
    trust: await trustOf(workspace, config.config.trust, config.dir, 'tally.yaml'),
    onBuildOutput: () => {},
    ...(options.boundary === undefined ? {} : { boundary: options.boundary }),
  })
  return { workspace, outcome, receipt: receiptOf(outcome, 'tally') }
}

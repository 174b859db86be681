import type { GitFacts } from '../build/git-facts.ts'
import type { Signer } from '../trust/signer.ts'
import type { Trust } from '../trust/authority.ts'
import type { Project } from './config.ts'
import type { RunState } from './run-state.ts'
import type { Workspace } from './workspace.ts'

/** One run of `ship`, as every step sees it. */
export type ShipJob = {
  readonly workspace: Workspace
  readonly project: Project
  readonly version: string
  readonly git: GitFacts
  /** Whether a commit describes the tree exactly; without it nothing passes the first environment. */
  readonly clean: boolean
  /** Commit time, else the time of the run. RFC 3339. */
  readonly created: string
  /** `<version>-<commit12>`; undefined when no commit describes the tree. */
  readonly releaseTag: string | undefined
  readonly invocationId: string
  /** When this run began. RFC 3339. */
  readonly startedAt: string
  readonly signer: Signer
  readonly signerKind: 'local' | 'key'
  readonly publicKeyFile: string
  readonly trust: Trust
  readonly state: RunState
  readonly boundary: (step: string) => Promise<void>
  readonly onBuildOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
}

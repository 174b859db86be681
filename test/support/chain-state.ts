import { join } from 'node:path'
import type { Workspace } from '../../src/chain/workspace.ts'
import { SAMPLE_NAME } from './sample-project.ts'
import { filesBelow } from './snapshots.ts'

/** All that a run has acknowledged on disk so far: what is in here may never be taken back. */
export type ChainState = {
  /** Envelopes in the order of the log. */
  readonly logged: readonly string[]
  /** Results of steps, blobs and everything in the registries' blob folders, by path. Temporary files are nobody's. */
  readonly files: Readonly<Record<string, string>>
}

/** Reads the state of a data directory as a run left it. Throws where the log is not sound. */
export async function readChainState(workspace: Workspace): Promise<ChainState> {
  const ledger = await workspace.ledger()
  const { problems } = await ledger.check()
  if (problems.length > 0) throw new Error(`the log is not sound: ${JSON.stringify(problems)}`)
  const entries = await Array.fromAsync(ledger.entries())
  const files: Record<string, string> = {}
  for (const place of ['runs', 'blobs', 'keys', `registry/${SAMPLE_NAME}/dev/blobs`, `registry/${SAMPLE_NAME}/prod/blobs`]) {
    for (const [path, digest] of Object.entries(await filesBelow(join(workspace.dataDir, place)))) {
      if (!/(?:^|\/)(?:tmp\/|\.tmp-)/.test(path) && !path.includes('/out/')) files[`${place}/${path}`] = digest
    }
  }
  return { logged: entries.map(({ entry }) => entry.envelope), files }
}

/** What `before` holds and `after` does not, or has otherwise. */
export function lostSince(before: ChainState, after: ChainState): readonly string[] {
  return [
    ...before.logged.filter((envelope, at) => after.logged[at] !== envelope).map((envelope) => `log entry ${envelope}`),
    ...Object.entries(before.files)
      .filter(([path, digest]) => after.files[path] !== digest)
      .map(([path]) => path),
  ]
}

import { SAMPLE_NAME } from './sample-project.ts'
import type { Digest } from '../../src/kernel/digest.ts'
import type { Workspace } from '../../src/chain/workspace.ts'
import { findEvidence } from '../../src/evidence/find.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import type { PredicateName } from '../../src/evidence/evidence.ts'
import { openEvidence } from '../../src/trust/open-evidence.ts'

const NAMES = new Map(Object.entries(PREDICATE).map(([name, uri]) => [uri as string, name as PredicateName]))

/** What is attached to an artifact in an environment, by kind, sorted: what one run leaves is one of each. */
export async function attachedKinds(workspace: Workspace, environment: string, digest: string): Promise<readonly string[]> {
  const { target } = await workspace.environment(SAMPLE_NAME, environment, 'default')
  const { found, unreadable } = await findEvidence(target, digest as Digest)
  if (unreadable.length > 0) throw new Error(`unreadable: ${unreadable.map((one) => one.where).join(', ')}`)
  return found.map((evidence) => predicateNameOf(evidence)).toSorted()
}

function predicateNameOf(evidence: Parameters<typeof openEvidence>[0]): string {
  const { says } = openEvidence(evidence)
  const predicateType = says.kind === 'statement' ? says.statement().predicateType : PREDICATE.signature
  return NAMES.get(predicateType) ?? predicateType
}

/** The kinds of the entries of the log, in its order. Throws where the log is not sound. */
export async function loggedKinds(workspace: Workspace): Promise<readonly string[]> {
  const ledger = await workspace.ledger()
  const report = await ledger.check()
  if (report.problems.length > 0) throw new Error(`the log is not sound: ${JSON.stringify(report.problems)}`)
  const entries = await Array.fromAsync(ledger.entries())
  return entries.map(({ entry }) => NAMES.get(entry.predicateType) ?? entry.predicateType)
}

/** What a tag names in an environment. */
export async function tagged(workspace: Workspace, environment: string, tag: string): Promise<string | undefined> {
  const { target } = await workspace.environment(SAMPLE_NAME, environment, 'default')
  return (await target.resolveTag(tag))?.digest
}

/** One of each that a run to prod leaves, verdict included, sorted. */
export const ONE_OF_EACH: readonly string[] = ['cyclonedx', 'provenance', 'signature', 'testResult', 'vsa']

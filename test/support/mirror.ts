import { SAMPLE_NAME } from './sample-project.ts'
import { openTarget } from '../../src/artifact/open.ts'
import { attachLogged, logSealed, seal } from '../../src/chain/seal.ts'
import type { Workspace } from '../../src/chain/workspace.ts'
import { attachBundle } from '../../src/evidence/attach.ts'
import { ANNOTATION, PREDICATE } from '../../src/evidence/evidence.ts'
import type { PredicateName, UnverifiedEvidence } from '../../src/evidence/evidence.ts'
import { findEvidence } from '../../src/evidence/find.ts'
import { parseLogProof } from '../../src/evidence/log-entry.ts'
import { parseJson } from '../../src/kernel/json.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import type { Signer } from '../../src/trust/signer.ts'
import { openEvidence } from '../../src/trust/open-evidence.ts'
import type { Shipped } from './ship-inside.ts'

/** What the one piece of evidence that is wrong becomes. */
export type Wrong =
  /** The same statement, or another one, signed anew and logged as all evidence is. */
  | { readonly how: 'signed anew'; readonly by: Signer; readonly says?: (honest: unknown) => unknown }
  /** The same bytes, without the proof that they are in the log. */
  | { readonly how: 'without its log proof' }
  /** Bytes changed after they were signed, with the proof of what they were. */
  | { readonly how: 'changed'; readonly change: (bundle: string) => string }

/** Copies what was shipped to dev into an OCI layout of its own, with one kind of evidence gone wrong and all else as it was. */
export async function mirrorWith(shipped: Shipped, path: string, kind: PredicateName, wrong: Wrong): Promise<void> {
  const { outcome, workspace } = shipped
  const { shippable, job } = outcome
  const target = await openTarget(workspace.deps, { scheme: 'oci', path }, workspace.registryOptions)
  await shippable.push(target, workspace.deps.signal)
  const attach = async (bytes: Uint8Array, evidence: UnverifiedEvidence, isLogged: boolean): Promise<void> => {
    const claim = evidence.annotations[ANNOTATION.logProof] ?? ''
    await attachBundle(target, shippable.subject, bytes, {
      predicateType: evidence.annotations[ANNOTATION.bundlePredicateType] ?? '',
      created: job.created,
      ...(isLogged ? { logProof: parseLogProof(parseJson(utf8(claim), 'log proof'), 'log proof') } : {}),
    })
  }
  for (const evidence of await evidenceInDev(workspace, shippable.artifact.digest)) {
    if (evidence.annotations[ANNOTATION.bundlePredicateType] !== PREDICATE[kind]) await attach(evidence.bytes, evidence, true)
    else if (wrong.how === 'without its log proof') await attach(evidence.bytes, evidence, false)
    else if (wrong.how === 'changed') await attach(utf8(wrong.change(new TextDecoder().decode(evidence.bytes))), evidence, true)
    else {
      const said = wrong.says ?? ((honest) => honest)
      const sealed = await seal(workspace, wrong.by, shippable.artifact, PREDICATE[kind], said(predicateOf(evidence)))
      await attachLogged(workspace, target, shippable.subject, await logSealed(workspace, wrong.by, [sealed]), job.created)
    }
  }
}

async function evidenceInDev(workspace: Workspace, digest: Parameters<typeof findEvidence>[1]): Promise<readonly UnverifiedEvidence[]> {
  const { target } = await workspace.environment(SAMPLE_NAME, 'dev', 'default')
  return (await findEvidence(target, digest)).found
}

function predicateOf(evidence: UnverifiedEvidence): unknown {
  const { says } = openEvidence(evidence)
  return says.kind === 'statement' ? says.statement().predicate : undefined
}

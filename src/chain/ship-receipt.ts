import { openedCheckpoint } from '../ledger/checkpoint-facts.ts'
import { fail } from '../kernel/errors.ts'
import { VERSION } from '../kernel/version.ts'
import type { ShipReceipt } from './receipt-schema.ts'
import type { ShipOutcome } from './ship.ts'

/** The receipt of a finished run as data. In: the outcome and the path that starts the compiled program. */
export function receiptOf(outcome: ShipOutcome, executable: string): ShipReceipt {
  const { job, shippable, built, listed, checked } = outcome
  const last = outcome.logged.at(-1)
  const here = outcome.arrivals.at(-1)
  if (last === undefined) throw fail('bug', 'a run without evidence')
  const checkpoint = openedCheckpoint(last.proof.checkpoint)
  const first = outcome.arrivals[0]
  const promoted = outcome.arrivals.length > 1 ? here : undefined
  const authority = new Map(outcome.proof.receipts.map((receipt) => [receipt.envelope, receipt.signer.authority]))
  const provenance = outcome.logged.find((each) => each.predicateType === 'https://slsa.dev/provenance/v1')
  const checkResult = outcome.logged.find((each) => each.predicateType.startsWith('https://in-toto.io/attestation/test-result/'))
  return {
    schema: 'https://tallystick.dev/schemas/receipt/v1',
    project: job.project.config.name,
    artifact: {
      name: shippable.artifact.name,
      version: job.version,
      path: built.file.path,
      digest: shippable.artifact.file?.digest ?? shippable.artifact.digest,
      reference: first?.reference ?? '',
      manifestDigest: shippable.artifact.digest,
    },
    source: job.git.present
      ? { commit: job.git.commit, branch: job.git.branch ?? null, dirty: job.git.dirty, repository: job.git.remote ?? null }
      : { commit: null, branch: null, dirty: true, repository: null },
    check: { result: checked.result, findings: checked.findings, digest: checkResult?.bundle ?? '' },
    sbom: { digest: listed.digest, path: listed.path, components: listed.components, completeness: listed.completeness },
    provenance: { digest: provenance?.bundle ?? '', builder: built.builder, sourceCommit: job.git.present ? job.git.commit : null },
    signer: { keyId: job.signer.keyId, publicKeyFile: job.publicKeyFile, kind: job.signerKind },
    log: { index: last.index, size: checkpoint.size, root: checkpoint.root, origin: outcome.origin, checkpoint: last.proof.checkpoint },
    evidence: outcome.logged.map((each) => ({
      predicateType: each.predicateType,
      digest: each.bundle,
      index: each.index,
      authority: authority.get(each.bundle) ?? 'not verified',
    })),
    verdict:
      outcome.judgement === undefined
        ? null
        : {
            decision: outcome.judgement.verdict.decision,
            policy: { ...outcome.judgement.verdict.policy, path: outcome.judgement.policyPath },
            clauses: outcome.judgement.verdict.clauses.map((clause) => ({ ...clause, evidence: [...clause.evidence] })),
          },
    promoted: promoted === undefined ? null : { environment: promoted.environment, reference: promoted.reference, tag: promoted.tag ?? '' },
    reached: here?.environment ?? 'nowhere',
    target: outcome.target,
    notProven: notProven(outcome),
    tool: { version: VERSION, node: process.execPath, executable },
  }
}

/** What the evidence of this run cannot say, in words. Nothing here is optional politeness: each line is a limit of the proof. */
function notProven(outcome: ShipOutcome): string[] {
  const lines: string[] = []
  if (outcome.job.signerKind === 'local')
    lines.push('who is behind the signature: the key was made on this machine and vouches for this machine only')
  lines.push('that this machine was sound while it built: a local builder reaches SLSA Build L1 at most')
  lines.push('that the log was never rewritten: only a receipt somebody else keeps can show that (`tally log check --against`)')
  lines.push('that dependencies are free of flaws or malice: the SBOM says what they are, not whether they are good')
  if (outcome.listed.completeness !== 'complete')
    lines.push(`that the SBOM lists everything: its completeness is ${outcome.listed.completeness}`)
  return lines
}

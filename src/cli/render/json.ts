import type { Artifact } from '../../artifact/artifact.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import type { EarlierVerdict } from '../../gate/earlier-verdicts.ts'
import type { Proof } from '../../gate/prove.ts'

/** What `verify`, `gate` and `tree` print with `--format json`. */
export function proofJson(
  artifact: Artifact,
  proof: Proof,
  verdict: Verdict | undefined,
  earlier: readonly EarlierVerdict[],
  exitCode: number,
): object {
  return {
    schema: 'https://tallystick.dev/schemas/verification/v1',
    artifact,
    receipts: proof.receipts.map((receipt) => ({
      predicateType: receipt.statement.predicateType,
      envelope: receipt.envelope,
      signer: receipt.signer,
      time: receipt.time,
      log:
        receipt.log === undefined
          ? null
          : { index: receipt.log.proof.index, size: receipt.log.size, root: receipt.log.root, checkpointBy: receipt.log.checkpointBy },
      transparency: receipt.transparency ?? [],
      logProblem: receipt.logProblem ?? null,
      where: receipt.where,
      matched: receipt.matched,
    })),
    rejections: proof.rejections,
    unreadable: proof.unreadable.map((each) => ({ where: each.where, code: each.error.code, message: each.error.message })),
    looked: proof.looked,
    earlierVerdicts: earlier,
    verdict: verdict ?? null,
    exitCode,
  }
}

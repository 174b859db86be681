import type { Verdict } from '../evidence/verdict.ts'
import type { Receipt } from '../trust/receipt.ts'
import { levelOf } from './builders/table.ts'
import type { Policy } from './document.ts'
import { readProvenance } from './facts/read-provenance.ts'

const UNEVALUATED = 'SLSA_BUILD_LEVEL_UNEVALUATED'

/**
 * What a verification summary may say of the SLSA build track: the level that the provenances which met the policy prove, the
 * lowest of several. A policy that asks for none, or one that was waived, has evaluated nothing. A verdict that does not
 * allow has no level.
 */
export function verifiedLevels(verdict: Verdict, receipts: readonly Receipt[], policy: Pick<Policy, 'rules'>): readonly string[] {
  if (verdict.decision !== 'allow') return []
  const clause = verdict.clauses.find((each) => each.clause === 'provenance')
  if (clause === undefined || clause.result !== 'met') return [UNEVALUATED]
  const levels = receipts
    .filter((receipt) => clause.evidence.includes(receipt.envelope))
    .map((receipt) => {
      const reading = readProvenance(receipt.statement)
      return reading.ok ? levelOf(reading.facts.builder, receipt.signer, policy.rules.builders).level : 0
    })
  return [levels.length === 0 ? UNEVALUATED : `SLSA_BUILD_LEVEL_${Math.min(...levels)}`]
}

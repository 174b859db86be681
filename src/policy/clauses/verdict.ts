import { PREDICATE } from '../../evidence/evidence.ts'
import { checkVsa } from '../check-vsa.ts'
import type { Requirements } from '../document.ts'
import { readVsa } from '../facts/read-vsa.ts'
import type { VsaFacts } from '../facts/read-vsa.ts'
import { ageClause } from './age.ts'
import { failed, met, unknown } from './clause.ts'
import type { Clause, Context, KindRules } from './clause.ts'

type VerdictRequirement = NonNullable<Requirements['verdict']>

const make = (_context: Context): string => 'tally ship to the earlier environment, or tally promote there'

/** All checks of a verification summary, one clause: the first that fails is what was found. */
const summaryHolds: Clause<VerdictRequirement, VsaFacts> = {
  name: 'verdict',
  asked: () => true,
  expected: (required, context) => {
    const parts = [
      'a passed verification summary',
      `for ${required.resource ?? context.resourceUri ?? 'this resource'}`,
      ...(required.levels.length === 0 ? [] : [`with ${required.levels.join(', ')}`]),
      ...(required.policy === undefined ? [] : [`by policy ${required.policy}`]),
    ]
    return parts.join(' ')
  },
  judge: (facts, required, context, receipt) => {
    const resourceUri = required.resource ?? context.resourceUri
    if (resourceUri === undefined)
      return unknown(`one for ${facts.resourceUri}, and nobody said what resource this is`, 'name it in require.verdict.resource')
    const check = checkVsa(receipt, {
      artifact: context.artifact,
      from: required.from,
      verifierId: required.verifier,
      resourceUri,
      levels: required.levels,
      policy: required.policy,
    })
    if (check.ok) return met(`PASSED for ${resourceUri}`)
    const wrong = check.steps
      .filter((step) => !step.ok)
      .map((step) => (step.step === 'policy' ? `${step.found}, which is not the one required` : step.found))
    return failed(wrong.join('; '), make(context))
  },
}

export const VERDICT: KindRules<VerdictRequirement, VsaFacts> = {
  kind: 'verdict',
  noun: 'verification summary',
  predicateTypes: () => [PREDICATE.vsa],
  required: (rules) => rules.require.verdict,
  read: (receipt) => readVsa(receipt.statement.predicate),
  make,
  clauses: [summaryHolds, ageClause('verdict.age', make)],
}

import { PREDICATE } from '../../evidence/evidence.ts'
import type { Requirements } from '../document.ts'
import { readTestResult } from '../facts/read-test-result.ts'
import type { TestResultFacts } from '../facts/read-test-result.ts'
import { showAll } from '../show.ts'
import { ageClause } from './age.ts'
import { failed, met } from './clause.ts'
import type { Clause, Context, KindRules } from './clause.ts'

type CheckRequirement = NonNullable<Requirements['check']>

const make = (_context: Context): string => 'tally ship, which checks the source first'

/** The result is good enough: PASSED, or WARNED where the policy takes that too. */
const checkResult: Clause<CheckRequirement, TestResultFacts> = {
  name: 'check',
  asked: () => true,
  expected: (required) => `a check with the result ${required.result}${required.result === 'WARNED' ? ' or PASSED' : ''}`,
  judge: (facts, required) => {
    const good = facts.result === 'PASSED' || facts.result === required.result
    if (good) return met(facts.result)
    const rules = facts.failedTests.length === 0 ? '' : ` (${showAll(facts.failedTests)})`
    return failed(`${facts.result}${rules}`, 'mend what `tally check` names, then: tally ship')
  },
}

export const CHECK: KindRules<CheckRequirement, TestResultFacts> = {
  kind: 'check',
  noun: 'check result',
  predicateTypes: () => [PREDICATE.testResult],
  required: (rules) => rules.require.check,
  read: (receipt) => readTestResult(receipt.statement.predicate),
  make,
  clauses: [checkResult, ageClause('check.age', make)],
}

import { z } from 'zod'
import type { Reading } from '../clauses/clause.ts'

/** The result of an in-toto test-result v0.1 predicate. */
export type TestResultFacts = { readonly result: 'PASSED' | 'WARNED' | 'FAILED'; readonly failedTests: readonly string[] }

const predicate = z.object({ result: z.enum(['PASSED', 'WARNED', 'FAILED']), failedTests: z.array(z.string()).default([]) })

export function readTestResult(value: unknown): Reading<TestResultFacts> {
  const parsed = predicate.safeParse(value)
  return parsed.success
    ? { ok: true, facts: parsed.data }
    : { ok: false, why: `its predicate is no test result (${parsed.error.issues[0]?.path.join('.') ?? ''})` }
}

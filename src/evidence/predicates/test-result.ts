import { z } from 'zod'
import { resource } from './parts.ts'

const names = z.array(z.string()).optional()

/** in-toto test result v0.1 (in-toto attestation, spec/predicates/test-result.md). */
export const testResultSchema = z.looseObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  configuration: z.array(resource),
  url: z.string().max(4096).optional(),
  passedTests: names,
  warnedTests: names,
  failedTests: names,
})
export type TestResult = z.infer<typeof testResultSchema>

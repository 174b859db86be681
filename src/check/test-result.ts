import { hexOf } from '../kernel/digest.ts'
import { atLeast } from '../kernel/finding.ts'
import type { Severity } from '../kernel/finding.ts'
import { VERSION } from '../kernel/version.ts'
import type { CheckReport } from './run-checks.ts'

export type TestResult = 'PASSED' | 'WARNED' | 'FAILED'

/**
 * A report as predicate of in-toto test-result v0.1. A rule failed when one of its findings is at or above `failOn` and not
 * waived; it warned when it has others, waived ones too, so that PASSED means that nothing at all was found. Only what does
 * not change from run to run goes in: no times, no paths.
 */
export function testResultPredicate(
  report: CheckReport,
  options: { readonly failOn: Severity; readonly url: string | undefined },
): { readonly result: TestResult; readonly predicate: Record<string, unknown> } {
  const failed = new Set<string>()
  const found = new Set<string>()
  for (const finding of report.findings) {
    found.add(finding.rule)
    if (finding.waivedBy === undefined && atLeast(finding.severity, options.failOn)) failed.add(finding.rule)
  }
  const ids = report.rules.map((rule) => rule.id)
  const warned = ids.filter((id) => found.has(id) && !failed.has(id))
  const result = failed.size > 0 ? 'FAILED' : warned.length > 0 ? 'WARNED' : 'PASSED'
  return {
    result,
    predicate: {
      result,
      configuration: [
        {
          name: 'tally check',
          digest: { sha256: hexOf(report.ruleSet) },
          annotations: { version: VERSION, failOn: options.failOn, waived: report.waived },
        },
      ],
      ...(options.url === undefined ? {} : { url: options.url }),
      passedTests: ids.filter((id) => !found.has(id)),
      warnedTests: warned,
      failedTests: ids.filter((id) => failed.has(id)),
    },
  }
}

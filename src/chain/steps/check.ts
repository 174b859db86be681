import { z } from 'zod'
import { runChecks } from '../../check/run-checks.ts'
import { testResultPredicate } from '../../check/test-result.ts'
import { fail } from '../../kernel/errors.ts'
import { atLeast } from '../../kernel/finding.ts'
import { countOf, safeText } from '../../kernel/text.ts'
import type { ShipJob } from '../ship-job.ts'

export const checkedSchema = z.strictObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  findings: z.number().int(),
  predicate: z.record(z.string(), z.unknown()),
})
/** What the check step leaves: the test-result predicate and its summary. */
export type Checked = z.infer<typeof checkedSchema>

/** Checks the project. Findings at or above `check.fail-on` end the run with `findings`: nothing is built from a source that fails. */
export async function runCheck(job: ShipJob): Promise<{ readonly checked: Checked; readonly reused: boolean }> {
  const { deps } = job.workspace
  const { result, reused } = await job.state.step(
    'check',
    checkedSchema,
    async () => true,
    async () => {
      const report = await runChecks(deps, {
        dir: job.project.dir,
        files: job.git.present ? job.git.files : undefined,
        waivers: [],
        now: deps.now(),
      })
      const failOn = job.project.config.check['fail-on']
      const bad = report.findings.filter((finding) => finding.waivedBy === undefined && atLeast(finding.severity, failOn))
      for (const finding of bad.slice(0, 20)) {
        deps.log(
          'warn',
          `${finding.file}:${finding.span.startLine}:${finding.span.startColumn} ${finding.severity} ${finding.rule}: ${safeText(finding.message)}`,
        )
      }
      if (bad.length > 0) {
        throw fail('findings', `${countOf(bad.length, 'finding')} at or above \`${failOn}\``, {
          where: job.project.dir,
          hint: 'run `tally check` for all of them with their remedies',
        })
      }
      const { result: outcome, predicate } = testResultPredicate(report, { failOn, url: undefined })
      return { result: outcome, findings: report.findings.length, predicate }
    },
  )
  return { checked: result, reused }
}

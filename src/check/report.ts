import type { Digest } from '../kernel/digest.ts'
import type { Finding } from '../kernel/finding.ts'
import type { Rule } from './rule.ts'

export type RuleInfo = Pick<Rule, 'id' | 'family' | 'severity' | 'title' | 'help' | 'docs'>

export type CheckReport = {
  /** Sorted by file and place; waived ones among them, marked. */
  readonly findings: readonly Finding[]
  /** How many of the findings a waiver or an inline ignore covers. */
  readonly waived: number
  /** Files at least one rule read. */
  readonly filesRead: number
  /** Files a rule wanted and did not read, and why: too large, no text. */
  readonly skipped: readonly { readonly file: string; readonly why: string }[]
  readonly rules: readonly RuleInfo[]
  /** Names the rules as they were: their ids and severities and the version of this program. */
  readonly ruleSet: Digest
}

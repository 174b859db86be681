import { createHash } from 'node:crypto'
import type { Finding, Severity } from '../kernel/finding.ts'
import { safeText } from '../kernel/text.ts'
import type { CheckReport } from './run-checks.ts'

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
}
/** What code scanning shows as critical (over 9), high (over 7), medium (over 4), low. */
const SCORE: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0', info: '0.0' }

/**
 * A report as SARIF 2.1.0 (OASIS). Results keep their fingerprint when lines move: it is made of rule, file and message,
 * and of which of several equal ones it is; never of the text of a line, which may be a secret.
 */
export function toSarif(report: CheckReport, version: string): object {
  const indexes = new Map(report.rules.map((rule, index) => [rule.id, index]))
  const count = new Map<string, number>()
  const results = report.findings.map((finding) => {
    const identity = `${finding.rule}\n${finding.file}\n${finding.message}`
    const nth = count.get(identity) ?? 0
    count.set(identity, nth + 1)
    return resultOf(finding, indexes.get(finding.rule) ?? -1, createHash('sha256').update(`${identity}\n${nth}`).digest('hex'))
  })
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tally',
            semanticVersion: version,
            rules: report.rules.map((rule) => ({
              id: rule.id,
              shortDescription: { text: rule.title },
              help: { text: `${rule.help}\n\n${rule.docs}` },
              defaultConfiguration: { level: LEVEL[rule.severity] },
              properties: { tags: ['security', rule.family], 'security-severity': SCORE[rule.severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { SRCROOT: { description: { text: 'The directory that was checked.' } } },
        results,
      },
    ],
  }
}

function resultOf(finding: Finding, ruleIndex: number, fingerprint: string): object {
  const { span } = finding
  return {
    ruleId: finding.rule,
    ...(ruleIndex === -1 ? {} : { ruleIndex }),
    level: LEVEL[finding.severity],
    message: { text: `${safeText(finding.message)}. ${safeText(finding.help)}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(finding.file), uriBaseId: 'SRCROOT' },
          region: { startLine: span.startLine, startColumn: span.startColumn, endLine: span.endLine, endColumn: span.endColumn },
        },
      },
    ],
    partialFingerprints: { 'tally/v1': fingerprint },
    properties: { confidence: finding.confidence, 'security-severity': SCORE[finding.severity] },
    ...(finding.waivedBy === undefined
      ? {}
      : {
          suppressions: [
            { kind: finding.waivedBy.startsWith('inline ') ? 'inSource' : 'external', justification: safeText(finding.waivedBy) },
          ],
        }),
  }
}

/** A relative URI: whatever is not plain in a name is percent-encoded, line ends and control characters too. */
function uriOf(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/')
}

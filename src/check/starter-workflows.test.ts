import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFile } from './run-checks.ts'
import { makeCheckFile } from './rule.ts'
import { RULES } from './rules/table.ts'
import { sharedData } from '../../test/support/shared-data.ts'

const data = sharedData('workflows')

/** Number of findings by rule and severity over all workflows of a folder. */
function countIn(folder: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const entry of readdirSync(join(data ?? '', folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = makeCheckFile(`.github/workflows/${entry.name}`, readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    for (const finding of checkFile(file, RULES, new Date('2026-11-25T00:00:00Z'))) {
      const key = `${finding.rule} ${finding.severity}`
      counts[key] = (counts[key] ?? 0) + 1
    }
  }
  return counts
}

describe.skipIf(data === undefined)('workflows other people wrote', () => {
  it('GitHub\'s starter workflows: every "uses" without a commit, and hardly anything else', () => {
    expect(countIn('starter')).toEqual({ 'unpinned-action high': 251, 'workflow-permissions medium': 39, 'script-injection medium': 1 })
  })

  it('dangerous workflows', () => {
    expect(countIn('hazmat')).toMatchObject({
      'script-injection critical': 2,
      'script-injection medium': 2,
      'workflow-permissions high': 1,
    })
  })
})

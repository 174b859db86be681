import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RULES } from './table.ts'

describe('the rules', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/rules.md'), 'utf8')

  it('have distinct ids', () => {
    expect(new Set(RULES.map((rule) => rule.id)).size).toBe(RULES.length)
  })

  it.each(RULES.map((rule) => [rule.id, rule] as const))('%s is explained in docs/rules.md, where it says so', (id, rule) => {
    expect(rule.docs).toBe(`docs/rules.md#${id}`)
    expect(docs).toContain(`\n## ${id}\n`)
    expect(docs).toContain(`| \`${id}\` | ${rule.severity}`)
  })
})

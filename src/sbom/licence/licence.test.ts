import { describe, expect, it } from 'vitest'
import { readLicence } from './licence.ts'

describe('readLicence', () => {
  it.each([
    ['MIT', 'MIT'],
    [' apache-2.0 ', 'Apache-2.0'],
    ['GPL-2.0+', 'GPL-2.0+'],
  ])('%j is the id %s', (text, id) => {
    expect(readLicence(text)).toEqual({ kind: 'id', id })
  })

  it.each([
    ['(MIT OR  apache-2.0)', '(MIT OR Apache-2.0)'],
    ['MIT and (BSD-3-Clause or LicenseRef-own)', 'MIT AND (BSD-3-Clause OR LicenseRef-own)'],
    ['gpl-2.0-only WITH classpath-exception-2.0', 'GPL-2.0-only WITH Classpath-exception-2.0'],
    ['DocumentRef-x:LicenseRef-y', 'DocumentRef-x:LicenseRef-y'],
    ['mit+', 'MIT+'],
  ])('%j is the expression %s', (text, expression) => {
    expect(readLicence(text)).toEqual({ kind: 'expression', expression })
  })

  it.each([
    '',
    'SEE LICENSE IN x',
    'MIT OR',
    'OR MIT',
    '(MIT',
    'MIT)',
    'MIT Apache-2.0',
    'MIT OR Homemade',
    '()',
    '(MIT) WITH x',
    'MIT WITH',
    `${'('.repeat(3000)}MIT`,
  ])('%.30j is neither', (text) => {
    expect(readLicence(text)).toEqual({ kind: 'name', name: text.trim() })
  })

  it('does not take long for a long one', () => {
    expect(readLicence('MIT OR '.repeat(100_000)).kind).toBe('name')
  })
})

import { describe, expect, it } from 'vitest'
import { isForbidden, licenceTerms, parseLicence } from './licence.ts'

function forbidden(expression: string, ...ids: string[]): boolean | undefined {
  const licence = parseLicence(expression)
  return licence === undefined ? undefined : isForbidden(licence, new Set(ids.map((id) => id.toLowerCase())))
}

describe('an SPDX licence expression', () => {
  it.each([
    ['MIT', ['MIT'], true],
    ['mit', ['MIT'], true],
    ['MIT', ['ISC'], false],
    ['MIT OR AGPL-3.0-only', ['AGPL-3.0-only'], false],
    ['MIT OR AGPL-3.0-only', ['AGPL-3.0-only', 'MIT'], true],
    ['MIT AND AGPL-3.0-only', ['AGPL-3.0-only'], true],
    ['MIT AND (ISC OR AGPL-3.0-only)', ['AGPL-3.0-only'], false],
    ['(MIT AND AGPL-3.0-only) OR ISC AND BSD-3-Clause', ['AGPL-3.0-only'], false],
    ['(MIT AND AGPL-3.0-only) OR ISC AND BSD-3-Clause', ['AGPL-3.0-only', 'ISC'], true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', ['GPL-2.0-only'], true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', ['GPL-2.0-only with Classpath-exception-2.0'], true],
    ['GPL-2.0-only', ['GPL-2.0-only with Classpath-exception-2.0'], false],
    ['GPL-3.0', ['GPL-3.0-only'], true],
    ['GPL-3.0+', ['GPL-3.0-or-later'], true],
    ['GPL-3.0+', ['GPL-3.0-only'], false],
    ['LicenseRef-ours OR DocumentRef-x:LicenseRef-theirs', ['MIT'], false],
    ['mit or isc', ['MIT', 'ISC'], true],
  ] as const)('%s against %j: forbidden %s', (expression, ids, answer) => {
    expect(forbidden(expression, ...ids)).toBe(answer)
  })

  it.each([
    '',
    'NOASSERTION',
    'NONE',
    'MIT License',
    'MIT OR',
    'OR MIT',
    '(MIT',
    'MIT)',
    'MIT WITH',
    'MIT,ISC',
    'SEE LICENSE IN LICENSE',
    '()',
    'MIT Or ISC',
  ])('is not %j', (text) => {
    expect(parseLicence(text)).toBeUndefined()
  })

  it('is not read past its caps', () => {
    expect(parseLicence(`${'('.repeat(60)}MIT${')'.repeat(60)}`)).toBeUndefined()
    expect(parseLicence(Array(400).fill('MIT').join(' OR '))).toBeUndefined()
    expect(parseLicence('M'.repeat(5000))).toBeUndefined()
    expect(parseLicence(`${'('.repeat(40)}MIT${')'.repeat(40)}`)).toEqual({ kind: 'licence', id: 'mit' })
  })

  it('lists its terms', () => {
    const licence = parseLicence('MIT AND (GPL-2.0 WITH Classpath-exception-2.0 OR ISC)')
    expect(licence === undefined ? [] : licenceTerms(licence)).toEqual(['mit', 'gpl-2.0-only with classpath-exception-2.0', 'isc'])
  })
})

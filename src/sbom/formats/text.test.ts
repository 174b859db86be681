import { expect, it } from 'vitest'
import { toPurlList } from './purl-list.ts'
import { toTable } from './table.ts'
import { SAMPLE, shuffled } from './test-sbom.ts'

it('lists package URLs, sorted', () => {
  expect(toPurlList(shuffled(SAMPLE))).toBe('pkg:npm/%40s/a@1.0.0\npkg:npm/b@2.0.0\npkg:npm/c@3.0.0\npkg:npm/d\n')
})

it('makes a table for people', () => {
  expect(toTable(SAMPLE)).toBe(`NAME  VERSION  TYPE  LICENCE                SCOPE
@s/a  1.0.0    npm   MIT                    required
b     2.0.0    npm   Apache-2.0 OR MIT      optional
c     3.0.0    npm   SEE LICENSE IN <file>  dev
d     -        npm   -                      required

4 components in app 1.0.0; completeness: incomplete
`)
})

it('lets no package write to the terminal or push the columns away', () => {
  const [first] = SAMPLE.components
  if (first === undefined) throw new Error('the sample is empty')
  const table = toTable({ ...SAMPLE, components: [{ ...first, name: '\u001b[2Jgone', version: '9'.repeat(500), licence: 'a\nb' }] })
  expect(table).toContain('\\u{1b}[2Jgone')
  expect(table).toContain('a\\u{a}b')
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThan(140)
})

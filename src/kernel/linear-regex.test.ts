import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileLinearRegex } from './linear-regex.ts'

const matches = (pattern: string, text: string): boolean => compileLinearRegex(pattern, 'test').matchesWhole(text)

describe('a pattern matches the whole text', () => {
  test.each([
    ['https://github.com/org/.*', 'https://github.com/org/repo'],
    ['^https://github\\.com/org/.+$', 'https://github.com/org/repo'],
    ['(a|b)+c?', 'abab'],
    ['[a-z0-9-]{3,5}@example\\.com', 'ab-1@example.com'],
    ['\\A\\w+\\z', 'under_score'],
    ['(?:x|)y', 'y'],
    ['[^/]+/[]]', 'a/]'],
    ['a{2}', 'aa'],
    ['a{2,}', 'aaaa'],
    ['.*?b', 'aab'],
    ['a{,2}', 'a{,2}'],
    ['😀.', '😀😀'],
    ['', ''],
  ])('%s and %s', (pattern, text) => {
    expect(matches(pattern, text)).toBe(true)
  })

  test.each([
    ['https://github.com/org/', 'https://github.com/org/repo', 'a part is not enough, as it is for cosign'],
    ['github\\.com', 'evil-github.com', 'nor an end'],
    ['a.c', 'a\nc', 'a dot is no line feed'],
    ['a{2,3}', 'aaaa', 'too many'],
    ['a^b', 'ab', 'an anchor in the middle'],
    ['[^a-c]', 'b', 'in the class that is not meant'],
    ['(ab)*', 'aba', 'a piece too many'],
  ])('%s, not %s: %s', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false)
  })
})

test.each([
  '(',
  ')',
  'a)',
  '[',
  '[b-a]',
  '*a',
  'a**',
  '\\b',
  '\\p{L}',
  '(?i)a',
  '[[:alpha:]]',
  'a{1001}',
  'a{3,2}',
  'a\\',
  '((((a{9}){9}){9}){9}){9}',
  'x'.repeat(2000),
])('refuses %s', (pattern) => {
  expect(() => compileLinearRegex(pattern, '--flag')).toThrowError(expect.objectContaining({ code: 'usage', where: '--flag' }))
})

test('takes no longer for a text made to hang JavaScript', () => {
  expect(matches('(a+)+b', `${'a'.repeat(4000)}c`)).toBe(false)
  expect(matches('(a|aa|a?)*', 'a'.repeat(4000))).toBe(true)
})

test('says what JavaScript says', () => {
  const piece = fc.constantFrom('a', 'b', '.', 'a*', '(a|b)', 'b?', '[ab]', '[^a]', '(ab)+', 'a{1,2}', '^', '$', '|')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.stringMatching(/^[abc]{0,8}$/), (pieces, text) => {
      const pattern = pieces.join('')
      expect(matches(pattern, text)).toBe(new RegExp(`^(?:${pattern})$`, 's').test(text))
    }),
  )
})

import { describe, expect, test } from 'vitest'
import { countOf, safeLines, safeText, shorten } from './text.ts'

describe('safeText', () => {
  test.each([
    ['a colour', 'a\u001b[31mred', String.raw`a\u{1b}[31mred`],
    ['a C1 control sequence', '\u009b2J', String.raw`\u{9b}2J`],
    ['a line feed and a bell', 'a\nb\u0007', String.raw`a\u{a}b\u{7}`],
    ['a right-to-left override', 'exe\u202egnp', String.raw`exe\u{202e}gnp`],
    ['isolates', '\u2066a\u2069', String.raw`\u{2066}a\u{2069}`],
    ['zero width', 'pay\u200bpal\ufeff', String.raw`pay\u{200b}pal\u{feff}`],
    ['a soft hyphen', 'a\u00adb', String.raw`a\u{ad}b`],
    ['tag characters', 'x\u{e0041}', String.raw`x\u{e0041}`],
    ['a lone surrogate', 'x\ud800', String.raw`x\u{d800}`],
    ['a line separator', 'a\u2028b', String.raw`a\u{2028}b`],
  ])('escapes %s', (_what, text, safe) => {
    expect(safeText(text)).toBe(safe)
  })

  test('leaves what people write', () => {
    const text = 'Größe: 10 €, 日本語, العربية, 😀 – “ok”'
    expect(safeText(text)).toBe(text)
  })
})

test('safeLines keeps line feeds and tabs, and nothing else', () => {
  expect(safeLines('a\tb\r\n\u001b[2Jc')).toBe('a\tb\\u{d}\n\\u{1b}[2Jc')
})

test('countOf knows one from many', () => {
  expect([0, 1, 2].map((count) => countOf(count, 'finding'))).toEqual(['0 findings', '1 finding', '2 findings'])
  expect(countOf(3, 'entry', 'entries')).toBe('3 entries')
})

test('shorten marks the cut and keeps pairs whole', () => {
  expect(shorten('abcdef', 6)).toBe('abcdef')
  expect(shorten('abcdefg', 6)).toBe('abcde…')
  expect(shorten('abcd😀x', 6)).toBe('abcd…')
  expect(shorten('abc', 0)).toBe('…')
})

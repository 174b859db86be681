import { describe, expect, it } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { parseToml } from './toml.ts'

const read = (text: string) => parseToml(utf8(text), 'file.toml', 'lockfileBytes')

describe('TOML', () => {
  it.each([
    ['title = "TOML" # comment\n', { title: 'TOML' }],
    ['a.b."c d".\'e.f\' = 1\na.x = 2', { a: { b: { 'c d': { 'e.f': 1 } }, x: 2 } }],
    ['[a]\nb = 1\n[a.c]\nd = 2\n[x.y]\n[x]\nz = 3', { a: { b: 1, c: { d: 2 } }, x: { y: {}, z: 3 } }],
    ['[[p]]\nn = 1\n[p.q]\nr = 1\n[[p.s]]\n[[p]]\nn = 2', { p: [{ n: 1, q: { r: 1 }, s: [{}] }, { n: 2 }] }],
    ['a = [1, [2, 3], "x", {y = 1}, # c\n ]', { a: [1, [2, 3], 'x', { y: 1 }] }],
    ['a = {b.c = 1, b.d = 2, "e" = {}}', { a: { b: { c: 1, d: 2 }, e: {} } }],
    ['a = {\n b = 1, # lines and a last comma, of TOML 1.1\n c = 2,\n}', { a: { b: 1, c: 2 } }],
    ['a = "\\u00e4\\t\\"\\\\"\nb = \'C:\\x\'', { a: 'ä\t"\\', b: 'C:\\x' }],
    ["a = \"\"\"\none\n  two\\\n   three\"\"\"\nb = ''''q'''''", { a: 'one\n  twothree', b: "'q''" }],
    ['a = 1_000\nb = -0\nc = 0xFf\nd = 0o17\ne = 0b11\nf = 1e3\ng = -1.5E-1', { a: 1000, b: -0, c: 255, d: 15, e: 3, f: 1000, g: -0.15 }],
    ['a = 9223372036854775807\nb = nan\nc = +inf\nd = 1e999', { a: '9223372036854775807', b: 'nan', c: '+inf', d: '1e999' }],
    [
      'a = 1979-05-27T07:32:00.5-07:00\nb = 1979-05-27 07:32:00Z\nc = 1979-05-27\nd = 07:32:00',
      {
        a: '1979-05-27T07:32:00.5-07:00',
        b: '1979-05-27T07:32:00Z',
        c: '1979-05-27',
        d: '07:32:00',
      },
    ],
    ['\ufeffa = true\r\nb = false\r\n', { a: true, b: false }],
    ['', {}],
  ])('reads %j', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('keeps keys of prototypes as plain data', () => {
    const table = read('__proto__.polluted = true\n[constructor]\nx = 1')
    expect(Object.keys(table)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each([
    'a = 1\na = 2',
    '[a]\n[a]',
    'a = 1\n[a]',
    'a.b = 1\na = 2',
    '[a]\nb.c = 1\n[a.b]',
    '[a.b.c]\n[a]\nb.x = 1',
    'a = {b = 1}\n[a.c]',
    'a = {b = 1}\na.c = 1',
    'a = [1]\n[[a]]',
    '[[a]]\n[a]',
    '[a]\n[[a]]',
    'a = {b = 1, b = 2}',
    'a = {b.c = 1, b = 2}',
    '[a]]',
    '[[a]',
    '[]',
    'a',
    '= 1',
    'a =',
    'a = 1 b = 2',
    'a = [1',
    'a = {b = 1',
    'a = [1 2]',
    'a = "x',
    'a = "x\ny"',
    "a = 'x\ny'",
    'a = """x',
    'a = "\\q"',
    'a = "\\ud800"',
    'a = 01',
    'a = 1__0',
    'a = 1.',
    'a = .5',
    'a = 0X1',
    'a = 1e',
    'a = tru',
    'a = 1979-13-01',
    'a = 25:00:00',
    'a = "\u0001"',
    '# \u0000',
    '"""a""" = 1',
    'a = 1\rb = 2',
    'a = x',
    '\u00e4 = 1',
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'artifact-malformed', where: expect.stringMatching(/^file\.toml:\d+$/) }),
    )
  })

  it('is bounded in depth and does not take long', () => {
    expect(() => read(`a = ${'['.repeat(5000)}`)).toThrow(/jsonDepth/)
    expect(() => read(`a = ${'{a='.repeat(5000)}`)).toThrow(/jsonDepth/)
    expect(() => read(`${'a.'.repeat(5000)}a = 1`)).toThrow(/jsonDepth/)
    expect(() => read(`a = "${'\\n'.repeat(500_000)}`)).toThrow(/end/)
    expect(() => read(`a = ${'1_'.repeat(500_000)}`)).toThrow(/kind/)
    expect(() => read(`${' \n'.repeat(500_000)}!`)).toThrow(/key/)
  })
})

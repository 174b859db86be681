import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { canonicalJson, parseJson } from './json.ts'
import { LIMITS } from './limits.ts'

describe('canonicalJson (RFC 8785)', () => {
  test.each<[string, unknown, string]>([
    ['literals', [null, true, false], '[null,true,false]'],
    ['no white space', { a: [1, { b: 2 }] }, '{"a":[1,{"b":2}]}'],
    ['an undefined member is left out', { a: undefined, b: 1 }, '{"b":1}'],
    // Section 3.2.2.3: numbers as ECMAScript writes them.
    ['whole numbers', [0, -0, 1, -1, 1e21, 1e20, 9007199254740991], '[0,0,1,-1,1e+21,100000000000000000000,9007199254740991]'],
    [
      'fractions',
      [0.1, 1e-6, 1e-7, 4.5, 2e-3, 1.7976931348623157e308, 5e-324],
      '[0.1,0.000001,1e-7,4.5,0.002,1.7976931348623157e+308,5e-324]',
    ],
    // Section 3.2.2.2: two-character escapes where there is one, \u00xx for other controls, all else as it is.
    ['control characters', '\b\t\n\f\r"\\\u000f\u007f/', String.raw`"\b\t\n\f\r\"\\\u000f` + '\u007f/"'],
    ['text is not normalised', ['\u00e9', 'e\u0301', '€', '😀'], '["\u00e9","e\u0301","€","😀"]'],
    // Section 3.2.3: keys by UTF-16 code units, so U+1F600 (d83d…) comes before U+FB33.
    [
      'keys',
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"😀":5,"\ufb33":3}',
    ],
    ['keys that start alike', { aa: 1, a: 2, A: 3, '': 4 }, '{"":4,"A":3,"a":2,"aa":1}'],
    ['a key named __proto__', JSON.parse('{"__proto__":{"b":1},"a":2}'), '{"__proto__":{"b":1},"a":2}'],
  ])('%s', (_what, value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  test.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['an infinity', [Number.POSITIVE_INFINITY]],
    ['a lone surrogate', { a: '\ud800' }],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['undefined in a list', [undefined]],
    ['a hole in a list', Array(2)],
    ['a function', { a: () => 1 }],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['bytes', new Uint8Array(2)],
    ['a map', new Map([['a', 1]])],
  ])('refuses %s', (_what, value) => {
    expect(() => canonicalJson(value)).toThrow('canonical JSON cannot hold')
  })

  test('is the same for the same data in any order, and reads back to it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        const back: unknown = JSON.parse(text)
        expect(canonicalJson(reversed(back))).toBe(text)
        expect(canonicalJson(back)).toBe(text)
      }),
      { numRuns: 200, seed: 8785 },
    )
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  )
}

describe('parseJson', () => {
  const parse = (text: string): unknown => parseJson(utf8(text), 'x.json')

  test('reads JSON; a __proto__ key stays data', () => {
    expect(parse(' {"a":[1,"\\u00e9"]} ')).toEqual({ a: [1, 'é'] })
    const odd = parse('{"__proto__":{"admin":true}}') as object
    expect(Object.hasOwn(odd, '__proto__')).toBe(true)
    expect('admin' in odd).toBe(false)
  })

  test('counts depth outside of strings only', () => {
    const deepest = '['.repeat(LIMITS.jsonDepth) + ']'.repeat(LIMITS.jsonDepth)
    expect(() => parse(deepest)).not.toThrow()
    expect(() => parse(`[${deepest}]`)).toThrow(`nested deeper than jsonDepth (${LIMITS.jsonDepth})`)
    expect(parse(JSON.stringify('{[\\"'.repeat(200)))).toBe('{[\\"'.repeat(200))
    expect(parse(`[${'[],'.repeat(1000)}[]]`)).toHaveLength(1001)
  })

  test('refuses what is over its cap before it looks inside', () => {
    expect(() => parseJson(utf8('[1,2,3'), 'x.json', { maxBytes: 5, limitName: 'manifestBytes' })).toThrow('over the cap manifestBytes (5)')
    expect(parseJson(utf8('[1,2]'), 'x.json', { maxBytes: 5 })).toEqual([1, 2])
  })

  test.each([
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'not valid UTF-8'],
    ['a byte order mark', utf8('\ufeff{}'), 'not JSON'],
    ['nothing', utf8(''), 'not JSON'],
    ['two values', utf8('{} {}'), 'not JSON'],
    ['a comment', utf8('{} // x'), 'not JSON'],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => parseJson(bytes, 'x.json', { code: 'config-invalid' })).toThrow(
      expect.objectContaining({ code: 'config-invalid', where: 'x.json' }),
    )
    expect(() => parseJson(bytes, 'x.json')).toThrow(message)
  })

  test('does not quote the text it could not read', () => {
    for (const text of ['{"auth": hunter2}', 'hunter2', '"hunter2" hunter2', '{"hunter2" x', '{"a":"hunter2\u0007"}']) {
      expect(() => parse(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter') }))
    }
  })
})

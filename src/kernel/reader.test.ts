import { describe, expect, test } from 'vitest'
import { aNumber, anything, count, either, fields, list, oneOf, optional, orElse, readBy, record, text, that } from './reader.ts'
import type { Reader } from './reader.ts'

const isLower = (value: string): value is Lowercase<string> => value === value.toLowerCase()

/** What a reader makes of a value, or what it says is wrong. */
function read(reader: Reader<unknown>, value: unknown): unknown {
  try {
    return readBy(reader, value, 'file.json')
  } catch (error) {
    return (error as Error).message
  }
}

describe('readers', () => {
  test.each<[string, Reader<unknown>, unknown, unknown]>([
    ['text', text(), 'a', 'a'],
    ['text that is none', text(), 1, 'the whole: is a number, where text belongs'],
    ['no text', text(), undefined, 'the whole: is missing, where text belongs'],
    ['empty text', text({ min: 1 }), '', 'the whole: is empty'],
    ['long text', text({ max: 2 }), 'abc', 'the whole: is longer than 2 characters'],
    ['text of a form', text({ pattern: /^\d+$/ }), 'x', 'the whole: is not of the form it must have'],
    ['one of', oneOf(['a', 'b']), 'b', 'b'],
    ['none of', oneOf(['a', 'b']), 'toString', 'the whole: is not "a" or "b"'],
    ['text of which something holds', that(isLower, 'is not small'), 'A', 'the whole: is not small'],
    ['a count', count, 0, 0],
    ['a negative count', count, -1, 'the whole: is a number, where a whole number of zero or more belongs'],
    ['half a count', count, 0.5, 'the whole: is a number, where a whole number of zero or more belongs'],
    ['a count no double holds', count, 2 ** 53, 'the whole: is a number, where a whole number of zero or more belongs'],
    ['anything', anything, undefined, undefined],
    ['null for what is not there', optional(text()), null, undefined],
    ['another value where nothing is', orElse(text(), 'x'), undefined, 'x'],
    ['null, which is not nothing', orElse(text(), 'x'), null, 'the whole: is null, where text belongs'],
    ['either', either(text(), aNumber), 7, 7],
    ['neither', either(text(), aNumber), [], 'the whole: is a list, where a number belongs'],
    ['a list', list(text()), ['a'], ['a']],
    ['a list that is none', list(text()), { length: 1 }, 'the whole: is an object, where a list belongs'],
    ['a short list', list(text(), { min: 1 }), [], 'the whole: has fewer than 1 members'],
    ['a long list', list(text(), { max: 1 }), ['a', 'b'], 'the whole: has more than 1 members'],
    ['fields, others dropped', fields({ a: text() }), { a: 'x', b: 1 }, { a: 'x' }],
    [
      'fields, others refused',
      fields({ a: text() }, { exact: true }),
      { a: 'x', b: 1 },
      'the whole: has a field that does not belong there',
    ],
    ['fields of a list', fields({ length: count }), [], 'the whole: is a list, where an object belongs'],
    ['a field of Object itself', fields({ constructor: anything }), {}, { constructor: undefined }],
    ['a record', record(count), { a: 1 }, { a: 1 }],
    ['a record with a bad name', record(count, text({ max: 1 })), { ab: 1 }, '`ab`: is longer than 1 characters'],
  ])('%s', (_, reader, value, expected) => {
    expect(read(reader, value)).toEqual(expected)
  })

  test('__proto__ in JSON is a name like any other', () => {
    const value = read(record(anything), JSON.parse('{"__proto__":{"admin":true}}')) as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect((value as { admin?: unknown }).admin).toBeUndefined()
  })

  test('what is wrong is named by its place, not by its value', () => {
    const reader = fields({ outer: list(fields({ inner: text({ max: 3 }) })) })
    expect(() => readBy(reader, { outer: [{ inner: 'a' }, { inner: 'secret' }] }, 'file.json', 'config-invalid')).toThrow(
      expect.objectContaining({ code: 'config-invalid', where: 'file.json', message: '`outer.1.inner`: is longer than 3 characters' }),
    )
  })

  test('a fault of a reader is not one of the value', () => {
    const broken: Reader<string> = () => {
      throw new RangeError('a bug')
    }
    expect(() => readBy(list(either(broken, broken)), ['x'], 'file.json')).toThrow(RangeError)
  })
})

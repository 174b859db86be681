import { describe, expect, test } from 'vitest'
import { concatBytes, equalBytes, fromBase64, fromHex, readAll, textOf, toBase64, toHex, utf8 } from './bytes.ts'

test('text to bytes and back; bytes that are no UTF-8 are refused, a byte order mark is kept', () => {
  expect(textOf(utf8('é😀'))).toBe('é😀')
  expect(textOf(new Uint8Array([0xef, 0xbb, 0xbf]))).toBe('\ufeff')
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    expect(() => textOf(new Uint8Array(bytes), 'key-invalid', 'k.pem')).toThrow(
      expect.objectContaining({ code: 'key-invalid', where: 'k.pem' }),
    )
  }
})

test.each([
  ['', ''],
  ['Zg==', 'f'],
  ['Zg', 'f'],
  ['Zm9v', 'foo'],
  ['_-8=', '\u{ffef}'],
  ['/+8', '\u{ffef}'],
])('base64 %j, of both alphabets, padded or not', (text, expected) => {
  const bytes = fromBase64(text)
  expect(expected === '\u{ffef}' ? toHex(bytes) : textOf(bytes)).toBe(expected === '\u{ffef}' ? 'ffef' : expected)
})

test.each(['Z', 'Zg===', 'Zm9v Zm9v', 'Zm\n9v', 'Z=g=', 'é', 'Zm9v\u0000'])('%j is not base64', (text) => {
  expect(() => fromBase64(text)).toThrow('is not base64')
})

test.each(['AB==', 'AB', 'AAB=', 'AA_-AB'])('%s leaves bits over, and has another spelling', (text) => {
  expect(() => fromBase64(text)).toThrow('is not base64')
})

test('hexadecimal both ways', () => {
  expect(toHex(fromHex('00ffAB'))).toBe('00ffab')
  for (const text of ['0', '0g', ' 00', '0x00']) expect(() => fromHex(text)).toThrow('is not hexadecimal')
})

test('a view into a larger buffer is written as the view', () => {
  const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
  expect([toHex(view), toBase64(view), equalBytes(view, new Uint8Array([2, 3])), equalBytes(view, new Uint8Array([2]))]).toEqual([
    '0203',
    'AgM=',
    true,
    false,
  ])
})

describe('readAll', () => {
  test('reads to the end, and stops reading where the cap is passed', async () => {
    let given = 0
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1
        yield new Uint8Array(10)
      }
    }
    await expect(readAll(source(), 25, 'manifestBytes', 'm.json')).rejects.toThrow(
      expect.objectContaining({ code: 'limit-exceeded', where: 'm.json' }),
    )
    expect(given).toBe(3)
    const three = (async function* () {
      yield utf8('ab')
      yield utf8('c')
    })()
    expect(textOf(await readAll(three, 3, 'manifestBytes'))).toBe('abc')
    expect(concatBytes([])).toHaveLength(0)
  })
})

import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../kernel/bytes.ts'
import { DER, readDer, readDerList, writeDer, writeDerInteger, writeDerOid } from './der.ts'

describe('DER', () => {
  test.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [16_384, '02024000'],
  ])('writes the number %i', (value, hex) => {
    expect(toHex(writeDerInteger(value))).toBe(hex)
  })
  test('writes an object identifier', () => {
    expect(toHex(writeDerOid('1.2.840.113549.1.5.13'))).toBe('06092a864886f70d01050d')
  })
  test.each([0, 1, 127, 128, 255, 256, 70_000])('reads back an element of %i bytes', (size) => {
    const content = new Uint8Array(size).fill(7)
    const bytes = writeDer(DER.octets, content)
    expect(readDer(bytes)).toEqual({ tag: DER.octets, content, raw: bytes, end: bytes.byteLength })
  })
  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['less than it says', '040201'],
    ['an indefinite length', '30800000'],
    ['a long length that fits the short form', '04810100'],
    ['a length with a leading zero', `04820001${'00'.repeat(1)}`],
    ['a length of five bytes', '0485000000000100'],
    ['a length that is cut', '0482ff'],
    ['a tag of several bytes', '1f0100'],
  ])('refuses %s', (_, hex) => {
    expect(readDer(fromHex(hex))).toBeUndefined()
  })
  test('refuses a list that does not end where it should', () => {
    expect(readDerList(fromHex('020100'))).toHaveLength(1)
    expect(readDerList(fromHex('02010002'))).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import { concatBytes, utf8 } from './bytes.ts'
import { digestOf, digestSetOf, isDigest, parseDigest, sameDigestSet, verifyingStream } from './digest.ts'
import type { DigestSet } from './digest.ts'

// FIPS 180-4, the one-block example.
const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('digestOf is SHA-256', () => {
  expect(digestOf(utf8('abc'))).toBe(ABC)
  expect(digestSetOf(digestOf(utf8('abc')))).toEqual({ sha256: ABC.slice(7) })
})

test.each([ABC.toUpperCase(), ABC.slice(0, -1), `${ABC}0`, `${ABC}\n`, ` ${ABC}`, ABC.replace('sha256', 'sha512'), ABC.slice(7), ''])(
  'only sha256 in lower case is a digest: %j is none',
  (text) => {
    expect(isDigest(text)).toBe(false)
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'reference-invalid' }))
  },
)

describe('sameDigestSet', () => {
  const one = 'a'.repeat(64)
  const two = 'b'.repeat(64)
  test.each<[string, DigestSet, DigestSet, boolean]>([
    ['the same sha256', { sha256: one }, { sha256: one }, true],
    ['another case', { sha256: one }, { sha256: one.toUpperCase() }, true],
    ['one shared, others on one side only', { sha256: one, sha1: 'c' }, { sha256: one, sha512: 'd' }, true],
    ['sha512 alone', { sha512: one }, { sha512: one }, true],
    ['another sha256', { sha256: one }, { sha256: two }, false],
    ['nothing shared', { sha256: one }, { sha512: one }, false],
    ['nothing at all', {}, {}, false],
    ['a weak one alone', { sha1: one }, { sha1: one }, false],
    ['a git commit alone', { gitCommit: one }, { gitCommit: one }, false],
    ['a weak one that contradicts', { sha256: one, sha1: one }, { sha256: one, sha1: two }, false],
    ['empty values', { sha256: '' }, { sha256: '' }, false],
    ['a name that every object has', { toString: one }, { sha256: one }, false],
  ])('%s', (_what, a, b, same) => {
    expect(sameDigestSet(a, b)).toBe(same)
    expect(sameDigestSet(b, a)).toBe(same)
  })
})

describe('verifyingStream', () => {
  async function read(parts: readonly string[], size?: number): Promise<string> {
    const source = (async function* () {
      for (const part of parts) yield utf8(part)
    })()
    const promised = size === undefined ? { digest: parseDigest(ABC) } : { digest: parseDigest(ABC), size }
    const read: Uint8Array[] = []
    for await (const part of verifyingStream(source, promised, 'blob')) read.push(part)
    return new TextDecoder().decode(concatBytes(read))
  }

  test('passes the promised bytes through', async () => {
    expect(await read(['a', '', 'bc'], 3)).toBe('abc')
    expect(await read(['abc'])).toBe('abc')
  })

  test.each<[string, readonly string[], number | undefined, string]>([
    ['other bytes', ['abd'], 3, 'was promised'],
    ['other bytes, size unknown', ['abcd'], undefined, 'was promised'],
    ['too few', ['ab'], 3, 'has 2 bytes where 3 were promised'],
    ['too many', ['abc', 'd'], 3, 'more than the promised 3'],
    ['a wrong size for the right bytes', ['abc'], 4, 'has 3 bytes where 4 were promised'],
  ])('refuses %s', async (_what, parts, size, message) => {
    await expect(read(parts, size)).rejects.toThrow(
      expect.objectContaining({ code: 'digest-mismatch', where: 'blob', message: expect.stringContaining(message) }),
    )
  })
})

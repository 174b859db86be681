import { describe, expect, test } from 'vitest'
import { textOf, utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { parseStatement, statementBytes } from './statement.ts'

const digest = { sha256: 'a'.repeat(64) }
const good = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'x', digest }],
  predicateType: 'https://example.com/p',
  predicate: {},
}

function parse(value: unknown) {
  return parseStatement(utf8(JSON.stringify(value)), 'test')
}

describe('a statement', () => {
  test('is written as canonical JSON, subjects in their order', () => {
    const bytes = statementBytes({
      subject: [{ name: 'b', digest }, { digest }],
      predicateType: 'https://example.com/p',
      predicate: { z: 1, a: 2 },
    })
    expect(textOf(bytes)).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","predicate":{"a":2,"z":1},"predicateType":"https://example.com/p","subject":[{"digest":{"sha256":"${digest.sha256}"},"name":"b"},{"digest":{"sha256":"${digest.sha256}"}}]}`,
    )
  })

  test('comes back as it went in', () => {
    const statement = { subject: [{ name: 'x', digest, annotations: { k: 'v' } }], predicateType: 'https://example.com/p', predicate: [1] }
    expect(parseStatement(statementBytes(statement), 'test')).toEqual({ type: 'https://in-toto.io/Statement/v1', ...statement })
  })

  test('of version 0.1 is read, and keeps its type', () => {
    expect(parse({ ...good, _type: 'https://in-toto.io/Statement/v0.1' }).type).toBe('https://in-toto.io/Statement/v0.1')
  })

  test('may have fields nobody knows', () => {
    expect(parse({ ...good, extra: { deep: 1 } }).predicateType).toBe(good.predicateType)
  })

  test.each([
    ['no JSON', '{', 'evidence-malformed'],
    ['a list', [], 'evidence-malformed'],
    ['null', null, 'evidence-malformed'],
    ['another type', { ...good, _type: 'https://in-toto.io/Statement/v2' }, 'evidence-malformed'],
    ['no subject', { ...good, subject: [] }, 'evidence-malformed'],
    ['a subject without digest', { ...good, subject: [{ name: 'x' }] }, 'evidence-malformed'],
    ['a digest that is a number', { ...good, subject: [{ digest: { sha256: 1 } }] }, 'evidence-malformed'],
    ['no predicate type', { ...good, predicateType: '' }, 'evidence-malformed'],
    ['1025 subjects', { ...good, subject: Array.from({ length: 1025 }, () => ({ digest })) }, 'limit-exceeded'],
    [
      '33 digests of one subject',
      { ...good, subject: [{ digest: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`a${n}`, 'b'])) }] },
      'limit-exceeded',
    ],
  ])('with %s is refused', (_, value, code) => {
    const bytes = utf8(typeof value === 'string' ? value : JSON.stringify(value))
    expect(codeOf(() => parseStatement(bytes, 'test'))).toBe(code)
  })

  test('may have 1024 subjects with 32 digests', () => {
    const digests = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`a${n}`, 'b']))
    expect(parse({ ...good, subject: Array.from({ length: 1024 }, () => ({ digest: digests })) }).subject).toHaveLength(1024)
  })
})

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    return error instanceof TallyError ? error.code : `not a TallyError: ${String(error)}`
  }
  return undefined
}

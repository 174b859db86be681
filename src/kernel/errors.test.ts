import { describe, expect, test } from 'vitest'
import { asTallyError, ERROR_TABLE, exitCodeOf, fail, TallyError } from './errors.ts'

describe('the error table', () => {
  test.each(Object.entries(ERROR_TABLE))('%s says what it means, how it ends and what to do next', (code, row) => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
    expect([1, 2, 3, 4, 5, 70, 130]).toContain(row.exit)
    expect(row.http).toBeGreaterThanOrEqual(400)
    expect(row.http).toBeLessThan(600)
    expect(row.means).toMatch(/^[^\s].*[^.\s]$/)
    expect(row.hint).toMatch(/^[^\s].*[^.\s]$/)
  })
})

test('an error carries its code, place and cause, and the hint of its row unless it knows a better one', () => {
  const cause = new Error('inner')
  const plain = fail('usage', 'is not a flag', { where: '--colour', cause })
  expect(plain).toBeInstanceOf(TallyError)
  expect(plain).toMatchObject({ code: 'usage', message: 'is not a flag', where: '--colour', hint: ERROR_TABLE.usage.hint, cause })
  expect(fail('usage', 'is not a flag', { hint: 'did you mean --color?' }).hint).toBe('did you mean --color?')
})

describe('asTallyError', () => {
  const system = (code: string): Error => Object.assign(new Error(`${code}: something, open '/x'`), { code })

  test.each([
    ['ENOENT', 'not-found', 5],
    ['ENAMETOOLONG', 'not-found', 5],
    ['EACCES', 'permission', 5],
    ['EROFS', 'permission', 5],
    ['ENOSPC', 'disk', 5],
    ['EADDRINUSE', 'port-in-use', 5],
    ['ECONNREFUSED', 'network', 5],
    ['CERT_HAS_EXPIRED', 'network', 5],
    ['UND_ERR_BODY_TIMEOUT', 'timeout', 5],
  ])('reads %s as %s, exit %i', (systemCode, code, exit) => {
    const error = asTallyError(system(systemCode), '/x')
    expect(error).toMatchObject({ code, where: '/x' })
    expect(error.message).toContain(systemCode)
    expect(exitCodeOf(error)).toBe(exit)
  })

  test('looks for the system code in what caused a failed fetch', () => {
    expect(asTallyError(new TypeError('fetch failed', { cause: system('ENOTFOUND') })).code).toBe('network')
  })

  test('lets a TallyError through as it is', () => {
    const error = fail('denied', 'no')
    expect(asTallyError(error, 'elsewhere')).toBe(error)
  })

  test('tells an abort from a time limit', () => {
    expect(asTallyError(AbortSignal.abort().reason).code).toBe('interrupted')
    expect(asTallyError(new DOMException('late', 'TimeoutError')).code).toBe('timeout')
    expect(exitCodeOf(AbortSignal.abort().reason)).toBe(130)
  })

  test('calls everything else a bug, whatever was thrown', () => {
    for (const thrown of [new Error('x'), system('constructor'), 'text', undefined, null, 7]) {
      expect(asTallyError(thrown).code).toBe('bug')
      expect(exitCodeOf(thrown)).toBe(70)
    }
  })
})

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { collectOutputs, matchesOutput, parseOutputPattern } from './outputs.ts'

const matches = (pattern: string, path: string): boolean => matchesOutput(parseOutputPattern(`$TALLY_OUT/${pattern}`), path.split('/'))

test.each([
  ['*.tgz', 'a.tgz', true],
  ['*.tgz', '.tgz', false],
  ['*.tgz', 'd/a.tgz', false],
  ['.*', '.hidden', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b*', 'xxbxxaxx', false],
  ['**/*.tgz', 'a.tgz', true],
  ['**/*.tgz', 'd/e/a.tgz', true],
  ['**/*.tgz', '.git/a.tgz', false],
  ['d/**', 'd/e/f', true],
  ['d/**/f', 'd/f', true],
  ['a[b]', 'a[b]', true],
  ['a[b]', 'ab', false],
  ['a.tgz', 'a-tgz', false],
])('%s names %s: %s', (pattern, path, expected) => {
  expect(matches(pattern, path)).toBe(expected)
})

test('a star stands for any text without a slash, as a slow and simple matcher has it', () => {
  const slow = (pattern: string, text: string): boolean => {
    if (pattern === '') return text === ''
    if (pattern.startsWith('*')) return slow(pattern.slice(1), text) || (text !== '' && slow(pattern, text.slice(1)))
    return text !== '' && (pattern.startsWith('?') || pattern[0] === text[0]) && slow(pattern.slice(1), text.slice(1))
  }
  const word = (letters: string) =>
    fc.array(fc.constantFrom(...letters.split('')), { minLength: 1, maxLength: 8 }).map((all) => all.join(''))
  fc.assert(
    fc.property(word('ab*?'), word('ab'), (pattern, text) => {
      fc.pre(pattern !== '**')
      expect(matches(pattern, text)).toBe(slow(pattern, text))
    }),
  )
})

test('a pattern of many stars against a long name ends at once', () => {
  expect(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(10_000))).toBe(false)
  expect(matches(`${'**/'.repeat(50)}b`, `${'a/'.repeat(500)}c`)).toBe(false)
})

test.each([
  '*.tgz',
  '/tmp/*.tgz',
  '$TALLY_OUT',
  '$TALLY_OUT/',
  '$TALLY_OUT/../x',
  '$TALLY_OUT/./x',
  '$TALLY_OUT//x',
  '$HOME/x',
  '',
  'x$TALLY_OUT/y',
])('%j does not lie under $TALLY_OUT', (text) => {
  expect(() => parseOutputPattern(text)).toThrow(expect.objectContaining({ code: 'config-invalid', where: 'build.outputs' }))
})

test('both spellings of the variable are read', () => {
  expect(parseOutputPattern('${TALLY_OUT}/a')).toEqual(parseOutputPattern('$TALLY_OUT/a'))
})

describe('collecting', () => {
  let out: string
  beforeEach(async () => {
    out = await fs.mkdtemp(join(tmpdir(), 'tally-out-'))
  })
  afterEach(() => fs.rm(out, { recursive: true, force: true }))
  const collect = (...patterns: readonly string[]) =>
    collectOutputs(
      { fs },
      out,
      patterns.map((pattern) => `$TALLY_OUT/${pattern}`),
    )

  test('plain files with digest and size, sorted, each once', async () => {
    await fs.mkdir(join(out, 'd'))
    for (const name of ['b.tgz', 'a.tgz', 'd/c.tgz', 'notes.txt']) await fs.writeFile(join(out, name), name)
    const outputs = await collect('*.tgz', '**/*.tgz')
    expect(outputs.map((output) => output.name)).toEqual(['a.tgz', 'b.tgz', 'd/c.tgz'])
    expect(outputs[0]).toEqual({ name: 'a.tgz', path: join(out, 'a.tgz'), digest: digestOf(utf8('a.tgz')), size: 5 })
  })

  test('a pattern that names nothing fails the build, even beside one that does', async () => {
    await fs.writeFile(join(out, 'a.tgz'), '')
    await expect(collect('*.tgz', '*.whl')).rejects.toMatchObject({ code: 'build-failed', where: '$TALLY_OUT/*.whl' })
    await fs.mkdir(join(out, 'b.whl'))
    await expect(collect('*.whl')).rejects.toMatchObject({ code: 'build-failed' })
  })

  test('a link is no output, wherever it leads', async () => {
    await fs.writeFile(join(out, 'real'), 'x')
    for (const target of ['real', '/etc/passwd', 'nowhere']) {
      await fs.symlink(target, join(out, 'a.tgz'))
      await expect(collect('*.tgz')).rejects.toMatchObject({
        code: 'build-failed',
        where: 'a.tgz',
        message: 'left a symbolic link as an output',
      })
      await fs.rm(join(out, 'a.tgz'))
    }
  })

  test('what lies behind a linked directory is not found', async () => {
    await fs.symlink('/etc', join(out, 'd'))
    await expect(collect('d/passwd')).rejects.toMatchObject({ code: 'build-failed', where: '$TALLY_OUT/d/passwd' })
  })

  test('a pipe is no output, and is not waited for', async () => {
    execFileSync('mkfifo', [join(out, 'a.tgz')])
    await expect(collect('*.tgz')).rejects.toMatchObject({ code: 'build-failed', message: 'left a special file as an output' })
  })
})

import { expect, it } from 'vitest'
import { joinPath, matchesGlob } from './path.ts'

it.each([
  ['', 'a', 'a'],
  ['x', '../a', 'a'],
  ['x/y', './../../../a/b/..', '../a'],
  ['x', '', 'x'],
])('joinPath(%j, %j) is %j', (directory, path, joined) => {
  expect(joinPath(directory, path)).toBe(joined)
})

it.each([
  ['packages/web', 'packages/*', true],
  ['packages/web', './packages/web/', true],
  ['packages/a/b', 'packages/*', false],
  ['packages/a/b', 'packages/**', true],
  ['a/b/c/test', '**/test', true],
  ['test', '**/test', true],
  ['a/test/b', '**/test', false],
  ['lib-core', 'lib-*', true],
  ['xlib-core', 'lib-*', false],
  ['a/x/b/x/c', 'a/**/x/c', true],
  ['anything', '*', true],
])('%s against %s is %s', (path, pattern, matches) => {
  expect(matchesGlob(path, pattern)).toBe(matches)
})

it('needs no more than steps in proportion for a pattern made to be slow', () => {
  expect(matchesGlob('a'.repeat(20_000), '*a*a*a*a*a*a*a*a*b')).toBe(false)
})

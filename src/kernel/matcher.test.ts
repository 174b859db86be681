import { describe, expect, it } from 'vitest'
import { compileMatcher } from './matcher.ts'

describe('a matcher', () => {
  it.each([
    ['https://a.example/b', 'https://a.example/b', true],
    ['https://a.example/b', 'https://a.example/b2', false],
    ['https://a.example/b', 'xhttps://a.example/b', false],
    ['https://a.example/*', 'https://a.example/b', false],
    ['pattern:https://a.example/*', 'https://a.example/b/c', true],
    ['pattern:https://a.example/*', 'https://a.example.evil/b', false],
    ['pattern:https://a.example/*', 'http://x/?https://a.example/b', false],
    ['pattern:*/tool', 'git+https://x/tool', true],
    ['pattern:*/tool', 'git+https://x/tool2', false],
    ['pattern:a*b*a', 'aba', true],
    ['pattern:a*b*a', 'aa', false],
    ['pattern:aa*a', 'aa', false],
    ['pattern:a*b*b', 'ab', false],
    ['pattern:release/*', 'release/', true],
    ['pattern:main', 'main', true],
    ['pattern:main', 'maintenance', false],
    ['pattern:a.c', 'abc', false],
    ['pattern:*', '', true],
    ['pattern:', 'x', false],
  ])('%s on %s: %s', (text, value, answer) => {
    expect(compileMatcher(text).matches(value)).toBe(answer)
  })

  it('does not backtrack', () => {
    const matcher = compileMatcher(`pattern:${'a*'.repeat(200)}b`)
    expect(matcher.matches('a'.repeat(100_000))).toBe(false)
  })
})

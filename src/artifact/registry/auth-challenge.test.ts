import { expect, test } from 'vitest'
import { parseChallenges } from './auth-challenge.ts'

test.each([
  ['Basic realm="x"', [{ scheme: 'basic', params: { realm: 'x' } }]],
  ['Basic', [{ scheme: 'basic', params: {} }]],
  [
    'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"',
    [{ scheme: 'bearer', params: { realm: 'https://auth.example/token', service: 'reg', scope: 'repository:a/b:pull,push' } }],
  ],
  [
    'BEARER Realm = "https://a" , error=insufficient_scope, Basic realm="b"',
    [
      { scheme: 'bearer', params: { realm: 'https://a', error: 'insufficient_scope' } },
      { scheme: 'basic', params: { realm: 'b' } },
    ],
  ],
  ['Bearer realm="a \\"quoted\\" one"', [{ scheme: 'bearer', params: { realm: 'a "quoted" one' } }]],
  ['Bearer realm="first",realm="second"', [{ scheme: 'bearer', params: { realm: 'first' } }]],
  ['Bearer realm="never closed', [{ scheme: 'bearer', params: {} }]],
  ['realm="of nobody"', []],
  ['', []],
  ['"', []],
])('%s', (header, expected) => {
  expect(parseChallenges(header).map(({ scheme, params }) => ({ scheme, params: { ...params } }))).toEqual(expected)
})

test('a parameter called __proto__ is plain data', () => {
  expect(parseChallenges('Bearer __proto__="x"')[0]?.params['realm']).toBeUndefined()
})

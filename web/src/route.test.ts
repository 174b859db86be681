import { describe, expect, test } from 'vitest'
import { hrefOf, parseRoute } from './route.ts'
import type { Route } from './route.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('routes', () => {
  test.each<[Route, string]>([
    [{ view: 'artifacts', search: '' }, '/'],
    [{ view: 'artifacts', search: 'a b&c' }, '/?search=a+b%26c'],
    [{ view: 'artifact', digest: DIGEST, show: 'receipts' }, `/artifacts/${encodeURIComponent(DIGEST)}`],
    [{ view: 'artifact', digest: DIGEST, show: 'verdicts' }, `/artifacts/${encodeURIComponent(DIGEST)}?show=verdicts`],
    [{ view: 'environments' }, '/environments'],
    [{ view: 'environment', name: 'a/b' }, '/environments/a%2Fb'],
    [{ view: 'impact', q: 'pkg:npm/%40a/b@1' }, '/impact?q=pkg%3Anpm%2F%2540a%2Fb%401'],
  ])('%j is %s and back', (route, href) => {
    expect(hrefOf(route)).toBe(href)
    expect(parseRoute(new URL(href, 'http://localhost:7357'))).toEqual(route)
  })

  test('reads what people paste', () => {
    expect(parseRoute(new URL(`http://x/artifacts/${DIGEST}/`))).toEqual({ view: 'artifact', digest: DIGEST, show: 'receipts' })
    expect(parseRoute(new URL('http://x/artifacts/y?show=__proto__'))).toMatchObject({ show: 'receipts' })
  })

  test.each(['/artifacts', '/else', '/impact/x', '/environments/a/b', '/%E0%A4%A'])('%s is nowhere', (path) => {
    expect(parseRoute(new URL(path, 'http://x'))).toEqual({ view: 'nowhere', path })
  })
})

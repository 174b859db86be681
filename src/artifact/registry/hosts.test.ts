import { describe, expect, test } from 'vitest'
import { checkRealm, isLoopback, nextHop } from './hosts.ts'

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['[::1]', true],
  ['a.localhost', true],
  ['127.0.0.1.example', false],
  ['localhost.example', false],
  ['10.0.0.1', false],
  ['0.0.0.0', false],
])('isLoopback %s: %s', (hostname, expected) => {
  expect(isLoopback(hostname)).toBe(expected)
})

describe('checkRealm', () => {
  const https = new URL('https://registry.example')
  const local = new URL('http://127.0.0.1:5000')

  test.each([
    ['https://registry.example/token', 'registry.example', https],
    ['https://registry.example:8443/token', 'registry.example', https],
    ['https://auth.docker.io/token', 'docker.io', new URL('https://registry-1.docker.io')],
    ['http://127.0.0.1:5001/token', '127.0.0.1:5000', local],
  ])('allows %s for %s', (realm, host, origin) => {
    expect(checkRealm(realm, host, origin).href).toBe(realm)
  })

  test('allows a host that was named', () => {
    expect(checkRealm('https://login.example/token', 'registry.example', https, ['login.example']).host).toBe('login.example')
  })

  test.each([
    ['https://evil.example/token', 'registry.example', https, 'registry-error'],
    ['https://auth.docker.io/token', 'registry.example', https, 'registry-error'],
    ['https://registry.example.evil.example/', 'registry.example', https, 'registry-error'],
    ['https://evil.example@registry.example/', 'registry.example', https, 'registry-error'],
    ['http://registry.example/token', 'registry.example', https, 'insecure-transport'],
    ['http://127.0.0.1/token', 'registry.example', https, 'insecure-transport'],
    ['http://localhost/token', '127.0.0.1:5000', local, 'registry-error'],
    ['file:///etc/passwd', 'registry.example', https, 'insecure-transport'],
    ['token', 'registry.example', https, 'registry-error'],
  ])('CVE-2024-35192, CVE-2020-15157, go-containerregistry#2193: refuses %s for %s', (realm, host, origin, code) => {
    expect(() => checkRealm(realm, host, origin)).toThrow(expect.objectContaining({ code }))
  })
})

describe('nextHop', () => {
  const https = new URL('https://registry.example/v2/app/blobs/x')
  const http = new URL('http://127.0.0.1:5000/v2/app/blobs/x')

  test.each([
    [https, '/elsewhere', 'https://registry.example/elsewhere', true],
    [https, 'https://cdn.example/x?sig=1', 'https://cdn.example/x?sig=1', false],
    [https, 'https://registry.example:8443/x', 'https://registry.example:8443/x', false],
    [https, 'http://registry.example/x', 'https://registry.example/x', true],
    [http, 'http://127.0.0.1:5001/x', 'http://127.0.0.1:5001/x', false],
    [http, 'https://cdn.example/x', 'https://cdn.example/x', false],
  ])('from %s to %s', (from, location, url, sameOrigin) => {
    const hop = nextHop(from, location, false)
    expect([hop.url.href, hop.sameOrigin]).toEqual([url, sameOrigin])
  })

  test.each([
    [https, 'http://cdn.example/x', 'insecure-transport'],
    [https, 'https://127.0.0.1/x', 'insecure-transport'],
    [http, 'http://cdn.example/x', 'insecure-transport'],
    [https, 'ftp://cdn.example/x', 'registry-error'],
    [https, 'https://a:b@cdn.example/x', 'registry-error'],
    [https, 'http://[', 'registry-error'],
    [https, null, 'registry-error'],
  ])('go-containerregistry#2440: never from %s to %s', (from, location, code) => {
    expect(() => nextHop(from, location, false)).toThrow(expect.objectContaining({ code }))
  })

  test('allowHttp lets http go on to http, and never https to http', () => {
    expect(nextHop(new URL('http://lan.example/x'), 'http://other.example/x', true).sameOrigin).toBe(false)
    expect(() => nextHop(https, 'http://cdn.example/x', true)).toThrow(expect.objectContaining({ code: 'insecure-transport' }))
  })
})

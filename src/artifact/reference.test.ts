import { describe, expect, test } from 'vitest'
import { formatReference, parseReference } from './reference.ts'
import type { Reference } from './reference.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'

const HEX = '0123456789abcdef'.repeat(4)
const digest = `sha256:${HEX}` as Digest

describe('parseReference', () => {
  const golden: readonly [string, Reference][] = [
    ['app.tgz', { scheme: 'file', path: 'app.tgz' }],
    ['dist/app.tgz', { scheme: 'file', path: 'dist/app.tgz' }],
    ['./registry.example/app', { scheme: 'file', path: './registry.example/app' }],
    ['../a.b/c', { scheme: 'file', path: '../a.b/c' }],
    ['/tmp/a:1', { scheme: 'file', path: '/tmp/a:1' }],
    ['alpine', { scheme: 'file', path: 'alpine' }],
    ['alpine:3', { scheme: 'file', path: 'alpine:3' }],
    ['file:registry.example/app', { scheme: 'file', path: 'registry.example/app' }],
    ['file:oci:odd', { scheme: 'file', path: 'oci:odd' }],
    ['oci:/tmp/layout', { scheme: 'oci', path: '/tmp/layout' }],
    ['oci:/tmp/layout:1.0', { scheme: 'oci', path: '/tmp/layout', tag: '1.0' }],
    ['oci:/tmp/a:b/layout', { scheme: 'oci', path: '/tmp/a:b/layout' }],
    ['oci:/tmp/mail@host/x', { scheme: 'oci', path: '/tmp/mail@host/x' }],
    [`oci:layout@${digest}`, { scheme: 'oci', path: 'layout', digest }],
    [`oci:layout:v1@${digest}`, { scheme: 'oci', path: 'layout', tag: 'v1', digest }],
    ['oci-archive:a.tar:v1', { scheme: 'oci-archive', path: 'a.tar', tag: 'v1' }],
    ['docker-archive:a.tar:v1', { scheme: 'docker-archive', path: 'a.tar', tag: 'v1' }],
    ['registry:alpine', { scheme: 'registry', host: 'docker.io', repository: 'library/alpine' }],
    ['registry:alpine:3', { scheme: 'registry', host: 'docker.io', repository: 'library/alpine', tag: '3' }],
    ['registry:team/app', { scheme: 'registry', host: 'docker.io', repository: 'team/app' }],
    ['docker.io/alpine', { scheme: 'registry', host: 'docker.io', repository: 'library/alpine' }],
    ['index.docker.io/team/app', { scheme: 'registry', host: 'docker.io', repository: 'team/app' }],
    ['localhost/app', { scheme: 'registry', host: 'localhost', repository: 'app' }],
    ['localhost:5000/app', { scheme: 'registry', host: 'localhost:5000', repository: 'app' }],
    ['127.0.0.1:5000/a/b:v1', { scheme: 'registry', host: '127.0.0.1:5000', repository: 'a/b', tag: 'v1' }],
    ['[::1]:5000/app', { scheme: 'registry', host: '[::1]:5000', repository: 'app' }],
    ['intranet:5000/app', { scheme: 'registry', host: 'intranet:5000', repository: 'app' }],
    ['Registry.Example/app', { scheme: 'registry', host: 'registry.example', repository: 'app' }],
    [
      `registry.example/a/b__c-d.e:v_1@${digest}`,
      { scheme: 'registry', host: 'registry.example', repository: 'a/b__c-d.e', tag: 'v_1', digest },
    ],
  ]
  test.each(golden)('%s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected)
  })

  test.each(golden)('formatReference brings back %s', (_text, ref) => {
    expect(parseReference(formatReference(ref))).toEqual(ref)
  })

  test.each([
    ['', 'is empty'],
    ['a\nb', 'control character'],
    ['x'.repeat(5000), 'referenceBytes'],
    ['https://registry.example/app', 'is a URL'],
    ['docker://alpine', 'is a URL'],
    ['oci:', 'no path'],
    [`docker-archive:a.tar@${digest}`, 'no manifest'],
    ['oci:layout@sha256:abc', 'not sha256'],
    [`registry.example/app@sha512:${HEX}${HEX}`, 'not sha256'],
    [`registry.example/app@sha256:${HEX.toUpperCase()}`, 'not sha256'],
    ['registry.example/App', 'repository'],
    ['registry.example/', 'repository'],
    ['registry.example/a//b', 'repository'],
    ['registry.example/../b', 'repository'],
    ['registry.example/a:', 'repository'],
    ['registry.example/a?x=1', 'repository'],
    ['registry:', 'repository'],
    ['registry.example:0/app', 'no such port'],
    ['registry.example:70000/app', 'no such port'],
  ])('refuses %j', (text, why) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'reference-invalid', message: expect.stringContaining(why) }),
    )
  })

  test('does not repeat a password that was written into a reference', () => {
    try {
      parseReference('me:hunter2@registry.example/app')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(TallyError)
      expect(`${String(error)} ${(error as TallyError).where}`).not.toContain('hunter2')
    }
  })
})

test('a path that ends like a tag stays a path', () => {
  const text = formatReference({ scheme: 'oci', path: '/tmp/odd:name' })
  expect(parseReference(text)).toEqual({ scheme: 'oci', path: '/tmp/odd:name/' })
})

import { describe, expect, it } from 'vitest'
import { parsePurl } from './purl.ts'
import { judgeQuery, matchesQuery, parseQuery } from './query.ts'

describe('matchesQuery', () => {
  it.each([
    ['pkg:npm/lodash@4.17.20', 'pkg:npm/lodash'],
    ['pkg:npm/lodash@4.17.20', 'pkg:npm/lodash@4.17.20'],
    ['pkg:npm/lodash@4.17.20', 'pkg:npm/lodash@v4.17.20'],
    ['pkg:npm/lodash@4.17.20', 'lodash'],
    ['pkg:npm/lodash@4.17.20', 'lodash@<4.17.21'],
    ['pkg:npm/lodash@4.17.21-rc.1', 'lodash@<4.17.21'],
    ['pkg:npm/lodash@4.17.20', 'lodash@4.17.20'],
    ['pkg:npm/lodash@4.17.20', 'lodash@^4.0.0 || ^5.0.0'],
    ['pkg:npm/lodash@4.17.20', 'lodash@*'],
    ['pkg:npm/%40scope/a@1.0.0', '@scope/a@1.x'],
    ['pkg:npm/%40scope/a@1.0.0', 'pkg:npm/@scope/a'],
    ['pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1', 'org.apache.logging.log4j:log4j-core@<2.17.0'],
    ['pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1', 'log4j-core@>= 2.0, < 2.17.0'],
    ['pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12', 'openssl@<3.0.13-1~deb12u1'],
    ['pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12', 'pkg:deb/debian/openssl?arch=amd64'],
    ['pkg:deb/debian/openssl@3.0.11-1?arch=amd64', 'openssl@<< 3.0.11-2'],
    ['pkg:golang/github.com/Sirupsen/logrus@v1.0.0', 'pkg:golang/github.com/sirupsen/logrus'],
  ])('%s is asked for by %s', (component, query) => {
    expect(matchesQuery(component, query)).toBe(true)
  })

  it.each([
    ['pkg:npm/lodash@4.17.21', 'lodash@<4.17.21'],
    ['pkg:npm/lodash-es@4.17.20', 'lodash'],
    ['pkg:npm/%40scope/lodash@4.17.20', 'lodash'],
    ['pkg:npm/lodash@4.17.20', 'pkg:npm/lodash@4.17.2'],
    ['pkg:npm/lodash@4.17.20', 'pkg:pypi/lodash'],
    ['pkg:deb/debian/openssl@3.0.13-1?arch=amd64', 'openssl@<3.0.13-1'],
    ['pkg:deb/debian/openssl@3.0.13-1?arch=amd64', 'pkg:deb/debian/openssl?arch=arm64'],
    ['pkg:deb/debian/openssl@3.0.13-1?arch=amd64', 'pkg:deb/ubuntu/openssl'],
    ['pkg:maven/org.a/b@1', 'org.c:b'],
  ])('%s is not asked for by %s', (component, query) => {
    expect(matchesQuery(component, query)).toBe(false)
  })

  it('says unknown, and shows it, where a version cannot be ordered', () => {
    const query = parseQuery('left-pad@<1.3.0')
    expect(judgeQuery(parsePurl('pkg:npm/left-pad@next'), query)).toBe('unknown')
    expect(judgeQuery(parsePurl('pkg:npm/left-pad'), query)).toBe('unknown')
    expect(matchesQuery('pkg:npm/left-pad@next', query)).toBe(true)
  })

  it.each(['', '@', 'a b@1', 'name@', 'pkg:npm'])('refuses the query %j', (query) => {
    expect(() => parseQuery(query)).toThrow(/package URL/)
  })
})

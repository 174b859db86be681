import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TallyError } from '../kernel/errors.ts'
import { formatPurl, makePurl, parsePurl, purlText } from './purl.ts'
import { sharedData } from '../../test/support/shared-data.ts'

describe('parsePurl and formatPurl', () => {
  it.each([
    ['pkg:npm/%40scope/name@1.2.3', 'pkg:npm/%40scope/name@1.2.3'],
    ['pkg:npm/@scope/name@1.2.3', 'pkg:npm/%40scope/name@1.2.3'],
    ['pkg:npm/@scope/name', 'pkg:npm/%40scope/name'],
    ['pkg:deb/debian/attr@1%3A2.4.47-2+b1?distro=debian-12&arch=amd64', 'pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64&distro=debian-12'],
    ['PKG:PyPI/Django_REST@1', 'pkg:pypi/django-rest@1'],
    ['pkg:generic/a?b=&c=1', 'pkg:generic/a?c=1'],
    ['pkg:generic/a#./x/../y', 'pkg:generic/a#x/y'],
    ['pkg:golang/github.com/Masterminds/semver@v3', 'pkg:golang/github.com/Masterminds/semver@v3'],
    ["pkg:generic/a'b(c)!*@1", 'pkg:generic/a%27b%28c%29%21%2A@1'],
  ])('%s is canonically %s', (text, canonical) => {
    expect(formatPurl(parsePurl(text))).toBe(canonical)
    expect(formatPurl(parsePurl(canonical))).toBe(canonical)
  })

  it.each([
    ['npm/a@1', 'does not start'],
    ['pkg:npm', 'no name'],
    ['pkg:npm/', 'no name'],
    ['pkg:npm/@1.0', 'no name'],
    ['pkg:3d/a', 'type'],
    ['pkg:npm/a?=1', 'qualifier'],
    ['pkg:npm/a?k', 'qualifier'],
    ['pkg:npm/a?k=1&K=2', 'twice'],
    ['pkg:npm/a%ff', 'UTF-8'],
    [`pkg:npm/${'a'.repeat(9000)}`, 'longer'],
  ])('refuses %.30s', (text, reason) => {
    expect(() => parsePurl(text)).toThrow(TallyError)
    expect(() => parsePurl(text)).toThrow(reason)
  })

  it('leaves out what is empty', () => {
    expect(makePurl({ type: 'NPM', namespace: '', name: 'a', version: '', qualifiers: { x: '', y: undefined } })).toEqual({
      type: 'npm',
      name: 'a',
      qualifiers: {},
    })
    expect(purlText({ type: 'npm', namespace: '@s', name: 'a', version: '1' })).toBe('pkg:npm/%40s/a@1')
  })
})

/** Cases of the purl specification's own data that are not followed, and why. */
const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  'parse pkg:gem/jruby-launcher@1.1.2?Platform=java':
    'the grammar says keys are lowercased, and the validate cases for rpm and maven ask for it',
  'parse pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25': 'the validate case of the same input asks for lowercased keys',
}

type SpecCase = {
  readonly description: string
  readonly test_type: 'parse' | 'build' | 'validate'
  readonly input: unknown
  readonly expected_output: unknown
  readonly expected_failure: boolean
}

const purlData = sharedData('purl')

describe.skipIf(purlData === undefined)("the purl specification's own cases", () => {
  const files =
    purlData === undefined
      ? []
      : ['spec', 'types'].flatMap((folder) => readdirSync(join(purlData, folder)).map((name) => join(folder, name)))

  it.each(files)('%s', (file) => {
    const { tests } = JSON.parse(readFileSync(join(purlData ?? '', file), 'utf8')) as { tests: SpecCase[] }
    expect(tests.length).toBeGreaterThan(0)
    for (const test of tests) {
      const key = `${test.test_type} ${typeof test.input === 'string' ? test.input : JSON.stringify(test.input)}`
      const outcome = runSpecCase(test)
      const expected = test.expected_failure ? 'refused' : test.expected_output
      if (NOT_FOLLOWED[key] === undefined) expect(outcome, `${key}: ${test.description}`).toEqual(expected)
      else expect(outcome, `${key} is listed as not followed, and is followed`).not.toEqual(expected)
    }
  })
})

function runSpecCase(test: SpecCase): unknown {
  try {
    if (test.test_type === 'build') return purlText(withoutNulls(test.input) as Parameters<typeof purlText>[0])
    const purl = parsePurl(test.input as string)
    if (test.test_type === 'validate') return formatPurl(purl)
    return {
      type: purl.type,
      namespace: purl.namespace ?? null,
      name: purl.name,
      version: purl.version ?? null,
      qualifiers: Object.keys(purl.qualifiers).length === 0 ? null : purl.qualifiers,
      subpath: purl.subpath ?? null,
    }
  } catch (error) {
    if (error instanceof TallyError) return 'refused'
    throw error
  }
}

function withoutNulls(input: unknown): Record<string, unknown> {
  const parts = input as Record<string, unknown>
  return {
    ...Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null)),
    type: parts['type'] ?? '',
    name: parts['name'] ?? '',
  }
}

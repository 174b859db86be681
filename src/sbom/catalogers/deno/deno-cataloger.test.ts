import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { denoCataloger } from './deno-cataloger.ts'

const SHA = `sha512-${'A'.repeat(86)}==`
const HASH = 'ab'.repeat(32)
const REMOTE = { [`https://user:secret@host.example/std@0.1/mod.ts?token=1`]: HASH }
const REMOTE_PURL = `generic/mod.ts?checksum=sha256:${HASH}&download_url=https:%2F%2Fhost.example%2Fstd%400.1%2Fmod.ts`

const VERSION_5 = {
  version: '5',
  specifiers: {
    'jsr:@std/assert@1': '1.0.6',
    'jsr:@std/internal@^1.0.4': '1.0.5',
    'npm:chalk@4': '4.1.2',
    'npm:peered@1': '1.2.0_host@18.2.0',
  },
  jsr: {
    '@std/assert@1.0.6': { integrity: HASH, dependencies: ['jsr:@std/internal'] },
    '@std/internal@1.0.5': { integrity: HASH },
  },
  npm: {
    'chalk@4.1.2': { integrity: SHA, dependencies: ['style', 'color@1.0.0', 'alias@npm:color@2.0.0'], optionalDependencies: ['only-mac'] },
    'color@1.0.0': { integrity: SHA },
    'color@2.0.0': { integrity: SHA },
    'host@18.2.0': { integrity: SHA },
    'only-mac@1.0.0': { integrity: SHA, os: ['darwin'] },
    'peered@1.2.0_host@18.2.0': { integrity: SHA, dependencies: ['host'] },
    'style@4.3.0': { integrity: SHA },
  },
  remote: REMOTE,
  workspace: {
    dependencies: ['jsr:@std/assert@1'],
    packageJson: { dependencies: ['npm:chalk@4'] },
    members: { 'packages/m': { dependencies: ['npm:peered@1'] } },
  },
}

const VERSION_3 = {
  version: '3',
  packages: {
    specifiers: {
      'jsr:@std/assert@1': 'jsr:@std/assert@1.0.6',
      'jsr:@std/internal@^1.0.4': 'jsr:@std/internal@1.0.5',
      'npm:chalk@4': 'npm:chalk@4.1.2',
      'npm:peered@1': 'npm:peered@1.2.0_host@18.2.0',
    },
    jsr: {
      '@std/assert@1.0.6': { integrity: HASH, dependencies: ['jsr:@std/internal@^1.0.4'] },
      '@std/internal@1.0.5': { integrity: HASH },
    },
    npm: {
      'chalk@4.1.2': {
        integrity: SHA,
        dependencies: { style: 'style@4.3.0', color: 'color@1.0.0', alias: 'color@2.0.0', 'only-mac': 'only-mac@1.0.0' },
      },
      'color@1.0.0': { integrity: SHA, dependencies: {} },
      'color@2.0.0': { integrity: SHA, dependencies: {} },
      'host@18.2.0': { integrity: SHA, dependencies: {} },
      'only-mac@1.0.0': { integrity: SHA, dependencies: {} },
      'peered@1.2.0_host@18.2.0': { integrity: SHA, dependencies: { host: 'host@18.2.0' } },
      'style@4.3.0': { integrity: SHA, dependencies: {} },
    },
  },
  remote: REMOTE,
  workspace: VERSION_5.workspace,
}

const MANIFESTS = {
  'deno.jsonc': '{ "name": "@me/app", "version": "1.0.0", /* all of it */ }',
  'packages/m/package.json': '{"name":"m","version":"2.0.0"}',
}

describe.each([
  ['5', VERSION_5, 'optional'],
  ['3', VERSION_3, 'required'],
])('a lockfile of deno, version %s', (_, lock, onlyMac) => {
  const found = catalogTexts(denoCataloger, { ...MANIFESTS, 'deno.lock': JSON.stringify(lock) })

  it('has the packages of npm and of JSR, and modules by their address without what is secret in it', () => {
    expect(shownComponents(found)).toEqual(
      [
        `required ${REMOTE_PURL}`,
        'required jsr/%40std/assert@1.0.6',
        'required jsr/%40std/internal@1.0.5',
        'required npm/chalk@4.1.2',
        'required npm/color@1.0.0',
        'required npm/color@2.0.0',
        'required npm/host@18.2.0',
        'required npm/m@2.0.0',
        `${onlyMac} npm/only-mac@1.0.0`,
        'required npm/peered@1.2.0',
        'required npm/style@4.3.0',
      ].toSorted(),
    )
    expect(JSON.stringify(found)).not.toContain('secret')
  })

  it('has the edges', () => {
    expect(shownEdges(found)).toEqual([
      'jsr/%40me/app@1.0.0 > jsr/%40std/assert@1.0.6',
      'jsr/%40me/app@1.0.0 > npm/chalk@4.1.2',
      'jsr/%40std/assert@1.0.6 > jsr/%40std/internal@1.0.5',
      'npm/chalk@4.1.2 > npm/color@1.0.0',
      'npm/chalk@4.1.2 > npm/color@2.0.0',
      'npm/chalk@4.1.2 > npm/only-mac@1.0.0',
      'npm/chalk@4.1.2 > npm/style@4.3.0',
      'npm/m@2.0.0 > npm/peered@1.2.0',
      'npm/peered@1.2.0 > npm/host@18.2.0',
    ])
  })

  it('gives the hashes it claims', () => {
    expect(found.components.find(({ name }) => name === 'style')?.hashes).toEqual({ sha512: '00'.repeat(64) })
    expect(found.components.find(({ name }) => name === '@std/assert')?.hashes).toEqual({ sha256: HASH })
  })
})

describe('a lockfile of deno', () => {
  it('of version 2 has packages of npm alone', () => {
    const lock = {
      version: '2',
      remote: {},
      npm: { specifiers: { 'chalk@4': 'chalk@4.1.2' }, packages: { 'chalk@4.1.2': { integrity: SHA, dependencies: {} } } },
    }
    const found = catalogTexts(denoCataloger, { 'deno.lock': JSON.stringify(lock) })
    expect(shownComponents(found)).toEqual(['required npm/chalk@4.1.2'])
    expect(found.edges).toHaveLength(1)
  })

  it('asks for the manifests of its projects', () => {
    expect(denoCataloger.mentions?.('sub/deno.lock', utf8(JSON.stringify(VERSION_5)))).toEqual([
      'sub/deno.json',
      'sub/deno.jsonc',
      'sub/package.json',
      'sub/packages/m/deno.json',
      'sub/packages/m/deno.jsonc',
      'sub/packages/m/package.json',
    ])
    expect(denoCataloger.mentions?.('deno.lock', utf8('{'))).toEqual([])
  })

  it.each([
    ['no JSON', '{', 'artifact-malformed'],
    ['no version', '{}', 'artifact-malformed'],
    ['a version of the future', '{"version":"6"}', 'version-unsupported'],
    ['packages that are texts', '{"version":"5","npm":{"a@1":"x"}}', 'artifact-malformed'],
  ])('is refused with %s', (_, lock, code) => {
    expect(() => catalogTexts(denoCataloger, { 'deno.lock': lock }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code, where: 'deno.lock' }),
    )
  })
})

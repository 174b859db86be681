import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { formatPurl, parsePurl } from '../../../package/purl.ts'
import type { CatalogFile, CatalogMode } from '../cataloger.ts'
import { npmCataloger } from './npm-cataloger.ts'

function filesOf(contents: Readonly<Record<string, unknown>>): Map<string, CatalogFile> {
  return new Map(
    Object.entries(contents).map(([path, content]) => [
      path,
      { bytes: utf8(typeof content === 'string' ? content : JSON.stringify(content)) },
    ]),
  )
}

function catalog(contents: Readonly<Record<string, unknown>>, mode: CatalogMode = 'runtime-closure') {
  const found = npmCataloger.read(filesOf(contents), mode)
  return {
    ...found,
    purls: found.components.map(({ purl }) => purl.replace('pkg:npm/', '')).toSorted(),
    arrows: found.edges.map(({ from, to }) => `${from} > ${to}`.replaceAll('pkg:npm/', '')).toSorted(),
    component: (purl: string) => found.components.find((component) => component.purl === `pkg:npm/${purl}`),
  }
}

const SHA512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
const HEX512 = '07'.repeat(64)

const V3 = {
  name: 'app',
  version: '1.0.0',
  lockfileVersion: 3,
  packages: {
    '': {
      name: 'app',
      version: '1.0.0',
      workspaces: ['packages/*'],
      dependencies: { a: '^1.0.0', alias: 'npm:@real/name@^2.0.0' },
      devDependencies: { tester: '^1.0.0', b: '*' },
      optionalDependencies: { native: '^1.0.0' },
    },
    'packages/web': { name: '@app/web', version: '0.1.0', dependencies: { b: '^2.0.0' }, devDependencies: { tester: '^1.0.0' } },
    'node_modules/@app/web': { resolved: 'packages/web', link: true },
    'node_modules/a': {
      version: '1.0.1',
      integrity: SHA512,
      license: 'MIT',
      dependencies: { b: '^1.0.0' },
      peerDependencies: { host: '*' },
    },
    'node_modules/a/node_modules/b': { version: '1.5.0', inBundle: true },
    'node_modules/b': { version: '2.0.0' },
    'node_modules/host': { version: '3.0.0', peer: true },
    'node_modules/alias': { name: '@real/name', version: '2.2.0', integrity: `sha1-${Buffer.alloc(20, 1).toString('base64')} ${SHA512}` },
    'node_modules/native': { version: '1.0.0', optional: true, os: ['win32'] },
    'node_modules/tester': { version: '1.2.0', dev: true, dependencies: { b: '*' } },
    'node_modules/left-over': { version: '9.9.9', extraneous: true },
  },
}

function entryFrom(resolved: string): object {
  return { version: '1.0.0', resolved }
}

function lockOf(version: string): object {
  return { lockfileVersion: 3, packages: { '': {}, 'node_modules/a': { version } } }
}

describe('the runtime closure of a lockfile', () => {
  it('is what npm installs without development packages, on any platform', () => {
    const found = catalog({ 'package-lock.json': V3 })
    // The workspace and the b that only it needs lie beside the package and are not installed with it.
    expect(found.purls).toEqual(['%40real/name@2.2.0', 'a@1.0.1', 'b@1.5.0', 'host@3.0.0', 'native@1.0.0'])
    expect(found.component('native@1.0.0')?.scope).toBe('optional')
    expect(found.projects).toEqual([{ directory: '', name: 'app', version: '1.0.0', purl: 'pkg:npm/app@1.0.0' }])
  })

  it('holds a workspace the package depends on, and what that needs', () => {
    const root = { ...V3.packages[''], dependencies: { '@app/web': '*' } }
    const found = catalog({ 'package-lock.json': { ...V3, packages: { ...V3.packages, '': root } } })
    expect(found.purls).toEqual(expect.arrayContaining(['%40app/web@0.1.0', 'b@2.0.0']))
  })

  it('resolves edges as Node does: nested before hoisted, through links, to the real name', () => {
    expect(catalog({ 'package-lock.json': V3 }).arrows).toEqual([
      'a@1.0.1 > b@1.5.0',
      'a@1.0.1 > host@3.0.0',
      'app@1.0.0 > %40real/name@2.2.0',
      'app@1.0.0 > a@1.0.1',
      'app@1.0.0 > native@1.0.0',
    ])
  })

  it('takes hashes and licences from the lockfile', () => {
    const found = catalog({ 'package-lock.json': V3 })
    expect(found.component('a@1.0.1')).toMatchObject({ hashes: { sha512: HEX512 }, licence: 'MIT' })
    expect(found.component('%40real/name@2.2.0')?.hashes).toEqual({ sha1: '01'.repeat(20), sha512: HEX512 })
    expect(found.component('b@1.5.0')).toMatchObject({ hashes: {} })
    expect(found.component('b@1.5.0')).not.toHaveProperty('licence')
  })

  it('says where a package came from that came from no registry, without credentials', () => {
    const found = catalog({
      'package-lock.json': {
        lockfileVersion: 3,
        packages: {
          '': { name: 'app' },
          'node_modules/git': entryFrom('git+ssh://git@host.example/team/git.git#0123abcd'),
          'node_modules/tarball': entryFrom('https://user:secret@files.example/x/tarball.tgz?token=secret'),
          'node_modules/mirror': entryFrom('https://user:secret@mirror.example/mirror/-/mirror-1.0.0.tgz'),
          'node_modules/local': entryFrom('file:../local.tgz'),
        },
      },
    })
    expect(found.purls).toEqual([
      'git@1.0.0?vcs_url=git%2Bssh:%2F%2Fhost.example%2Fteam%2Fgit.git%400123abcd',
      'local@1.0.0',
      'mirror@1.0.0',
      'tarball@1.0.0?download_url=https:%2F%2Ffiles.example%2Fx%2Ftarball.tgz',
    ])
  })

  it('ignores an integrity that is no hash', () => {
    const found = catalog({
      'package-lock.json': {
        lockfileVersion: 3,
        packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-short md5-AAAA sha512-!!!' } },
      },
    })
    expect(found.component('a@1.0.0')?.hashes).toEqual({})
  })

  it('reads version 2 like version 3', () => {
    const v2 = { ...V3, lockfileVersion: 2, dependencies: { a: { version: '0.0.1-not-looked-at' } } }
    expect(catalog({ 'package-lock.json': v2 })).toMatchObject({ purls: catalog({ 'package-lock.json': V3 }).purls })
  })

  it('reads version 1, with what the project needs from its package.json', () => {
    const found = catalog({
      'package.json': { name: 'old', version: '1.0.0', dependencies: { a: '1' }, devDependencies: { d: '1' } },
      'package-lock.json': {
        name: 'old',
        version: '1.0.0',
        lockfileVersion: 1,
        requires: true,
        dependencies: {
          a: {
            version: '1.0.0',
            integrity: SHA512,
            requires: { b: '^1.0.0', gone: '*' },
            dependencies: { b: { version: '1.0.0', bundled: true } },
          },
          b: { version: '2.0.0', requires: { a: '1' } },
          alias: { version: 'npm:@real/name@2.2.0' },
          g: { version: 'github:team/g#0123', integrity: false, from: 'github:team/g' },
          d: { version: '1.0.0', dev: true },
          o: { version: '1.0.0', optional: true },
        },
      },
    })
    expect(found.purls).toEqual(['%40real/name@2.2.0', 'a@1.0.0', 'b@1.0.0', 'b@2.0.0', 'g?vcs_url=github:team%2Fg%400123', 'o@1.0.0'])
    expect(found.arrows).toEqual(['a@1.0.0 > b@1.0.0', 'b@2.0.0 > a@1.0.0', 'old@1.0.0 > a@1.0.0'])
    expect(found.component('a@1.0.0')?.hashes).toEqual({ sha512: HEX512 })
  })

  it('prefers npm-shrinkwrap.json, as npm does', () => {
    expect(catalog({ 'package-lock.json': lockOf('1.0.0'), 'npm-shrinkwrap.json': lockOf('2.0.0') }).purls).toEqual(['a@2.0.0'])
  })

  it.each([
    ['not JSON', '{', /not JSON/],
    ['a list', [], /no lockfile|not a lockfile/],
    ['a version without a text', { lockfileVersion: 3, packages: { 'node_modules/a': { version: 1 } } }, /node_modules\/a\.version/],
    ['a version of the future', { lockfileVersion: 4, packages: {} }, /versions 1 to 3/],
    ['an old entry that is none', { lockfileVersion: 1, dependencies: { a: 'x' } }, /dependencies/],
    ['a tower of brackets', '['.repeat(100_000), /deeper/],
  ])('refuses %s', (_, content, message) => {
    expect(() => catalog({ 'package-lock.json': content })).toThrow(message)
  })

  it.each(['', '/', '@', '@s/', 'a/b/c', 'ä ö', '\u0000', '..'])('gives a package named %j an identity', (name) => {
    const found = catalog({ 'package-lock.json': { lockfileVersion: 3, packages: { '': {}, 'node_modules/x': { name, version: '1' } } } })
    expect(formatPurl(parsePurl(found.components[0]?.purl ?? ''))).toBe(found.components[0]?.purl)
  })

  it('keeps keys like __proto__ as data', () => {
    const found = catalog({
      'package-lock.json':
        '{"lockfileVersion":3,"packages":{"__proto__":{"version":"1"},"node_modules/a":{"version":"1.0.0","dependencies":{"__proto__":"1","constructor":"1"}}}}',
    })
    expect(found.purls).toEqual(['a@1.0.0'])
    expect(({} as Record<string, unknown>)['version']).toBeUndefined()
  })
})

describe('the installed tree', () => {
  const installed = {
    'package.json': { name: 'app', version: '1.0.0', dependencies: { a: '1' } },
    'package-lock.json': {
      lockfileVersion: 3,
      packages: {
        '': { name: 'app', version: '1.0.0', dependencies: { a: '1', native: '1' }, devDependencies: { tester: '1' } },
        'node_modules/a': { version: '1.0.0', integrity: SHA512, dependencies: { b: '1' } },
        'node_modules/b': { version: '1.0.0', integrity: SHA512 },
        'node_modules/native': { version: '1.0.0', optional: true },
        'node_modules/tester': { version: '1.0.0', dev: true },
      },
    },
    'node_modules/a/package.json': { name: 'a', version: '1.0.0', license: 'ISC', devDependencies: { b: '*' } },
    'node_modules/b/package.json': { name: 'b', version: '6.6.6', license: { type: 'Apache-2.0' } },
    'node_modules/tester/package.json': { name: 'tester', version: '1.0.0' },
    'node_modules/tester/lib/package.json': { type: 'module' },
    'node_modules/stowaway/package.json': {
      name: 'stowaway',
      version: '1.0.0',
      licenses: [{ type: 'MIT' }, { type: 'ISC' }],
      dependencies: { a: '*' },
    },
  }

  it('has what lies there, with hashes only where it is what the lockfile says', () => {
    const found = catalog(installed, 'installed')
    expect(found.purls).toEqual(['a@1.0.0', 'b@6.6.6', 'stowaway@1.0.0', 'tester@1.0.0'])
    expect(found.component('a@1.0.0')).toMatchObject({ hashes: { sha512: HEX512 }, licence: 'ISC' })
    expect(found.component('b@6.6.6')).toMatchObject({ hashes: {}, licence: 'Apache-2.0' })
    expect(found.component('stowaway@1.0.0')?.licence).toBe('(MIT OR ISC)')
    expect(found.component('tester@1.0.0')?.scope).toBe('dev')
    expect(found.component('a@1.0.0')?.evidence).toEqual([
      { cataloger: 'npm', file: 'node_modules/a/package.json', method: 'installed', confidence: 1 },
    ])
  })

  it('has the edges of the lockfile, and of package.json where the lockfile does not know the package', () => {
    expect(catalog(installed, 'installed').arrows).toEqual([
      'a@1.0.0 > b@6.6.6',
      'app@1.0.0 > a@1.0.0',
      'app@1.0.0 > tester@1.0.0',
      'stowaway@1.0.0 > a@1.0.0',
    ])
  })

  it('is the lockfile where nothing is installed, development packages too', () => {
    const { 'package-lock.json': lock } = installed
    expect(catalog({ 'package-lock.json': lock }, 'installed').purls).toEqual(['a@1.0.0', 'b@1.0.0', 'native@1.0.0', 'tester@1.0.0'])
  })

  it('is read without any lockfile, as in an image', () => {
    const found = catalog(
      {
        'usr/lib/node_modules/tool/package.json': { name: 'tool', version: '1.0.0', dependencies: { dep: '1' } },
        'usr/lib/node_modules/tool/node_modules/dep/package.json': { name: 'dep', version: '1.0.0' },
        'srv/app/package.json': { name: 'app', version: '2.0.0', dependencies: { x: '1' } },
        'srv/app/node_modules/x/package.json': { name: 'x', version: '1.0.0' },
        'srv/app/node_modules/@s/y/package.json': 'not JSON',
        'srv/app/node_modules/.bin/package.json': {},
      },
      'installed',
    )
    expect(found.purls).toEqual(['%40s/y', 'app@2.0.0', 'dep@1.0.0', 'tool@1.0.0', 'x@1.0.0'])
    expect(found.arrows).toEqual(['app@2.0.0 > x@1.0.0', 'tool@1.0.0 > dep@1.0.0'])
    expect(found.projects.map(({ directory }) => directory)).toEqual(['srv/app'])
  })

  it('takes the hidden lockfile where there is no other', () => {
    const found = catalog(
      {
        'node_modules/.package-lock.json': {
          lockfileVersion: 3,
          packages: { 'node_modules/a': { version: '1.0.0', integrity: SHA512 } },
        },
        'node_modules/a/package.json': { name: 'a', version: '1.0.0' },
      },
      'installed',
    )
    expect(found.component('a@1.0.0')?.hashes).toEqual({ sha512: HEX512 })
  })
})

describe('which files it wants', () => {
  it.each([
    ['package-lock.json', true, true],
    ['packages/web/package.json', true, true],
    ['node_modules/a/package.json', false, true],
    ['node_modules/@s/a/node_modules/b/package.json', false, true],
    ['node_modules/a/dist/package.json', false, false],
    ['node_modules/a/package-lock.json', false, false],
    ['node_modules/.package-lock.json', false, true],
    ['node_modules/a/node_modules/.package-lock.json', false, false],
    ['my_node_modules/package.json', true, true],
    ['src/index.js', false, false],
  ])('%s: closure %s, installed %s', (path, closure, installed) => {
    expect(npmCataloger.wants(path, 'runtime-closure')).toBe(closure)
    expect(npmCataloger.wants(path, 'installed')).toBe(installed)
  })
})

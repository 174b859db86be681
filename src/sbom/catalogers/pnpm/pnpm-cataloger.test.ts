import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { dependencyKey, splitKey } from './keys.ts'
import { pnpmCataloger } from './pnpm-cataloger.ts'

const SHA = `sha512-${'A'.repeat(86)}==`

/** One workspace as pnpm 7, 8 and 9 or later write it. */
const VERSION_5 = `lockfileVersion: 5.4

importers:

  .:
    specifiers:
      alias: npm:real@3.0.1
      with-peer: ^1.0.0
    dependencies:
      alias: /real/3.0.1
      lib: link:packages/lib
      with-peer: 1.7.0_@s+host@18.2.0
      '@s/host': 18.2.0
    optionalDependencies:
      only-mac: 2.3.3
    devDependencies:
      local: file:local
      linter: 1.0.0

  packages/lib:
    dependencies:
      small: 2.1.3

packages:

  /@s/host/18.2.0:
    resolution: {integrity: ${SHA}}
    dev: false

  /linter/1.0.0:
    resolution: {integrity: ${SHA}}
    dependencies:
      small: 2.1.3
      from-git: github.com/owner/from-git/0123abc
    dev: true

  /only-mac/2.3.3:
    resolution: {integrity: ${SHA}}
    os: [darwin]
    dependencies:
      inner: 1.0.0
    optional: true

  /inner/1.0.0:
    resolution: {integrity: ${SHA}}
    optional: true

  /real/3.0.1:
    resolution: {integrity: ${SHA}}
    deprecated: >-
      do not use: it is old
    dev: false

  /small/2.1.3:
    resolution: {integrity: ${SHA}}

  /with-peer/1.7.0_@s+host@18.2.0:
    resolution: {integrity: ${SHA}}
    peerDependencies:
      '@s/host': '*'
    dependencies:
      '@s/host': 18.2.0
    dev: false

  file:local:
    resolution: {directory: local, type: directory}
    name: local
    version: 9.9.9
    dev: true

  github.com/owner/from-git/0123abc:
    resolution: {tarball: https://codeload.github.com/owner/from-git/tar.gz/0123abc}
    name: from-git
    version: 4.0.0
    dev: true
`

const IMPORTERS = (alias: string, git: string) => `
importers:

  .:
    dependencies:
      '@s/host':
        specifier: 18.2.0
        version: 18.2.0
      alias:
        specifier: npm:real@3.0.1
        version: ${alias}
      lib:
        specifier: workspace:*
        version: link:packages/lib
      with-peer:
        specifier: ^1.0.0
        version: 1.7.0(@s/host@18.2.0)
    optionalDependencies:
      only-mac:
        specifier: ^2.3.0
        version: 2.3.3
    devDependencies:
      linter:
        specifier: ^1.0.0
        version: 1.0.0
      local:
        specifier: file:./local
        version: ${git}

  packages/lib:
    dependencies:
      small:
        specifier: ^2.0.0
        version: 2.1.3
`

const VERSION_6 = `lockfileVersion: '6.0'

settings:
  autoInstallPeers: true
${IMPORTERS('/real@3.0.1', 'file:local')}
packages:

  /@s/host@18.2.0:
    resolution: {integrity: ${SHA}}

  /linter@1.0.0:
    resolution: {integrity: ${SHA}}
    dependencies:
      from-git: github.com/owner/from-git/0123abc
      small: 2.1.3
    dev: true

  /only-mac@2.3.3:
    resolution: {integrity: ${SHA}}
    dependencies:
      inner: 1.0.0
    optional: true

  /inner@1.0.0:
    resolution: {integrity: ${SHA}}
    optional: true

  /real@3.0.1:
    resolution: {integrity: ${SHA}}

  /small@2.1.3:
    resolution: {integrity: ${SHA}}

  /with-peer@1.7.0(@s/host@18.2.0):
    resolution: {integrity: ${SHA}}
    peerDependencies:
      '@s/host': '*'
    dependencies:
      '@s/host': 18.2.0

  file:local:
    resolution: {directory: local, type: directory}
    name: local
    dev: true

  github.com/owner/from-git/0123abc:
    resolution: {tarball: https://codeload.github.com/owner/from-git/tar.gz/0123abc}
    name: from-git
    version: 4.0.0
    dev: true
`

const VERSION_9 = `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
${IMPORTERS('real@3.0.1', 'file:local')}
packages:

  '@s/host@18.2.0':
    resolution: {integrity: ${SHA}}
    engines: {node: '>=0.10.0'}

  from-git@https://codeload.github.com/owner/from-git/tar.gz/0123abc:
    resolution: {tarball: https://codeload.github.com/owner/from-git/tar.gz/0123abc}
    version: 4.0.0

  inner@1.0.0:
    resolution: {integrity: ${SHA}}

  linter@1.0.0:
    resolution: {integrity: ${SHA}}

  local@file:local:
    resolution: {directory: local, type: directory}

  only-mac@2.3.3:
    resolution: {integrity: ${SHA}}
    os: [darwin]

  real@3.0.1:
    resolution: {integrity: ${SHA}}

  small@2.1.3:
    resolution: {integrity: ${SHA}}

  with-peer@1.7.0:
    resolution: {integrity: ${SHA}}
    peerDependencies:
      '@s/host': '*'

snapshots:

  '@s/host@18.2.0': {}

  from-git@https://codeload.github.com/owner/from-git/tar.gz/0123abc: {}

  inner@1.0.0:
    optional: true

  linter@1.0.0:
    dependencies:
      from-git: https://codeload.github.com/owner/from-git/tar.gz/0123abc
      small: 2.1.3

  local@file:local: {}

  only-mac@2.3.3:
    dependencies:
      inner: 1.0.0
    optional: true

  real@3.0.1: {}

  small@2.1.3: {}

  with-peer@1.7.0(@s/host@18.2.0):
    dependencies:
      '@s/host': 18.2.0
`

const MANIFESTS = {
  'package.json': '{"name":"app","version":"1.0.0"}',
  'packages/lib/package.json': '{"name":"@app/lib","version":"0.1.0"}',
  'local/package.json': '{"name":"local","version":"9.9.9"}',
}
const FROM_GIT = 'npm/from-git@4.0.0?download_url=https:%2F%2Fcodeload.github.com%2Fowner%2Ffrom-git%2Ftar.gz%2F0123abc'

describe.each([
  ['5', VERSION_5],
  ['6', VERSION_6],
  ['9', VERSION_9],
])('a pnpm lockfile of version %s', (_, lock) => {
  const found = catalogTexts(pnpmCataloger, { ...MANIFESTS, 'pnpm-lock.yaml': lock })

  it('has every package with its own name, and how strongly it is needed', () => {
    expect(shownComponents(found)).toEqual([
      `dev ${FROM_GIT}`,
      'dev npm/linter@1.0.0',
      'dev npm/local@9.9.9',
      'optional npm/inner@1.0.0',
      'optional npm/only-mac@2.3.3',
      'required npm/%40app/lib@0.1.0',
      'required npm/%40s/host@18.2.0',
      'required npm/real@3.0.1',
      'required npm/small@2.1.3',
      'required npm/with-peer@1.7.0',
    ])
    const real = found.components.find(({ name }) => name === 'real')
    expect(real).toMatchObject({ hashes: { sha512: '00'.repeat(64) }, evidence: [{ file: 'pnpm-lock.yaml', method: 'lockfile' }] })
  })

  it('has the edges, through workspaces and to peers', () => {
    expect(shownEdges(found)).toEqual([
      'npm/%40app/lib@0.1.0 > npm/small@2.1.3',
      'npm/app@1.0.0 > npm/%40app/lib@0.1.0',
      'npm/app@1.0.0 > npm/%40s/host@18.2.0',
      'npm/app@1.0.0 > npm/linter@1.0.0',
      'npm/app@1.0.0 > npm/local@9.9.9',
      'npm/app@1.0.0 > npm/only-mac@2.3.3',
      'npm/app@1.0.0 > npm/real@3.0.1',
      'npm/app@1.0.0 > npm/with-peer@1.7.0',
      `npm/linter@1.0.0 > ${FROM_GIT}`,
      'npm/linter@1.0.0 > npm/small@2.1.3',
      'npm/only-mac@2.3.3 > npm/inner@1.0.0',
      'npm/with-peer@1.7.0 > npm/%40s/host@18.2.0',
    ])
  })

  it('leaves development out of the runtime closure', () => {
    const closure = catalogTexts(pnpmCataloger, { ...MANIFESTS, 'pnpm-lock.yaml': lock }, 'runtime-closure')
    expect(shownComponents(closure)).toEqual(shownComponents(found).filter((line) => !line.startsWith('dev ')))
    expect(shownEdges(closure).filter((line) => line.includes('linter') || line.includes('local'))).toEqual([])
  })

  it('has read the lockfile and the package.json of all its folders, and asks for them', () => {
    expect([...found.read].toSorted()).toEqual(['local/package.json', 'package.json', 'packages/lib/package.json', 'pnpm-lock.yaml'])
    expect(pnpmCataloger.mentions?.('sub/pnpm-lock.yaml', utf8(lock))?.toSorted()).toEqual([
      'sub/local/package.json',
      'sub/package.json',
      'sub/packages/lib/package.json',
    ])
  })

  it('lists of an installed tree what lies there, with licences', () => {
    const tree = { 'node_modules/.pnpm/real@3.0.1/node_modules/real/package.json': '{"name":"real","version":"3.0.1","license":"MIT"}' }
    const installed = catalogTexts(pnpmCataloger, { ...MANIFESTS, ...tree, 'pnpm-lock.yaml': lock })
    expect(shownComponents(installed)).toEqual(['required npm/%40app/lib@0.1.0', 'required npm/real@3.0.1'])
    expect([...(installed.claimed ?? [])]).toEqual(Object.keys(tree))
    expect(installed.components[0]).toMatchObject({ licence: 'MIT', hashes: { sha512: '00'.repeat(64) } })
  })
})

describe('a tree of pnpm without the lockfile of its project', () => {
  const lock = `lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0\npackages:\n  a@1.0.0:\n    resolution: {integrity: ${SHA}}\n  b@2.0.0:\n    resolution: {integrity: ${SHA}}\nsnapshots:\n  a@1.0.0:\n    dependencies:\n      b: 2.0.0\n  b@2.0.0: {}\n`
  const store = (root: string): Record<string, string> => ({
    [`${root}node_modules/.pnpm/lock.yaml`]: lock,
    [`${root}node_modules/.pnpm/a@1.0.0/node_modules/a/package.json`]: '{"name":"a","version":"1.0.0","dependencies":{"b":"2"}}',
    [`${root}node_modules/.pnpm/b@2.0.0/node_modules/b/package.json`]: '{"name":"b","version":"2.0.0"}',
  })

  it.each(['', 'srv/app/'])('below "%s" has the edges of the lockfile pnpm keeps beside it', (root) => {
    const found = catalogTexts(pnpmCataloger, { ...store(root), [`${root}package.json`]: '{"name":"app","version":"1.0.0"}' })
    expect(shownComponents(found).filter((one) => !one.includes('/app'))).toEqual(['required npm/a@1.0.0', 'required npm/b@2.0.0'])
    expect(shownEdges(found)).toEqual(['npm/a@1.0.0 > npm/b@2.0.0', 'npm/app@1.0.0 > npm/a@1.0.0'])
    expect(found.components[0]?.hashes).toEqual({ sha512: '00'.repeat(64) })
  })

  it('is read by the lockfile of its project where there is one, and is no part of a closure', () => {
    const both = catalogTexts(pnpmCataloger, { ...store(''), 'pnpm-lock.yaml': lock })
    expect(both.read).not.toContain('node_modules/.pnpm/lock.yaml')
    expect(pnpmCataloger.wants('node_modules/.pnpm/lock.yaml', 'runtime-closure')).toBe(false)
    expect(pnpmCataloger.wants('node_modules/x/node_modules/.pnpm/lock.yaml', 'installed')).toBe(false)
  })
})

describe('a pnpm lockfile', () => {
  it('of one project needs no importers', () => {
    const lock = `lockfileVersion: 5.3\nspecifiers:\n  a: ^1\ndependencies:\n  a: 1.0.0\ndevDependencies:\n  b: 2.0.0\npackages:\n  /a/1.0.0:\n    resolution: {integrity: ${SHA}}\n  /b/2.0.0:\n    resolution: {integrity: ${SHA}}\n`
    const found = catalogTexts(pnpmCataloger, { 'pnpm-lock.yaml': lock })
    expect(shownComponents(found)).toEqual(['dev npm/b@2.0.0', 'required npm/a@1.0.0'])
  })

  it('of two documents is read whole', () => {
    const first = `lockfileVersion: '9.0'\nimporters:\n  .:\n    configDependencies:\n      x:\n        specifier: 1.0.0\n        version: 1.0.0\npackages:\n  x@1.0.0:\n    resolution: {integrity: ${SHA}}\nsnapshots:\n  x@1.0.0: {}\n`
    const found = catalogTexts(pnpmCataloger, { ...MANIFESTS, 'pnpm-lock.yaml': `---\n${first}---\n${VERSION_9}` })
    expect(shownComponents(found)).toContain('required npm/x@1.0.0')
    expect(shownComponents(found)).toContain('required npm/real@3.0.1')
  })

  it('without anything in it has nothing', () => {
    expect(catalogTexts(pnpmCataloger, { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" }).components).toEqual([])
  })

  it.each([
    ['no YAML', 'a: b\n  c: d', 'artifact-malformed'],
    ['no version', 'packages: {}', 'artifact-malformed'],
    ['a version of the future', "lockfileVersion: '10.0'", 'version-unsupported'],
    ['packages as a list', "lockfileVersion: '9.0'\npackages:\n- a\n", 'artifact-malformed'],
  ])('is refused with %s', (_, lock, code) => {
    expect(() => catalogTexts(pnpmCataloger, { 'pnpm-lock.yaml': lock }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code, where: expect.any(String) }),
    )
  })
})

describe('keys of pnpm', () => {
  it.each([
    ['slash', '/a/1.0.0', 'a', '1.0.0'],
    ['slash', '/@s/a_b/1.0.0_c@2.0.0+@s+d@3.0.0', '@s/a_b', '1.0.0'],
    ['slash', 'github.com/owner/repository/0123abc', 'github.com/owner/repository', '0123abc'],
    ['slash-at', '/@s/a@1.0.0-rc.1(b@2.0.0(c@3.0.0))', '@s/a', '1.0.0-rc.1'],
    ['at', '@s/a@1.0.0(patch_hash=ab)(b@2.0.0)', '@s/a', '1.0.0'],
    ['at', 'a@file:../b', 'a', ''],
    ['at', 'nonsense', 'nonsense', ''],
  ] as const)('%s: %s names %s at %j', (keys, key, name, version) => {
    expect(splitKey(key, keys)).toMatchObject({ name, version })
  })

  it.each([
    ['slash', 'a', '1.0.0_b@2.0.0', '/a/1.0.0_b@2.0.0'],
    ['slash', 'alias', '/real/1.0.0', '/real/1.0.0'],
    ['slash', 'a', 'github.com/o/a/01', 'github.com/o/a/01'],
    ['slash-at', 'a', '1.0.0(b@2.0.0)', '/a@1.0.0(b@2.0.0)'],
    ['at', '@s/a', '1.0.0(b@2.0.0)', '@s/a@1.0.0(b@2.0.0)'],
    ['at', 'alias', '@s/real@1.0.0(b@2.0.0)', '@s/real@1.0.0(b@2.0.0)'],
    ['at', 'a', 'https://host.example/@s/a.tgz', 'a@https://host.example/@s/a.tgz'],
    ['at', 'a', 'git+ssh://git@host.example/a.git#01', 'a@git+ssh://git@host.example/a.git#01'],
    ['at', 'a', 'file:../b', 'a@file:../b'],
  ] as const)('%s: %s at %s is %s', (keys, name, reference, key) => {
    expect(dependencyKey(name, reference, keys)).toBe(key)
  })
})

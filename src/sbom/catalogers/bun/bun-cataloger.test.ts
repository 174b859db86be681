import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { bunCataloger } from './bun-cataloger.ts'

const SHA = `sha512-${'A'.repeat(86)}==`
const LOCK = `{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": {
        "alias": "npm:real@^3.0.0",
        "lib": "workspace:*",
      },
      "devDependencies": { "local": "file:./local", "nested": "1.0.0", },
      "optionalDependencies": { "only-mac": "^2.0.0" },
    },
    "packages/lib": {
      "name": "@app/lib",
      "version": "0.1.0",
      "dependencies": { "nested": "2.0.0", "@s/x": "1.0.0" },
      "peerDependencies": { "real": "*", "gone": "*" },
      "optionalPeers": ["gone"],
    },
  },
  "packages": {
    "@app/lib": ["@app/lib@workspace:packages/lib"],

    "@s/x": ["@s/x@1.0.0", "", { "dependencies": { "nested": "1" } }, "${SHA}"],

    "alias": ["real@3.0.1", "https://registry.example/", { "dependencies": { "from-git": "github:owner/from-git", "nested": "^1" }, "bin": { "x": "x.js" } }, "${SHA}"],

    "from-git": ["from-git@git+ssh://git@host.example/owner/from-git.git#0123abc", { "dependencies": {} }, "0123abc"],

    "lib": ["@app/lib@workspace:packages/lib"],

    "local": ["local@file:local", { "dependencies": { "nested": "3.0.0" } }],

    "nested": ["nested@1.0.0", "", {}, "${SHA}"],

    "only-mac": ["only-mac@2.3.3", "", { "os": "darwin" }, "${SHA}"],

    "@app/lib/nested": ["nested@2.0.0", "", {}, "${SHA}"],

    "local/nested": ["nested@3.0.0", "", {}, "${SHA}"],

    "@app/lib/@s/x": ["@s/x@1.0.1", "", { "dependencies": { "nested": "*" }, "optionalDependencies": { "only-mac": "2" } }, "${SHA}"],
  }
}
`
const FILES = {
  'package.json': '{"name":"app","version":"1.0.0"}',
  'local/package.json': '{"name":"local","version":"9.9.9"}',
  'bun.lock': LOCK,
}
const GIT = 'npm/from-git?vcs_url=git%2Bssh:%2F%2Fhost.example%2Fowner%2Ffrom-git.git%400123abc'

describe('a lockfile of bun', () => {
  const found = catalogTexts(bunCataloger, FILES)

  it('has every package with its own name, and how strongly it is needed', () => {
    expect(shownComponents(found)).toEqual([
      'dev npm/local@9.9.9',
      'dev npm/nested@3.0.0',
      'optional npm/only-mac@2.3.3',
      'required npm/%40app/lib@0.1.0',
      'required npm/%40s/x@1.0.0',
      'required npm/%40s/x@1.0.1',
      `required ${GIT}`,
      'required npm/nested@1.0.0',
      'required npm/nested@2.0.0',
      'required npm/real@3.0.1',
    ])
    expect(found.components.find(({ name }) => name === 'real')?.hashes).toEqual({ sha512: '00'.repeat(64) })
  })

  it('has the edges, each to the nearest of the nested packages', () => {
    expect(shownEdges(found)).toEqual([
      'npm/%40app/lib@0.1.0 > npm/%40s/x@1.0.1',
      'npm/%40app/lib@0.1.0 > npm/nested@2.0.0',
      'npm/%40s/x@1.0.0 > npm/nested@1.0.0',
      'npm/%40s/x@1.0.1 > npm/nested@2.0.0',
      'npm/%40s/x@1.0.1 > npm/only-mac@2.3.3',
      'npm/app@1.0.0 > npm/%40app/lib@0.1.0',
      'npm/app@1.0.0 > npm/local@9.9.9',
      'npm/app@1.0.0 > npm/nested@1.0.0',
      'npm/app@1.0.0 > npm/only-mac@2.3.3',
      'npm/app@1.0.0 > npm/real@3.0.1',
      'npm/local@9.9.9 > npm/nested@3.0.0',
      `npm/real@3.0.1 > ${GIT}`,
      'npm/real@3.0.1 > npm/nested@1.0.0',
    ])
  })

  it('leaves development out of the runtime closure', () => {
    const closure = catalogTexts(bunCataloger, FILES, 'runtime-closure')
    expect(shownComponents(closure)).toEqual(shownComponents(found).filter((line) => !line.startsWith('dev ')))
  })

  it('asks for the package.json of its folders', () => {
    expect(new Set(bunCataloger.mentions?.('sub/bun.lock', utf8(LOCK)))).toEqual(
      new Set(['sub/package.json', 'sub/local/package.json', 'sub/packages/lib/package.json']),
    )
  })

  it('names its projects itself where no package.json is at hand', () => {
    const { projects } = catalogTexts(bunCataloger, { 'bun.lock': LOCK })
    expect(projects.map(({ purl }) => purl)).toEqual(['pkg:npm/app', 'pkg:npm/%40app/lib@0.1.0'])
  })

  it.each([
    ['no JSON', '{', 'artifact-malformed'],
    ['no workspaces', '{"lockfileVersion":1}', 'artifact-malformed'],
    ['packages that are texts', '{"lockfileVersion":1,"workspaces":{},"packages":{"a":"a@1"}}', 'artifact-malformed'],
    ['a version of the future', '{"lockfileVersion":3,"workspaces":{}}', 'version-unsupported'],
  ])('is refused with %s', (_, lock, code) => {
    expect(() => catalogTexts(bunCataloger, { 'bun.lock': lock }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code, where: 'bun.lock' }),
    )
  })

  it('takes entries of odd shapes for packages without a version', () => {
    const lock = '{"lockfileVersion":1,"workspaces":{"":{}},"packages":{"a":[],"b":[7],"c":["c"],"d":["d@1.0.0",{"dependencies":"x"}]}}'
    expect(shownComponents(catalogTexts(bunCataloger, { 'bun.lock': lock }))).toEqual([
      'required npm/c',
      'required npm/d@1.0.0',
      'required npm/unnamed',
      'required npm/unnamed',
    ])
  })
})

import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { composerCataloger, composerInstalledCataloger } from './composer-catalogers.ts'

const MONOLOG = {
  name: 'Monolog/Monolog',
  version: '3.5.0',
  source: { type: 'git', url: 'https://git.example/monolog.git', reference: 'c915e2634718dbc8a4a15c61b0e62e7a44e14448' },
  dist: { type: 'zip', url: 'https://dist.example/x.zip', reference: 'c915', shasum: 'ab'.repeat(20) },
  require: { php: '>=8.1', 'ext-json': '*', 'psr/log': '^2 || ^3' },
  provide: { 'psr/log-implementation': '3.0.0' },
  license: ['MIT'],
}
const LOG = {
  name: 'psr/log',
  version: 'dev-main',
  source: { type: 'git', url: 'https://me:pw@git.example/log.git', reference: '01ab' },
  dist: null,
  license: 'MIT',
  require: [],
}
const USER = { name: 'acme/user', version: 'v1.0.0', require: { 'psr/log-implementation': '*' }, license: ['MIT', 'GPL-3.0-only'] }
const UNIT = { name: 'phpunit/phpunit', version: '10.0.0', require: { 'psr/log': '*' } }
const LOCK = JSON.stringify({ 'content-hash': 'x', packages: [MONOLOG, LOG, USER], 'packages-dev': [UNIT] })
const MANIFEST = JSON.stringify({
  name: 'acme/app',
  require: { php: '^8', 'acme/user': '^1' },
  'require-dev': { 'phpunit/phpunit': '^10' },
})

describe('composer.lock', () => {
  it('lists packages, what needs which, and what only development uses', () => {
    const found = catalogTexts(composerCataloger, { 'composer.lock': LOCK, 'composer.json': MANIFEST })
    expect(shownComponents(found)).toEqual([
      'dev composer/phpunit/phpunit@10.0.0',
      'required composer/acme/user@v1.0.0',
      'required composer/monolog/monolog@3.5.0',
      'required composer/psr/log@dev-main?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Flog.git%4001ab',
    ])
    expect(shownEdges(found).map((edge) => edge.replace(/\?\S+/, ''))).toEqual([
      'composer/acme/app > composer/acme/user@v1.0.0',
      'composer/acme/app > composer/phpunit/phpunit@10.0.0',
      'composer/acme/user@v1.0.0 > composer/monolog/monolog@3.5.0',
      'composer/monolog/monolog@3.5.0 > composer/psr/log@dev-main',
      'composer/phpunit/phpunit@10.0.0 > composer/psr/log@dev-main',
    ])
    expect(found.components.map(({ licence, hashes }) => [licence, hashes['sha1']?.length])).toEqual([
      ['MIT', 40],
      ['MIT', undefined],
      ['(MIT) OR (GPL-3.0-only)', undefined],
      [undefined, undefined],
    ])
    expect(found.projects).toEqual([{ directory: '', name: 'acme/app', version: '', purl: 'pkg:composer/acme/app' }])
    expect(found.read).toEqual(['composer.lock', 'composer.json'])
  })

  it('leaves development out of the closure, with or without composer.json', () => {
    for (const files of [{ 'composer.lock': LOCK }, { 'composer.lock': LOCK, 'composer.json': MANIFEST }]) {
      expect(shownComponents(catalogTexts(composerCataloger, files, 'runtime-closure'))).toHaveLength(3)
    }
  })

  it.each(['', '{}', '{"packages":[{"name":1}]}'])('is refused as %j', (text) => {
    expect(() => catalogTexts(composerCataloger, { 'composer.lock': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })
})

describe('vendor/composer/installed.json', () => {
  it.each([
    ['of Composer 2', { packages: [MONOLOG, UNIT], dev: true, 'dev-package-names': ['phpunit/phpunit'] }, 'dev'],
    ['of Composer 1', [MONOLOG, UNIT], 'required'],
  ])('%s lists what is installed', (_, installed, scope) => {
    const found = catalogTexts(composerInstalledCataloger, {
      'srv/vendor/composer/installed.json': JSON.stringify(installed),
      'srv/vendor/monolog/monolog/composer.json': '{}',
      'srv/composer.json': '{}',
    })
    expect(shownComponents(found).toSorted()).toEqual(
      [`${scope} composer/phpunit/phpunit@10.0.0`, 'required composer/monolog/monolog@3.5.0'].toSorted(),
    )
    expect(found.read).toEqual(['srv/vendor/composer/installed.json', 'srv/vendor/monolog/monolog/composer.json'])
    expect(found.components[0]?.evidence[0]?.method).toBe('installed')
  })

  it('is not looked at for a closure', () => {
    expect(composerInstalledCataloger.wants('vendor/composer/installed.json', 'runtime-closure')).toBe(false)
  })
})

describe('damaged files of Composer', () => {
  it('are read or refused: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const lock = await fuzzCataloger(composerCataloger, { 'composer.lock': LOCK, 'composer.json': MANIFEST })
    const installed = await fuzzCataloger(
      composerInstalledCataloger,
      { 'vendor/composer/installed.json': JSON.stringify([MONOLOG, LOG]) },
      { mode: 'installed' },
    )
    expect([lock.strange, installed.strange]).toEqual([[], []])
    expect(Math.min(lock.read, installed.read)).toBeGreaterThan(300)
  })
})

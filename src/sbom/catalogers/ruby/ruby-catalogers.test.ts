import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { fuzz, fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { meetsRequirements } from './gem-range.ts'
import { parseGemspec } from './gemspec.ts'
import { bundlerCataloger, gemCataloger } from './ruby-catalogers.ts'

const LOCK = `GIT
  remote: https://someone:secret@git.example/forked.git
  revision: 0123456789abcdef
  branch: main
  specs:
    forked (1.0.0.pre.1)
      rake

PATH
  remote: .
  specs:
    mine (0.1.0)
      nokogiri (~> 1.15)

GEM
  remote: https://gems.example/
  specs:
    nokogiri (1.15.4-x86_64-linux)
      racc (~> 1.4)
    nokogiri (1.15.4)
      mini_portile2 (~> 2.8.2)
      racc (~> 1.4)
    racc (1.7.1)
    rake (13.0.6)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  forked!
  mine!
  nokogiri (>= 1)

CHECKSUMS
  racc (1.7.1) sha256=${'ab'.repeat(32)}
  nokogiri (1.15.4-x86_64-linux) sha256=${'cd'.repeat(32)}

RUBY VERSION
   ruby 3.2.2p53

BUNDLED WITH
   2.5.0
`

describe('Gemfile.lock', () => {
  const found = catalogTexts(bundlerCataloger, { 'Gemfile.lock': LOCK, 'mine.gemspec': '' }, 'runtime-closure')

  it('lists gems for each platform, with their checksums, and what needs which', () => {
    expect(shownComponents(found)).toEqual([
      'required gem/forked@1.0.0.pre.1?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fforked.git%400123456789abcdef',
      'required gem/mine@0.1.0',
      'required gem/nokogiri@1.15.4',
      'required gem/nokogiri@1.15.4?platform=x86_64-linux',
      'required gem/racc@1.7.1',
      'required gem/rake@13.0.6',
    ])
    expect(found.components.filter(({ hashes }) => hashes['sha256'] !== undefined).map(({ name }) => name)).toEqual(['nokogiri', 'racc'])
    expect(shownEdges(found).filter((edge) => edge.startsWith('g'))).toContain('gem/nokogiri@1.15.4?platform=x86_64-linux > gem/racc@1.7.1')
    expect(shownEdges(found)).toContain('generic/project > gem/nokogiri@1.15.4')
    expect(JSON.stringify(found)).not.toContain('secret')
  })

  it('covers Gemfile and the gemspec beside it', () => {
    expect(found.read).toEqual(['Gemfile.lock', 'Gemfile', 'gems.rb', 'mine.gemspec'])
  })

  it.each(['', 'not a lockfile', `${LOCK}<<<<<<< HEAD\n`])('is refused as %j', (text) => {
    expect(() => catalogTexts(bundlerCataloger, { 'Gemfile.lock': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })

  it('of an installed gem is none of the target', () => {
    expect(bundlerCataloger.wants('usr/local/bundle/gems/x-1.0/Gemfile.lock', 'installed')).toBe(false)
    expect(bundlerCataloger.wants('srv/gems.locked', 'installed')).toBe(true)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(bundlerCataloger, { 'Gemfile.lock': LOCK })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(500)
  })
})

const RAKE = `# -*- encoding: utf-8 -*-
# stub: rails 7.1.0 ruby lib

Gem::Specification.new do |s|
  s.name = "rails".freeze
  s.version = "7.1.0"
  s.licenses = ["MIT".freeze, "Ruby".freeze]
  s.add_runtime_dependency(%q<rake>.freeze, ["= 13.0.6"])
  s.add_dependency("racc", [">= 0"])
  s.add_development_dependency(%q<minitest>.freeze, ["~> 5"])
end
`

describe('installed gems', () => {
  const home = 'usr/local/bundle'
  const files = {
    [`${home}/specifications/rails-7.1.0.gemspec`]: RAKE,
    [`${home}/specifications/default/racc-1.7.1-x86_64-linux.gemspec`]:
      "# stub: racc 1.7.1 x86_64-linux lib ext\nGem::Specification.new do |s|\n  s.license = 'BSD-2-Clause'\nend",
    [`${home}/specifications/odd.gemspec`]: "Gem::Specification.new do |spec|\n  spec.name = 'odd'\n  spec.version = '0.1'\nend",
    [`${home}/specifications/computed.gemspec`]: 'Gem::Specification.new do |s|\n  s.name = NAME\n  s.version = `curl evil.example`\nend',
    [`${home}/gems/rails-7.1.0/rails.gemspec`]: 'x',
    [`${home}/gems/rails-7.1.0/Gemfile.lock`]: LOCK,
    [`${home}/gems/stray-1.0/Gemfile`]: 'x',
  }
  const found = catalogTexts(gemCataloger, files)

  it('are what RubyGems wrote down of them; no Ruby is run', () => {
    expect(shownComponents(found)).toEqual([
      'required gem/odd@0.1',
      'required gem/racc@1.7.1?platform=x86_64-linux',
      'required gem/rails@7.1.0',
    ])
    expect(found.components.map(({ licence }) => licence)).toEqual(['(MIT) OR (Ruby)', 'BSD-2-Clause', undefined])
    expect(shownEdges(found)).toEqual(['gem/rails@7.1.0 > gem/racc@1.7.1?platform=x86_64-linux'])
  })

  it('need, of several versions, the highest that meets what they ask for, of their own home first', () => {
    const gem = (name: string, version: string, ...needs: readonly string[]): string =>
      `# stub: ${name} ${version} ruby lib\nGem::Specification.new do |s|\n${needs.map((one) => `  s.add_dependency(${one})\n`).join('')}end\n`
    const spec = (root: string, name: string, version: string, ...needs: readonly string[]): Record<string, string> => ({
      [`${root}/specifications/${name}-${version}.gemspec`]: gem(name, version, ...needs),
    })
    const catalog = catalogTexts(gemCataloger, {
      ...spec('a', 'app', '1', '%q<rack>.freeze, ["~> 2.2.4".freeze]', '%q<puma>, [">= 5", "< 6.4"]', '"gone", [">= 0"]', '"json"'),
      ...spec('a', 'rack', '2.2.3'),
      ...spec('a', 'rack', '2.2.10'),
      ...spec('a', 'rack', '3.0.0'),
      ...spec('b', 'rack', '2.2.20'),
      ...spec('b', 'puma', '6.3.1'),
      ...spec('b', 'puma', '6.4.0'),
      ...spec('a', 'json', '2.0'),
    })
    expect(shownEdges(catalog)).toEqual(['gem/app@1 > gem/json@2.0', 'gem/app@1 > gem/puma@6.3.1', 'gem/app@1 > gem/rack@2.2.10'])
  })

  it.each([
    ['2.2.4', '~> 2.2', true],
    ['3.0', '~> 2.2', false],
    ['2.9', '~> 2', true],
    ['3.0.0', '~> 2', false],
    ['1.0.0.rc1', '>= 1.0.0', false],
    ['1.0', '= 1.0.0', true],
    ['1.0', '!= 1.0', false],
    ['7', 'not a requirement', true],
  ])('%s meets %s: %s', (version, requirement, met) => {
    expect(meetsRequirements(version, [requirement])).toBe(met)
  })

  it('speak for what lies in them, and for nothing else', () => {
    expect(found.read).not.toContain(`${home}/gems/stray-1.0/Gemfile`)
    expect(found.read).toContain(`${home}/gems/rails-7.1.0/Gemfile.lock`)
    expect(found.read).not.toContain(`${home}/specifications/computed.gemspec`)
  })

  it('are read in linear time', () => {
    const hostile = `# stub: ${'a '.repeat(100_000)}\n${' '.repeat(50_000)}s.licenses = [${'"'.repeat(50_000)}\n${'.add_dependency('.repeat(20_000)}`
    expect(parseGemspec(utf8(hostile))?.name).toBe('a')
  })

  it('are read or passed over when they are damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect((await fuzzCataloger(gemCataloger, files, { mode: 'installed', rounds: 5000 })).strange).toEqual([])
    expect((await fuzz([utf8(RAKE)], parseGemspec, { rounds: 5000 })).strange).toEqual([])
  })
})

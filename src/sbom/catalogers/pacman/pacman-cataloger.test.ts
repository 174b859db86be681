import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { pacmanCataloger } from './pacman-cataloger.ts'

function desc(fields: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(fields)
    .map(([name, values]) => `%${name}%\n${values.join('\n')}\n`)
    .join('\n')
}

const FILES = {
  'etc/os-release': 'ID=arch\nBUILD_ID=rolling\n',
  'var/lib/pacman/local/ALPM_DB_VERSION': '9\n',
  'var/lib/pacman/local/curl-8.5.0-1/desc': desc({
    NAME: ['curl'],
    VERSION: ['8.5.0-1'],
    BASE: ['curl'],
    ARCH: ['x86_64'],
    LICENSE: ['MIT'],
    DEPENDS: ['openssl>=3.0', 'libz.so=1-64', 'glibc<2.0', 'absent'],
  }),
  'var/lib/pacman/local/curl-8.5.0-1/files': '%FILES%\nusr/\nusr/bin/\nusr/bin/curl\n\n%BACKUP%\netc/x\tabc\n',
  'var/lib/pacman/local/openssl-3.2.0-1/desc': desc({
    NAME: ['openssl'],
    VERSION: ['1:3.2.0-1'],
    ARCH: ['x86_64'],
    LICENSE: ['Apache-2.0', 'custom'],
  }),
  'var/lib/pacman/local/zlib-1.3-1/desc': desc({ NAME: ['zlib'], VERSION: ['1:1.3-1'], PROVIDES: ['libz.so=1-64', 'virtual'] }),
  'var/lib/pacman/local/gcc-libs-13-1/desc': desc({
    NAME: ['gcc-libs'],
    VERSION: ['13-1'],
    BASE: ['gcc'],
    DEPENDS: ['virtual', 'virtual>=1', 'gcc-libs=13'],
  }),
  'var/lib/pacman/local/broken-1-1/desc': '%NAME%\n\n%VERSION%\n1\n',
}

describe('the local database of pacman', () => {
  const found = catalogTexts(pacmanCataloger, FILES)

  it('gives each package, what satisfies its needs and what it owns', () => {
    expect(shownComponents(found)).toEqual([
      'required alpm/arch/curl@8.5.0-1?arch=x86_64',
      'required alpm/arch/gcc-libs@13-1?upstream=gcc',
      'required alpm/arch/openssl@1:3.2.0-1?arch=x86_64',
      'required alpm/arch/zlib@1:1.3-1',
      'required generic/arch',
    ])
    expect(shownEdges(found)).toEqual([
      'alpm/arch/curl@8.5.0-1?arch=x86_64 > alpm/arch/openssl@1:3.2.0-1?arch=x86_64',
      'alpm/arch/curl@8.5.0-1?arch=x86_64 > alpm/arch/zlib@1:1.3-1',
      'alpm/arch/gcc-libs@13-1?upstream=gcc > alpm/arch/gcc-libs@13-1?upstream=gcc',
      'alpm/arch/gcc-libs@13-1?upstream=gcc > alpm/arch/zlib@1:1.3-1',
    ])
    expect(found.components.find(({ name }) => name === 'openssl')?.licence).toBe('(Apache-2.0) AND (custom)')
    expect([...(found.owned?.keys() ?? [])]).toEqual(['usr/bin/curl'])
  })

  it('wants its own files only', () => {
    expect(pacmanCataloger.wants('var/lib/pacman/local/curl-8.5.0-1/mtree', 'installed')).toBe(false)
    expect(pacmanCataloger.wants('var/lib/pacman/local/curl-8.5.0-1/desc', 'runtime-closure')).toBe(false)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(pacmanCataloger, FILES, { mode: 'installed' })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(500)
  })
})

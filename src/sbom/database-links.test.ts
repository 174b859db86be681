import { describe, expect, it } from 'vitest'
import { databaseAliases, leadsToDatabase, namesOf } from './database-links.ts'

function aliasesOf(databases: readonly string[], symlinks: Readonly<Record<string, string>>): string[] {
  return databaseAliases(databases, new Map(Object.entries(symlinks))).aliases.map(({ real, named }) => `${real} as ${named}`)
}

describe('databases behind links', () => {
  it.each([
    ['the folder itself', { 'var/lib/dpkg': '../../opt/dpkg' }, ['opt/dpkg as var/lib/dpkg']],
    ['a folder above it', { var: '/data/var' }, ['data/var/lib/dpkg as var/lib/dpkg']],
    ['a file in it', { 'var/lib/dpkg/status': '/srv/x' }, ['srv/x as var/lib/dpkg/status']],
    ['a link in what a link leads to', { 'var/lib/dpkg': '/a', 'a/status': 'b' }, ['a as var/lib/dpkg', 'a/b as var/lib/dpkg/status']],
    ['links that lead nowhere else', { lib: 'usr/lib', bin: 'usr/bin' }, []],
    ['a loop', { 'var/lib/dpkg': 'dpkg' }, []],
    ['a link to the folder it is in', { 'var/lib/dpkg': '/a', 'a/self': '.' }, ['a as var/lib/dpkg']],
    ['one above the root', { 'var/lib/dpkg': '../../../../../x' }, ['x as var/lib/dpkg']],
  ])('%s', (_, symlinks, expected) => {
    expect(aliasesOf(['var/lib/dpkg'], symlinks)).toEqual(expected)
  })

  it('is no alias where the link leads to another place that is looked at anyway', () => {
    expect(aliasesOf(['lib/apk/db', 'usr/lib/apk/db'], { lib: 'usr/lib' })).toEqual([])
  })

  it('says when there are more than it follows', () => {
    const links = new Map(Array.from({ length: 1000 }, (_, at) => [`var/lib/dpkg/status.d/${at}`, `/pool/${at}`]))
    const found = databaseAliases(['var/lib/dpkg'], links)
    expect(found.all).toBe(false)
    expect(found.aliases.length).toBeLessThan(1000)
  })

  it('knows which links can matter', () => {
    expect(['var', 'var/lib/dpkg', 'var/lib/dpkg/status', 'opt', 'va'].filter((link) => leadsToDatabase(['var/lib/dpkg'], link))).toEqual([
      'var',
      'var/lib/dpkg',
      'var/lib/dpkg/status',
    ])
  })

  it('names a file by each alias it lies under', () => {
    const aliases = [
      { real: 'a', named: 'x' },
      { real: '.', named: 'root' },
    ]
    expect(namesOf(aliases, 'a/b')).toEqual(['x/b', 'root/a/b'])
    expect(namesOf(aliases, 'ab')).toEqual(['root/ab'])
  })
})

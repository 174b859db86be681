import { describe, expect, it } from 'vitest'
import { checkText } from '../check-text.ts'
import { lockfileIntegrity } from './lockfile-integrity.ts'

const SHA512 = `sha512-${'A'.repeat(86)}==`
const GOOD = { version: '1.0.0', resolved: 'https://registry.example/left/-/left-1.0.0.tgz', integrity: SHA512 }

function found(entry: object, key = 'node_modules/left'): string[] {
  const text = JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'x' }, [key]: entry } }, null, 2)
  const { findings, quoted } = checkText(lockfileIntegrity, 'package-lock.json', text)
  return findings.map((finding, index) => `${finding.severity} ${quoted[index] ?? ''}: ${finding.message}`)
}

describe('lockfile-integrity', () => {
  it.each<[object, string]>([
    [{ ...GOOD, integrity: undefined }, 'high "node_modules/left": `left` has no integrity'],
    [{ version: '1.0.0' }, 'high "node_modules/left": `left` has no integrity'],
    [
      { ...GOOD, resolved: 'http://registry.example/left/-/left-1.0.0.tgz' },
      'high "http://registry.example/left/-/left-1.0.0.tgz": `left` is fetched without encryption',
    ],
    [
      { ...GOOD, resolved: 'https://registry.example/evil/-/evil-1.0.0.tgz' },
      'high "https://registry.example/evil/-/evil-1.0.0.tgz": `left` is fetched as another package',
    ],
    [{ ...GOOD, resolved: 'https://registry.example/@evil/left2/-/left-1.0.0.tgz' }, 'fetched as another package'],
    [{ resolved: `git+ssh://git@host.example/o/left.git#${'a'.repeat(40)}` }, 'medium'],
    [{ resolved: 'git+https://host.example/o/left.git#main' }, 'high'],
    [{ ...GOOD, integrity: 'sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }, 'medium "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA="'],
  ])('finds %j', (entry, message) => {
    const all = found(entry)
    expect(all).toHaveLength(1)
    expect(all[0]).toContain(message)
  })

  it.each<[object, string?]>([
    [GOOD],
    [{ ...GOOD, resolved: undefined }],
    [{ ...GOOD, resolved: 'https://mirror.example/npm/%40scope%2fleft/-/left-1.0.0.tgz' }, 'node_modules/@scope/left'],
    [{ ...GOOD, name: 'left' }, 'node_modules/alias'],
    [{ link: true, resolved: 'packages/a' }],
    [{ inBundle: true, version: '1.0.0' }],
    [{ name: 'a', version: '1.0.0' }, 'packages/a'],
    [{ version: 'file:x.tgz', resolved: 'file:x.tgz' }],
  ])('passes %j', (entry, key) => {
    expect(found(entry, key)).toEqual([])
  })

  it('reads version 1, nested', () => {
    const text = JSON.stringify({
      lockfileVersion: 1,
      dependencies: {
        left: { ...GOOD, dependencies: { right: { version: '1.0.0' } } },
        alias: { ...GOOD, version: 'npm:left@1.0.0' },
        fork: { version: `git+https://host.example/o/fork.git#${'a'.repeat(40)}` },
        own: { version: '1.0.0', bundled: true },
      },
    })
    expect(checkText(lockfileIntegrity, 'a/npm-shrinkwrap.json', text).findings.map((each) => each.message)).toEqual([
      '`fork` comes from a git repository, without a hash of its bytes',
      '`right` has no integrity',
    ])
  })

  it('does not print credentials of a URL', () => {
    expect(found({ ...GOOD, resolved: 'http://user:hunter2@registry.example/left/-/left-1.0.0.tgz' })[0]?.split(': `')[1]).not.toContain(
      'hunter2',
    )
  })

  it('survives odd shapes', () => {
    for (const text of [
      '{}',
      '[]',
      '3',
      '{"packages":[]}',
      '{"packages":{"node_modules/a":null}}',
      '{"dependencies":{"a":{"dependencies":3}}}',
    ]) {
      expect(() => checkText(lockfileIntegrity, 'package-lock.json', text)).not.toThrow()
    }
  })
})

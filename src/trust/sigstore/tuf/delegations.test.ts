import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../kernel/limits.ts'
import { findTarget, matchesPath } from './delegations.ts'
import type { TufDelegations, TufTargets } from './metadata.ts'

const NAME = 'dir/app.json'
type Row = readonly [name: string, pattern: string, terminating?: 'last']

/** Targets that know some paths and delegate to roles, in this order. */
function targetsOf(knows: readonly string[], rows: readonly Row[] = [], more: Partial<TufDelegations> = {}): TufTargets {
  const roles = rows.map(([name, pattern, last]) => ({ name, paths: [pattern], terminating: last === 'last', keyids: [], threshold: 1 }))
  const targets = Object.fromEntries(knows.map((name) => [name, { length: 1, hashes: {} }]))
  return { _type: 'targets', spec_version: '1.0.31', version: 1, expires: 0, targets, delegations: { keys: {}, roles, ...more } }
}

/** Looks for the target; which roles were asked, and whether one knew it. */
async function look(top: TufTargets, roles: Readonly<Record<string, TufTargets>> = {}) {
  const asked: string[] = []
  const found = await findTarget(NAME, top, (role) => {
    asked.push(role)
    return Promise.resolve(roles[role] ?? targetsOf([]))
  })
  return { asked: asked.join(' '), found: found !== undefined }
}

describe('a target is looked for', () => {
  test('at the top first, and then nowhere else', async () => {
    expect(await look(targetsOf([NAME], [['a', 'dir/*']]))).toEqual({ asked: '', found: true })
  })

  test('in the roles that may speak of its path, each before those beside it, and each once', async () => {
    const top = targetsOf([], [['a', 'dir/*'], ['other', 'lib/*'], ['b', 'dir/app.json']]) // prettier-ignore
    const a = targetsOf([], [['c', 'dir/*'], ['b', 'dir/*'], ['a', 'dir/*']]) // prettier-ignore
    expect(await look(top, { a })).toEqual({ asked: 'a c b', found: false })
    expect(await look(top, { a, b: targetsOf([NAME]) })).toEqual({ asked: 'a c b', found: true })
  })

  test('no further than a role that is the last word on its path, also above', async () => {
    const top = targetsOf([], [['a', 'dir/*'], ['z', 'dir/*']]) // prettier-ignore
    const a = targetsOf([], [['b', 'dir/*', 'last'], ['c', 'dir/*']]) // prettier-ignore
    expect(await look(top, { a, z: targetsOf([NAME]) })).toEqual({ asked: 'a b', found: false })
    // Of another path it is no word at all.
    expect(await look(targetsOf([], [['a', 'lib/*', 'last'], ['z', 'dir/*']]), { z: targetsOf([NAME]) })).toMatchObject({ found: true }) // prettier-ignore
  })

  test('in what its hash says: by prefixes, or in the one of a row of bins', async () => {
    // sha256 of the path starts with 9eb89f5e.
    const role = (name: string, prefix: string) => ({ name, terminating: false, keyids: [], threshold: 1, path_hash_prefixes: [prefix] })
    expect(await look(targetsOf([], [], { roles: [role('no', '9eb9'), role('yes', '9eb')] }))).toMatchObject({ asked: 'yes' })
    for (const [bits, bin] of [
      [1, 'bin-1'],
      [4, 'bin-9'],
      [5, 'bin-13'],
      [16, 'bin-9eb8'],
      [32, 'bin-9eb89f5e'],
    ] as const) {
      const succinct_roles = { keyids: [], threshold: 1, bit_length: bits, name_prefix: 'bin' }
      expect((await look(targetsOf([], [], { succinct_roles }))).asked).toBe(bin)
    }
  })

  test('in so many roles and no more', async () => {
    const deep = (at: number): Row => [`role-${at}`, 'dir/*']
    const roles = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`role-${at}`, targetsOf([], [deep(at + 1)])]))
    await expect(look(targetsOf([], [deep(0)]), roles)).rejects.toThrow(`tufDelegations (${LIMITS.tufDelegations})`)
  })
})

test.each([
  ['*', 'app', true],
  ['*', 'dir/app', false],
  ['*/*', 'dir/app', true],
  ['dir/*', 'dir/', true],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['a?c', 'ac', false],
  ['*.json', 'a.json.json', true],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXbYbZ', false],
  ['', 'a', false],
  ['app', 'apps', false],
  ['[a]', 'a', false],
])('the pattern %j matches %j: %s', (pattern, path, is) => {
  expect(matchesPath(pattern, path)).toBe(is)
})

test('a hostile pattern takes no longer than any', () => {
  expect(matchesPath(`${'*a'.repeat(2000)}b`, 'a'.repeat(4000))).toBe(false)
})

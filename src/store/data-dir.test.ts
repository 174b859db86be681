import { mkdtemp, readFile, rm, stat, writeFile, chmod, mkdir, chown } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startChild } from './child-for-tests.ts'
import { openDataDir, resolveCacheDir, resolveDataDir } from './data-dir.ts'
import { unprivilegedAccount } from './postgres-for-tests.ts'
import { testDeps } from './stores-for-tests.ts'

describe('where data live', () => {
  test.each([
    ['the flag before everything', { TALLY_DATA_DIR: '/env', XDG_DATA_HOME: '/xdg', HOME: '/home/me' }, '/flag', '/flag'],
    ['then TALLY_DATA_DIR', { TALLY_DATA_DIR: '/env', XDG_DATA_HOME: '/xdg', HOME: '/home/me' }, undefined, '/env'],
    ['then XDG', { XDG_DATA_HOME: '/xdg', HOME: '/home/me' }, undefined, '/xdg/tallystick'],
    ['a relative XDG value is ignored', { XDG_DATA_HOME: 'xdg', HOME: '/home/me' }, undefined, '/home/me/.local/share/tallystick'],
    ['then the home directory', { TALLY_DATA_DIR: '', HOME: '/home/me' }, undefined, '/home/me/.local/share/tallystick'],
  ])('%s', (_, env, flag, expected) => expect(resolveDataDir(env, flag)).toBe(expected))

  test('the cache likewise', () => {
    expect(resolveCacheDir({ TALLY_CACHE_DIR: '/c', HOME: '/h' })).toBe('/c')
    expect(resolveCacheDir({ XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/x/tallystick')
    expect(resolveCacheDir({ HOME: '/h' })).toBe('/h/.cache/tallystick')
  })

  test('nowhere to go is a usage error that names the flag', () => {
    expect(() => resolveDataDir({})).toThrow(expect.objectContaining({ code: 'usage', where: '--data-dir' }))
  })
})

describe('opening it', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tally-data-'))
  })
  afterEach(async () => await rm(directory, { recursive: true, force: true }))

  test('makes it for its owner only, ignored by git, and leaves what is there alone', async () => {
    const path = join(directory, 'a', 'b')
    await openDataDir(testDeps, path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect(await readFile(join(path, '.gitignore'), 'utf8')).toBe('*\n')
    await writeFile(join(path, '.gitignore'), '*\n!kept\n')
    await openDataDir(testDeps, path)
    expect(await readFile(join(path, '.gitignore'), 'utf8')).toBe('*\n!kept\n')
  })

  test('a file in its place is said so', async () => {
    const path = join(directory, 'file')
    await writeFile(path, '')
    await expect(openDataDir(testDeps, path)).rejects.toMatchObject({ code: 'permission', where: path })
  })

  const OPEN = `
    const { openStore } = await load('./open-store.ts')
    await (await openStore(testDeps, { dataDir: args.warm, migrations: [] })).close()
    if (args.account) { process.setgroups([]); process.setgid(args.account.gid); process.setuid(args.account.uid) }
    try { await openStore(testDeps, { dataDir: args.path, migrations: [] }); console.log('opened') }
    catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message, where: error.where })) }`

  test.each([
    ['an empty directory', false],
    ['one that holds a store', true],
  ])('read-only, %s: one permission error that names it', async (_, filled) => {
    const account = process.getuid?.() === 0 ? await unprivilegedAccount() : undefined
    const path = join(directory, 'data')
    await chmod(directory, 0o755)
    if (filled) {
      const made = startChild(OPEN, { warm: path, path })
      expect((await made.ends).lines).toEqual(['opened'])
      if (account !== undefined) for (const name of ['', 'tally.db', '.gitignore']) await chown(join(path, name), account.uid, account.gid)
    } else {
      await mkdir(path)
      if (account !== undefined) await chown(path, account.uid, account.gid)
    }
    await chmod(path, 0o500)
    const child = startChild(OPEN, { warm: join(directory, 'warm'), path, account })
    const { lines, errors } = await child.ends
    await chmod(path, 0o700)
    expect(errors).toBe('')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code: 'permission', where: expect.stringContaining(path) })
  })
})

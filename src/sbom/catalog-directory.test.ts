import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemDeps } from '../kernel/system.ts'
import { catalogDirectory } from './catalog-directory.ts'
import type { Sbom } from './model.ts'

const LOCK = (name: string) => ({
  name,
  version: '1.0.0',
  lockfileVersion: 3,
  packages: {
    '': { name, version: '1.0.0', dependencies: { a: '1' }, devDependencies: { d: '1' } },
    'node_modules/a': { version: '1.0.0', license: 'MIT' },
    'node_modules/d': { version: '1.0.0', dev: true },
  },
})
const CREATED = '2026-11-25T01:02:03.456+01:00'

let directory = ''
let warnings: string[] = []
const deps = systemDeps({ log: (_, message) => warnings.push(message), signal: new AbortController().signal })

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tally-'))
  warnings = []
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function write(contents: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

async function closure(lockfiles?: readonly string[]): Promise<Sbom> {
  return await catalogDirectory(deps, directory, {
    mode: 'runtime-closure',
    created: CREATED,
    ...(lockfiles === undefined ? {} : { lockfiles }),
  })
}

async function installed(exclude?: readonly string[]): Promise<Sbom> {
  return await catalogDirectory(deps, directory, { mode: 'installed', created: CREATED, ...(exclude === undefined ? {} : { exclude }) })
}

describe('the runtime closure of a directory', () => {
  it('is the same before and after an installation', async () => {
    await write({ 'package-lock.json': LOCK('app'), 'package.json': { name: 'app', dependencies: { a: '1' } } })
    const before = await closure()
    await write({
      'node_modules/a/package.json': { name: 'a', version: '1.0.0', license: 'GPL-3.0-only' },
      'node_modules/.package-lock.json': LOCK('app'),
      'dist/bun.lockb': '',
    })
    expect(await closure()).toEqual(before)
    expect(before).toMatchObject({
      subject: { name: 'app', version: '1.0.0', purl: 'pkg:npm/app@1.0.0' },
      components: [{ purl: 'pkg:npm/a@1.0.0', licence: 'MIT' }],
      edges: [{ from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/a@1.0.0' }],
      completeness: 'complete',
      created: '2026-11-25T00:02:03Z',
    })
  })

  it.each([
    ['a lockfile nobody reads', { 'bun.lockb': '' }, 'unknown'],
    ['a manifest without its lockfile', { 'package.json': { dependencies: { a: '1' } } }, 'unknown'],
    ['nothing that declares anything', { 'main.c': 'int main;' }, 'unknown'],
    ['a lockfile that is read beside one that is not', { 'package-lock.json': LOCK('app'), 'bun.lockb': '' }, 'incomplete'],
    ['a package that needs nothing', { 'package.json': { name: 'x', version: '1.0.0' } }, 'complete'],
  ])('of %s is %s', async (_, contents, completeness) => {
    await write(contents)
    expect((await closure()).completeness).toBe(completeness)
  })

  it('warns of what it could not read', async () => {
    await write({ 'package-lock.json': LOCK('app'), 'bun.lockb': '' })
    await closure()
    expect(warnings).toEqual(['bun.lockb declares packages that are not in the SBOM: no cataloger reads it'])
  })

  it('names only the first of many', async () => {
    await write(Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`some-${at}.gemspec`, ''])))
    await closure()
    expect(warnings).toHaveLength(6)
    expect(warnings.at(-1)).toBe('4 more files declare packages that are not in the SBOM')
  })

  it('reads the lockfiles it is told, and only those', async () => {
    await write({ 'package-lock.json': LOCK('app'), 'server/package-lock.json': LOCK('server'), 'bun.lockb': '' })
    const sbom = await closure(['./server/package-lock.json'])
    expect(sbom.completeness).toBe('complete')
    expect(sbom.components.map(({ purl }) => purl)).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/server@1.0.0'])
    expect(sbom.edges).toContainEqual({ from: 'pkg:generic/project', to: 'pkg:npm/server@1.0.0' })
  })

  it('reads what a lockfile speaks of, within the directory and through no link', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'tally-'))
    try {
      await writeFile(join(outside, 'package.json'), '{"name":"outside","version":"6.6.6"}')
      const folders = ['.', 'packages/lib', 'linked', '../outside'].map((folder) => `  ${folder}:\n    dependencies: {}\n`)
      await write({
        'pnpm-lock.yaml': `lockfileVersion: '9.0'\nimporters:\n${folders.join('')}`,
        'package.json': { name: 'app', version: '1.0.0' },
        'packages/lib/package.json': { name: 'lib', version: '2.0.0' },
      })
      await symlink(outside, join(directory, 'linked'))
      const sbom = await closure(['pnpm-lock.yaml'])
      expect(sbom.components.map(({ purl }) => purl)).toEqual(['pkg:npm/lib@2.0.0', 'pkg:npm/linked', 'pkg:npm/outside'])
    } finally {
      await rm(outside, { recursive: true, force: true })
    }
  })

  it('refuses a lockfile that is missing, a link, or outside', async () => {
    await write({ 'real.json': LOCK('app') })
    await symlink('real.json', join(directory, 'package-lock.json'))
    await expect(closure(['package-lock.json'])).rejects.toMatchObject({ code: 'not-found' })
    await expect(closure(['gone/package-lock.json'])).rejects.toMatchObject({ code: 'not-found' })
    await expect(closure(['../package-lock.json'])).rejects.toMatchObject({ code: 'config-invalid' })
    await expect(closure(['/etc/package-lock.json'])).rejects.toMatchObject({ code: 'config-invalid' })
  })

  it('refuses a broken lockfile, naming it', async () => {
    await write({ 'package-lock.json': '{' })
    await expect(closure()).rejects.toMatchObject({ code: 'artifact-malformed', where: 'package-lock.json' })
  })
})

describe('the installed packages of a directory', () => {
  it('follows no link, and does not look into .git', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'tally-'))
    try {
      await mkdir(join(outside, 'node_modules/stolen'), { recursive: true })
      await writeFile(join(outside, 'node_modules/stolen/package.json'), '{"name":"stolen","version":"1.0.0"}')
      await write({ 'node_modules/a/package.json': { name: 'a', version: '1.0.0' }, '.git/package-lock.json': LOCK('git') })
      await symlink(join(outside, 'node_modules/stolen'), join(directory, 'node_modules/stolen'))
      await symlink(outside, join(directory, 'elsewhere'))
      await symlink('..', join(directory, 'node_modules/round'))
      expect((await installed()).components.map(({ purl }) => purl)).toEqual(['pkg:npm/a@1.0.0'])
    } finally {
      await rm(outside, { recursive: true, force: true })
    }
  })

  it.each([
    ['var/lib/dpkg', '/opt/hidden', 'opt/hidden/status'],
    ['var', 'data', 'data/lib/dpkg/status'],
    ['var/lib/dpkg/status', '../../../srv/x', 'srv/x'],
  ])('follows the link %s to %s where a package manager would, within the directory', async (link, target, path) => {
    await write({ [path]: 'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n' })
    await mkdir(dirname(join(directory, link)), { recursive: true })
    await symlink(target, join(directory, link))
    const sbom = await installed()
    expect(sbom.components.map(({ name }) => name)).toEqual(['libc6'])
    expect(sbom.completeness).toBe('complete')
  })

  it('follows no link of a database out of the directory', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'tally-'))
    try {
      await writeFile(join(outside, 'status'), 'Package: stolen\nStatus: install ok installed\nVersion: 1\n')
      await mkdir(join(directory, 'var/lib'), { recursive: true })
      await symlink(outside, join(directory, 'var/lib/dpkg'))
      await symlink(`${'../'.repeat(20)}${outside}`, join(directory, 'var/lib/apk'))
      expect((await installed()).components).toEqual([])
    } finally {
      await rm(outside, { recursive: true, force: true })
    }
  })

  it.each(['package-lock.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'deno.lock', 'poetry.lock', 'Pipfile.lock'])(
    'passes over a broken %s of whoever, and is then not complete',
    async (name) => {
      await write({ 'node_modules/a/package.json': { name: 'a', version: '1.0.0' }, [`test/data/${name}`]: '{ broken: [' })
      expect(await installed()).toMatchObject({ components: [{ purl: 'pkg:npm/a@1.0.0' }], completeness: 'incomplete' })
      expect(warnings).toEqual([expect.stringContaining(`test/data/${name}`)])
    },
  )

  it('leaves out what is excluded', async () => {
    await write({
      'package-lock.json': LOCK('app'),
      'test/fixtures/x/bun.lockb': '',
      'deep/test/fixtures/package-lock.json': LOCK('fixture'),
    })
    expect((await installed()).completeness).toBe('incomplete')
    const sbom = await installed(['**/fixtures'])
    expect(sbom.completeness).toBe('complete')
    expect(sbom.components.map(({ purl }) => purl)).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/d@1.0.0'])
  })

  it('reports once what an operating system package owns', async () => {
    await write({
      'etc/os-release': 'ID=debian\nVERSION_ID=12\n',
      'var/lib/dpkg/status': 'Package: node-a\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0.0-1\n',
      'var/lib/dpkg/info/node-a.list': '/usr/share/node_modules/a/package.json\n',
      'usr/share/node_modules/a/package.json': { name: 'a', version: '1.0.0' },
      'usr/share/node_modules/b/package.json': { name: 'b', version: '1.0.0' },
    })
    const sbom = await installed()
    expect(sbom.components.map(({ purl }) => purl)).toEqual([
      'pkg:deb/debian/node-a@1.0.0-1?arch=all&distro=debian-12',
      'pkg:generic/debian@12',
      'pkg:npm/b@1.0.0',
    ])
    expect(sbom.edges.map(({ to }) => to)).toEqual(sbom.components.map(({ purl }) => purl))
    expect(sbom.completeness).toBe('complete')
  })

  it('says which directory is not there', async () => {
    await rm(directory, { recursive: true })
    await expect(installed()).rejects.toMatchObject({ code: 'not-found', where: directory })
  })

  it('has no path of this machine in it', async () => {
    await write({ 'package-lock.json': LOCK('app'), 'sub/node_modules/x/package.json': { name: 'x', version: '1' } })
    expect(JSON.stringify(await installed())).not.toContain(tmpdir())
  })
})

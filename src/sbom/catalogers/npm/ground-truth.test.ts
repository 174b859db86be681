import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withImage } from '../../../artifact/image-fixture.ts'
import { tarBytes } from '../../../artifact/tar-write.ts'
import type { TarItem } from '../../../artifact/tar-write.ts'
import { systemDeps } from '../../../kernel/system.ts'
import { catalogDirectory } from '../../catalog-directory.ts'
import { catalogImage } from '../../catalog-image.ts'
import { listedByNpm, runNpm } from './test-npm.ts'
import { startRegistry } from './test-registry.ts'

const deps = systemDeps({ log: () => undefined, signal: new AbortController().signal })
const CREATED = '2026-11-25T00:00:00Z'

function hasNpm(): boolean {
  try {
    execFileSync('npm', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('skipped: npm trees made by a real npm (it is not on PATH)')
    return false
  }
}

/** A folder as entries of a layer, links as links. */
async function itemsOf(directory: string): Promise<TarItem[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const items = entries.map(async (entry): Promise<TarItem[]> => {
    const at = join(entry.parentPath, entry.name)
    const path = relative(directory, at)
    if (entry.isSymbolicLink()) return [{ type: 'symlink', path, linkTarget: await readlink(at) }]
    return entry.isFile() ? [{ type: 'file', path, content: new Uint8Array(await readFile(at)) }] : []
  })
  return (await Promise.all(items)).flat()
}

/** A little of everything that makes trees hard. */
const PACKAGES = [
  { manifest: { name: 'a', version: '1.0.0', license: 'MIT', dependencies: { b: '^1.0.0' }, peerDependencies: { host: '*' } } },
  { manifest: { name: 'b', version: '1.0.0', dependencies: { c: '^1.0.0' } } },
  { manifest: { name: 'b', version: '2.0.0', license: 'ISC', dependencies: { c: '^1.0.0' } } },
  { manifest: { name: 'c', version: '1.0.0', dependencies: { ring: '*' } } },
  { manifest: { name: 'ring', version: '1.0.0', dependencies: { c: '*' } } },
  { manifest: { name: 'host', version: '3.0.0' } },
  { manifest: { name: '@real/name', version: '2.2.0', dependencies: { b: '^2.0.0' } } },
  { manifest: { name: 'foreign', version: '1.0.0', os: ['aix'], dependencies: { 'only-foreign': '*' } } },
  { manifest: { name: 'only-foreign', version: '1.0.0' } },
  { manifest: { name: 'native', version: '1.0.0', dependencies: { shared: '*' } } },
  { manifest: { name: 'shared', version: '1.0.0' } },
  {
    manifest: {
      name: 'tester',
      version: '1.0.0',
      dependencies: { 'only-tester': '*', shared: '*', b: '1' },
      optionalDependencies: { native: '*' },
    },
  },
  { manifest: { name: 'only-tester', version: '1.0.0' } },
  {
    manifest: {
      name: 'plugin',
      version: '1.0.0',
      peerDependencies: { tester: '*', absent: '*' },
      peerDependenciesMeta: { tester: { optional: true }, absent: { optional: true } },
    },
  },
  {
    manifest: { name: 'bundler', version: '1.0.0', dependencies: { inner: '1.0.0' }, bundleDependencies: ['inner'] },
    files: { 'node_modules/inner/package.json': '{"name":"inner","version":"1.0.0","license":"MIT"}' },
  },
] as const

const PROJECT = {
  'package.json': {
    name: 'app',
    version: '1.0.0',
    private: true,
    workspaces: ['packages/*'],
    dependencies: { a: '^1.0.0', alias: 'npm:@real/name@^2.0.0', plugin: '1', bundler: '1' },
    devDependencies: { tester: '^1.0.0', host: '*' },
    optionalDependencies: { foreign: '1' },
  },
  'packages/web/package.json': { name: '@app/web', version: '0.1.0', dependencies: { b: '^2.0.0', shared: '1' } },
  'packages/tool/package.json': { name: 'tool', version: '0.2.0', devDependencies: { '@app/web': '*', tester: '1' } },
}

describe.skipIf(!hasNpm())('a project installed by a real npm', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>> | undefined
  let directory = ''
  let flags: readonly string[] = []

  beforeAll(async () => {
    registry = await startRegistry(PACKAGES)
    directory = await mkdtemp(join(tmpdir(), 'tally-'))
    const offline = [`--registry=${registry.url}`, `--cache=${join(directory, 'cache')}`, '--no-audit', '--no-fund', '--ignore-scripts']
    flags = [...offline, '--min-release-age=0', '--loglevel=error']
  })
  afterAll(async () => {
    await registry?.close()
    await rm(directory, { recursive: true, force: true })
  })

  it.each([1, 3])('with a lockfile of version %d', async (version) => {
    const project = join(directory, `v${version}`)
    // Version 1 knows no workspaces.
    const contents = version === 1 ? { 'package.json': { ...PROJECT['package.json'], workspaces: undefined } } : PROJECT
    for (const [path, content] of Object.entries(contents)) {
      await mkdir(dirname(join(project, path)), { recursive: true })
      await writeFile(join(project, path), JSON.stringify(content))
    }
    await runNpm(project, ['install', `--lockfile-version=${version}`, ...flags])
    const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as { lockfileVersion: number }
    expect(lock.lockfileVersion).toBe(version)

    const installed = await catalogDirectory(deps, project, { mode: 'installed', created: CREATED })
    const listed = await listedByNpm(project)
    expect(installed.components.map(({ purl }) => purl)).toEqual(listed.packages)
    expect(installed.edges.map(({ from, to }) => `${from} ${to}`)).toEqual(listed.edges)
    expect(installed.completeness).toBe('complete')

    // The same tree in an image, with its lockfiles and, where no links lead to workspaces, without any.
    for (const withLocks of version === 1 ? [true, false] : [true]) {
      const items = (await itemsOf(project)).filter(({ path }) => withLocks || !path.endsWith('package-lock.json'))
      const image = await withImage(
        [tarBytes(items, { mtime: 0 })],
        async (source, digest) => await catalogImage(deps, source, digest, { created: CREATED }),
      )
      expect(image.components.map(({ purl }) => purl)).toEqual(listed.packages)
      const edges = image.edges.map(({ from, to }) => `${from === image.subject.purl ? 'pkg:npm/app@1.0.0' : from} ${to}`)
      expect(edges.toSorted()).toEqual(listed.edges.toSorted())
    }

    const before = await catalogDirectory(deps, project, { mode: 'runtime-closure', created: CREATED })
    await runNpm(project, ['ci', '--omit=dev', ...flags])
    expect(await catalogDirectory(deps, project, { mode: 'runtime-closure', created: CREATED })).toEqual(before)
    const here = (await catalogDirectory(deps, project, { mode: 'installed', created: CREATED })).components.map(({ purl }) => purl)
    // What npm left out here, it installs where `foreign` runs; the workspace and the tool only it needs lie beside the package.
    const beside = new Set(['pkg:npm/%40app/web@0.1.0', 'pkg:npm/tool@0.2.0'])
    expect(before.components.map(({ purl }) => purl).filter((purl) => !purl.includes('foreign'))).toEqual(
      here.filter((purl) => !beside.has(purl)),
    )
    expect(before.components.map(({ name }) => name)).toEqual(expect.arrayContaining(['foreign', 'only-foreign']))
  })
})

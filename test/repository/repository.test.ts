import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { VERSION } from '../../src/kernel/version.ts'

const ROOT = join(import.meta.dirname, '../..')
const LOCKFILES = ['package-lock.json', 'scripts/node-runtime/package-lock.json']

type Lockfile = {
  packages: Record<
    string,
    { hasInstallScript?: boolean; integrity?: string; resolved?: string; link?: boolean; version?: string; dependencies?: object }
  >
}
type Manifest = { version: string; scripts: Record<string, string>; dependencies: Record<string, string> }

const readJson = async <T>(file: string): Promise<T> => JSON.parse(await readFile(join(ROOT, file), 'utf8')) as T

test('the program and its package have one version', async () => {
  expect((await readJson<Manifest>('package.json')).version).toBe(VERSION)
  expect((await readJson<Lockfile>('package-lock.json')).packages['']?.version).toBe(VERSION)
})

describe.each(LOCKFILES)('%s', (file) => {
  test('no package runs a script when it is installed', async () => {
    const { packages } = await readJson<Lockfile>(file)
    expect(Object.keys(packages).filter((name) => packages[name]?.hasInstallScript === true)).toEqual([])
  })

  test('every package is held by its hash and comes from the registry that is configured', async () => {
    const packages = Object.entries((await readJson<Lockfile>(file)).packages).filter(([name]) => name.startsWith('node_modules/'))
    expect(packages.length).toBeGreaterThan(4)
    const loose = packages.filter(
      ([, entry]) => entry.link !== true && (entry.resolved !== undefined || !(entry.integrity ?? '').startsWith('sha512-')),
    )
    expect(loose).toEqual([])
  })
})

test('package.json runs nothing around its scripts and pins every dependency', async () => {
  const { scripts, dependencies } = await readJson<Manifest>('package.json')
  expect(Object.keys(scripts).filter((name) => /^(?:pre|post)|^install$|^prepare$/.test(name))).toEqual([])
  expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

describe('what is committed', () => {
  let texts: readonly { file: string; text: string }[]
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)('git', ['ls-files', '-z'], { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 })
    const files = stdout.split('\0').filter((file) => file !== '' && !/\.(?:png|tar|gz|zst)$/.test(file))
    texts = await Promise.all(files.map(async (file) => ({ file, text: await readFile(join(ROOT, file), 'utf8').catch(() => '') })))
  })

  const holding = (words: readonly string[]): readonly string[] =>
    texts.filter(({ text }) => words.some((word) => text.includes(word))).map(({ file }) => file)

  // Put together here, so that this file does not hold them itself.
  const dotted = (...parts: readonly string[]): string => parts.join('.')
  const REGISTRY_HOSTS = [
    dotted('registry', 'npmjs', 'org'),
    dotted('proxy', 'golang', 'org'),
    dotted('files', 'pythonhosted', 'org'),
    dotted('pypi', 'org'),
    dotted('static', 'crates', 'io'),
    dotted('index', 'crates', 'io'),
    dotted('repo1', 'maven', 'org'),
    dotted('deb', 'debian', 'org'),
  ]

  test('no file is bound to one host of a package registry', () => {
    expect(texts.length).toBeGreaterThan(50)
    expect(holding(REGISTRY_HOSTS)).toEqual([])
  })

  test('no file knows a folder of the machine it was written on', () => {
    expect(
      holding(['work', 'root'].flatMap((folder) => [`/${folder}/main`, `/${folder}/wt`, `/${folder}/shared`, `/${folder}/.`])),
    ).toEqual([])
  })

  test('no test asks for a module to be mocked, and no type is silenced', () => {
    expect(holding([dotted('vi', 'mock('), ['@ts', 'ignore'].join('-'), ['@ts', 'nocheck'].join('-')])).toEqual([])
  })
})

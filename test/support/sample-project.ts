import * as fs from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { makeProject } from '../../src/build/project-for-tests.ts'
import type { TestProject } from '../../src/build/project-for-tests.ts'

/** Name of the sample project; its environments lie in folders of that name. */
export const SAMPLE_NAME = 'greet'

/** A small project with a data directory, a cache and a home of its own beside it, all removed at the end of its scope. */
export type SampleProject = TestProject & {
  readonly dataDir: string
  readonly cacheDir: string
  readonly home: string
  /** The whole environment of a program that is started for this project. */
  readonly env: Readonly<Record<string, string>>
  /** Commits everything that is there. Out: the commit. */
  readonly commit: (message?: string) => Promise<string>
}

export const REPOSITORY = join(import.meta.dirname, '../..')

/** What differs from one sample to the next in its tally.yaml; each part as YAML writes it. */
export type YamlParts = {
  readonly run: string
  readonly env: string
  readonly output: string
  readonly failOn: string
  readonly lockfiles: string
  readonly key: string
  readonly version: string
  readonly environments: string
  readonly trust: string
}

const PARTS: YamlParts = {
  run: `'cp greet.sh "$TALLY_OUT/greet"'`,
  env: '[]',
  output: '$TALLY_OUT/greet',
  failOn: 'high',
  lockfiles: '[package-lock.json]',
  key: 'local',
  version: 'file:package.json#/version',
  environments: '{ dev: { registry: default }, prod: { registry: default, from: dev, policy: policy/prod.yaml } }',
  trust: '[{ name: this-machine, authority: local, may: [sign, sbom, provenance, check, verdict, log] }]',
}

export function tallyYaml(changed: Partial<YamlParts> = {}): string {
  const parts = { ...PARTS, ...changed }
  return `version: 1
name: greet
check: { fail-on: ${parts.failOn} }
build: { run: ${parts.run}, env: ${parts.env}, outputs: ['${parts.output}'] }
artifact: { name: greet, version: '${parts.version}' }
sbom: { lockfiles: ${parts.lockfiles} }
sign: { key: '${parts.key}' }
environments: ${parts.environments}
trust: ${parts.trust}
`
}

/** An npm lockfile with one package the program needs, of the given licence. */
export function lockfile(licence = 'MIT'): string {
  const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
  const root = { name: 'greet', version: '1.0.0', dependencies: { 'left-hand': '2.0.0' } }
  const packages = { '': root, 'node_modules/left-hand': { version: '2.0.0', integrity, license: licence } }
  return `${JSON.stringify({ name: 'greet', version: '1.0.0', lockfileVersion: 3, requires: true, packages }, undefined, 2)}\n`
}

export function packageJson(version = '1.0.0'): string {
  return `${JSON.stringify({ name: 'greet', version, license: 'MIT', dependencies: { 'left-hand': '2.0.0' } }, undefined, 2)}\n`
}

/** Makes a project that ships to prod under this repository's own prod policy. `files` are added, or take the place of its own. */
export async function makeSample(
  options: { readonly yaml?: Partial<YamlParts>; readonly files?: Readonly<Record<string, string>> } = {},
): Promise<SampleProject> {
  const project = await makeProject({
    'tally.yaml': tallyYaml(options.yaml),
    'policy/prod.yaml': await fs.readFile(join(REPOSITORY, 'policy/prod.yaml'), 'utf8'),
    'package.json': packageJson(),
    'package-lock.json': lockfile(),
    'greet.sh': '#!/bin/sh\necho hello\n',
    ...options.files,
  })
  const place = (name: string): string => join(project.beside, name)
  const home = place('home')
  await fs.mkdir(home)
  return {
    ...project,
    dataDir: place('data'),
    cacheDir: place('cache'),
    home,
    env: childEnvironment({ HOME: home, TALLY_DATA_DIR: place('data'), TALLY_CACHE_DIR: place('cache') }),
    commit: async (message = 'next') => {
      await project.git('add', '--all')
      await project.git('commit', '--quiet', `--message=${message}`)
      return (await project.git('rev-parse', 'HEAD')).trim()
    },
  }
}

/** The environment of a child: nothing of ours but the way to programs, this Node.js first, and no configuration of git but the repository's. */
export function childEnvironment(more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  return {
    PATH: [dirname(process.execPath), PATH].join(delimiter),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    ...more,
  }
}

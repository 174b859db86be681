import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sbom as command } from '../../src/cli/commands/sbom.ts'
import { LIST_TAKES, SBOM_ACTIONS } from '../../src/cli/sbom-actions.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { tallyInside } from '../support/tally-inside.ts'

// What `tally sbom` does with SBOMs, and each of its flags, as somebody types them.

type Dependencies = Readonly<Record<string, { readonly version: string; readonly integrity?: string; readonly license?: string }>>
const SHA512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`

let dir = ''
async function project(name: string, version: string, dependencies: Dependencies): Promise<void> {
  const root = {
    name: 'demo',
    version,
    dependencies: Object.fromEntries(Object.entries(dependencies).map(([key, one]) => [key, one.version])),
  }
  const packages = Object.fromEntries(Object.entries(dependencies).map(([key, one]) => [`node_modules/${key}`, one]))
  await fs.mkdir(join(dir, name), { recursive: true })
  await fs.writeFile(join(dir, name, 'package.json'), JSON.stringify(root))
  await fs.writeFile(
    join(dir, name, 'package-lock.json'),
    JSON.stringify({ name: 'demo', version, lockfileVersion: 3, packages: { '': root, ...packages } }),
  )
}

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  await project('old', '1.0.0', {
    kept: { version: '1.0.0', integrity: SHA512, license: 'MIT' },
    gone: { version: '1.0.0', license: 'MIT' },
    moved: { version: '1.9.0', license: 'MIT' },
  })
  await project('new', '1.1.0', {
    kept: { version: '1.0.0', integrity: SHA512, license: 'MIT' },
    come: { version: '2.0.0' },
    moved: { version: '1.10.0', license: 'MIT' },
  })
})
afterAll(() => fs.rm(dir, { recursive: true }))

const EPOCH = { SOURCE_DATE_EPOCH: '1767225600' }
const sbom = async (...words: readonly string[]) => await tallyInside(dir, ['sbom', ...words], undefined, EPOCH)
const json = async (...words: readonly string[]) => JSON.parse((await sbom(...words)).stdout) as Record<string, unknown>
const file = (name: string): string => join(dir, name)

describe('a difference', () => {
  test('is told a line a change', async () => {
    expect(await sbom('diff', 'old', 'new')).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `+ come 2.0.0
- gone 1.0.0
~ moved  1.9.0 -> 1.10.0  upgraded

1 added, 1 removed, 1 with another version
`,
    })
  })

  test('is told as Markdown and as data', async () => {
    expect((await sbom('diff', 'old', 'new', '--format', 'markdown')).stdout).toContain('| moved | 1.9.0 | 1.10.0 | upgraded |')
    expect(await json('diff', 'old', 'new', '--format', 'json')).toMatchObject({
      schema: 'https://tallystick.dev/schemas/sbom-diff/v1',
      added: [{ purl: 'pkg:npm/come@2.0.0' }],
      removed: [{ purl: 'pkg:npm/gone@1.0.0' }],
    })
  })

  test('ends with 1 where that is asked for, and with 0 between equals', async () => {
    expect(await sbom('diff', 'old', 'new', '--exit-code')).toMatchObject({ exitCode: 1 })
    expect(await sbom('diff', 'old', 'old', '--exit-code')).toMatchObject({
      exitCode: 0,
      stdout: 'no package was added, removed or changed\n',
    })
  })
})

describe('SBOMs', () => {
  test.each([
    ['cyclonedx-json', 'CycloneDX 1.6'],
    ['cyclonedx-json@1.4', 'CycloneDX 1.4'],
    ['cyclonedx-json@1.7', 'CycloneDX 1.7'],
    ['spdx-json', 'SPDX 2.3'],
    ['spdx-json@3.0.1', 'SPDX 3.0.1'],
  ])('of a project as %s are valid %s, and the same packages however they are converted', async (format, named) => {
    const path = file(`as-${format}.json`)
    expect(await sbom('old', '-o', `${format}=${path}`)).toMatchObject({ exitCode: 0, stdout: '' })
    expect(await sbom('validate', path)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`valid ${named}; 0 error(s)`) as unknown,
    })
    expect((await sbom('convert', path, '-f', 'purls')).stdout).toBe((await sbom('old', '-f', 'purls')).stdout)
    expect((await sbom('diff', 'old', path)).stdout).toBe('no package was added, removed or changed\n')
  })

  test('that are not valid are said to be not, with the place', async () => {
    await fs.writeFile(file('broken.json'), '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"gadget","name":"x"}]}')
    const said = await sbom('validate', file('broken.json'))
    expect(said).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/\$\.components\[0\]\.type[^]*not valid CycloneDX 1\.6/) as unknown,
    })
    expect(await json('validate', file('broken.json'), '--format', 'json')).toMatchObject({ valid: false })
  })

  test('are merged, under a name that is given', async () => {
    const merged = await json('merge', 'old', 'new', '--source-name', 'both', '--source-version', '7')
    expect(merged).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'both', version: '7' } } })
    const purls = (merged['components'] as { purl: string }[]).map(({ purl }) => purl)
    expect(purls).toEqual(expect.arrayContaining(['pkg:npm/gone@1.0.0', 'pkg:npm/come@2.0.0', 'pkg:npm/demo@1.0.0', 'pkg:npm/demo@1.1.0']))
  })

  test('are scored, and what helps is said', async () => {
    const { exitCode, stdout } = await sbom('score', 'old')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/NTIA minimum elements \(2021\): \d+ of 100[^]*CISA minimum elements \(2026\)[^]*BSI TR-03183-2/)
    expect(stdout).toContain('fix: say who makes it: --author')
    expect((await sbom('score', 'old', '--author', 'Team <team@example.com>')).stdout).not.toContain('Author of SBOM data: missing')
  })
})

describe('a flag', () => {
  test('--author, --source-name and --source-version say what the caller knows', async () => {
    const flags = ['--author', 'Team <team@example.com>', '--source-name', 'called', '--source-version', '9']
    expect(await json('old', '-f', 'cyclonedx-json', ...flags)).toMatchObject({
      metadata: { authors: [{ name: 'Team', email: 'team@example.com' }], component: { name: 'called', version: '9' } },
    })
    expect(await sbom('old', '--author', '')).toMatchObject({ exitCode: 2 })
  })

  test('--withhold leaves a field out and says so', async () => {
    const whole = JSON.stringify(await json('old', '-f', 'cyclonedx-json'))
    const told = JSON.stringify(await json('old', '-f', 'cyclonedx-json', '--withhold', 'licence'))
    expect([whole.includes('"MIT"'), told.includes('"MIT"')]).toEqual([true, false])
    expect(told).toContain('{"name":"tally:withheld","value":"licence"}')
  })

  test('--exclude does not look', async () => {
    expect((await sbom('.', '-f', 'purls')).stdout).toContain('pkg:npm/come@2.0.0')
    expect((await sbom('.', '-f', 'purls', '--exclude', 'new/**')).stdout).not.toContain('pkg:npm/come@2.0.0')
  })

  test('--base hangs what is from the base on it, and --without-base leaves it out', async () => {
    const kept = await json('new', '-f', 'cyclonedx-json', '--base', 'old')
    expect(JSON.stringify(kept)).toContain('{"name":"tally:oci:base","value":"pkg:npm/demo@1.0.0"}')
    const purls = async (...words: readonly string[]) =>
      (await sbom('new', '-f', 'purls', '--base', 'old', ...words)).stdout.trim().split('\n')
    expect(await purls()).toContain('pkg:npm/kept@1.0.0')
    expect(await purls('--without-base')).toEqual(['pkg:npm/come@2.0.0', 'pkg:npm/demo@1.0.0', 'pkg:npm/moved@1.10.0'])
    const named = await json('new', '-f', 'cyclonedx-json', '--base', 'old', '--source-name', 'called')
    expect(named).toMatchObject({ metadata: { component: { name: 'called' } } })
    expect(JSON.stringify(named)).toContain('"value":"pkg:npm/demo@1.0.0"')
    expect(await sbom('new', '--without-base')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('needs --base') as unknown })
  })

  test.each([
    ['unlicensed', 1, 'pkg:npm/come@2.0.0'],
    ['unhashed', 1, 'pkg:npm/moved@1.10.0'],
    ['unversioned', 0, ''],
    ['empty', 0, ''],
    ['incomplete', 0, ''],
  ])('--fail-on %s ends with %i', async (condition, exitCode, names) => {
    const said = await sbom('new', '-q', '--fail-on', condition)
    expect(said.exitCode).toBe(exitCode)
    expect(said.stderr).toContain(names)
  })

  test.each([
    [['old', '-f', 'cyclonedx-json@1.9'], /versions: 1\.6, 1\.7, 1\.5, 1\.4/],
    [['old', '-f', 'nothing'], /formats: table, cyclonedx-json/],
    [['old', '-o', 'spdx-json'], /is not FORMAT=FILE/],
    [['old', 'new'], /one word too many/],
    [['diff', 'old'], /needs two targets/],
    [['diff', 'old', 'new', '--format', 'table'], /is none of text, json, markdown/],
    [['diff', 'old', 'new', '--fail-on', 'unhashed'], /--fail-on: does nothing for `tally sbom diff`[^]*it takes --format, --exit-code/],
    [['score', 'old', '--fail-on', 'unhashed'], /--fail-on: does nothing for `tally sbom score`/],
    [['validate', 'old', '-o', 'purls=x'], /--output: does nothing for `tally sbom validate`/],
    [['merge', 'old', 'new', '--exit-code'], /--exit-code: does nothing for `tally sbom merge`/],
    [['convert', 'old', '--base', 'new'], /--base: does nothing for `tally sbom convert`/],
    [['old', '--exit-code'], /--exit-code: does nothing for `tally sbom TARGET`/],
  ])('that is wrong is a usage error: %j', async (words, why) => {
    const said = await sbom(...words)
    expect(said).toMatchObject({ exitCode: 2, stdout: '' })
    expect(said.stderr).toMatch(why)
  })

  test('that only a variable sets is passed over where it has no use', async () => {
    const env = { ...EPOCH, TALLY_FAIL_ON: 'unhashed' }
    expect(await tallyInside(dir, ['sbom', 'old', '-q'], undefined, env)).toMatchObject({ exitCode: 1 })
    expect(await tallyInside(dir, ['sbom', 'diff', 'old', 'old'], undefined, env)).toMatchObject({ exitCode: 0 })
  })

  test('is of use somewhere, and what an action takes is a flag', () => {
    const taken = new Set([...LIST_TAKES, ...Object.values(SBOM_ACTIONS).flatMap(({ takes }) => takes)])
    expect([...taken].toSorted()).toEqual(Object.keys(command.options).toSorted())
  })
})

test('an SBOM that comes in is converted', async () => {
  const { stdout } = await sbom('old', '-f', 'cyclonedx-json')
  expect(await tallyInside(dir, ['sbom', 'convert', '-', '-f', 'purls'], utf8(stdout), EPOCH)).toMatchObject({
    exitCode: 0,
    stdout: 'pkg:npm/gone@1.0.0\npkg:npm/kept@1.0.0\npkg:npm/moved@1.9.0\n',
  })
})

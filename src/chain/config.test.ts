import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lastEnvironment, loadPolicy, loadProject, pathTo, readVersion } from './config.ts'

const GOOD = `version: 1
name: greet
build:
  run: cp greet.sh "$TALLY_OUT/greet"
  outputs: ['$TALLY_OUT/greet']
artifact: { name: greet, version: 1.2.3 }
environments:
  dev: { registry: default }
  prod: { from: dev, policy: policy/prod.yaml }
trust:
  - { name: this-machine, authority: local, may: [sign] }
`

let dir: string
const deps = { fs }
beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterAll(() => fs.rm(dir, { recursive: true }))

/** Reads a tally.yaml with these lines in place of others. */
async function load(...changes: readonly (readonly [from: string, to: string])[]) {
  const text = changes.reduce((rest, [from, to]) => {
    expect(rest).toContain(from)
    return rest.replace(from, to)
  }, GOOD)
  await fs.writeFile(join(dir, 'tally.yaml'), text)
  return await loadProject(deps, dir)
}

describe('a project', () => {
  test('is found from any folder below, with its defaults and its digest', async () => {
    const project = await load()
    expect(project).toMatchObject({
      dir,
      config: {
        check: { 'fail-on': 'high' },
        build: { env: [] },
        artifact: { type: 'file' },
        sbom: { lockfiles: [] },
        sign: { key: 'local' },
        environments: { prod: { registry: 'default' } },
      },
    })
    await fs.mkdir(join(dir, 'a/b'), { recursive: true })
    expect((await loadProject(deps, join(dir, 'a/b'))).digest).toBe(project.digest)
    expect((await load(['name: greet\n', 'name: greet # the same, and another file\n'])).digest).not.toBe(project.digest)
  })

  test('is not there: said with the folder that was asked', async () => {
    const empty = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await expect(loadProject(deps, empty)).rejects.toMatchObject({ code: 'not-a-project', where: empty, hint: 'run `tally init`' })
    await fs.rm(empty, { recursive: true })
  })

  test.each([
    ['a field nobody knows', ['name: greet\n', 'name: greet\nnmae: x\n'], 'tally.yaml:3:1', 'nmae'],
    ['a field that is missing', ["  outputs: ['$TALLY_OUT/greet']\n", ''], 'tally.yaml:3:1', 'build.outputs'],
    ['a value of another kind', ['version: 1', 'version: one'], 'tally.yaml:1:10', 'version'],
    ['an output outside $TALLY_OUT', ["['$TALLY_OUT/greet']", "['/etc/greet']"], 'tally.yaml:5:13', 'build.outputs.0'],
    ['a name that could be a path', ['name: greet\n', 'name: ../greet\n'], 'tally.yaml:2:7', 'name'],
    ['a level that is none', ['name: greet\n', 'name: greet\ncheck: { fail-on: worst }\n'], 'tally.yaml:3:19', 'check.fail-on'],
    ['two of the same key', ['name: greet\n', 'name: greet\nname: greet\n'], 'tally.yaml:3:1', ''],
    ['what is no YAML', ['build:\n', 'build: [\n'], 'tally.yaml:', ''],
  ] as const)('%s is refused where it stands', async (_, change, where, field) => {
    const error = await load(change).then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string; where: string; message: string },
    )
    expect(error?.code).toBe('config-invalid')
    expect(error?.where).toContain(where)
    expect(error?.message).toContain(field)
  })
})

describe('environments', () => {
  test('come in the order an artifact passes them', async () => {
    const { config } = await load(
      ['  prod: {', '  stage: { from: dev, policy: p }\n  prod: {'],
      ['{ from: dev, policy: policy/prod', '{ from: stage, policy: policy/prod'],
    )
    expect(pathTo(config, 'prod')).toEqual(['dev', 'stage', 'prod'])
    expect(pathTo(config, 'dev')).toEqual(['dev'])
    expect(lastEnvironment(config)).toBe('prod')
  })

  test('that are not there, in a circle, or several last ones are said', async () => {
    const { config } = await load()
    expect(() => pathTo(config, 'moon')).toThrow(expect.objectContaining({ code: 'config-invalid', hint: 'one of: dev, prod' }))
    expect(() => pathTo(config, 'constructor')).toThrow('there is no environment `constructor`')
    await expect(load(['dev: { registry: default }', 'dev: { from: prod }'])).rejects.toThrow('in a circle at')
    await expect(load(['from: dev', 'from: moon'])).rejects.toThrow('there is no environment `moon`')
    const two = await load(['  prod: {', '  beta: { from: dev, policy: p }\n  prod: {'])
    expect(() => lastEnvironment(two.config)).toThrow(expect.objectContaining({ hint: 'say which with --to' }))
  })

  test('have the policy they name, and none where they name none', async () => {
    const project = await load()
    expect(await loadPolicy(deps, project, 'dev')).toBeUndefined()
    await expect(loadPolicy(deps, project, 'prod')).rejects.toMatchObject({ code: 'not-found', where: join(dir, 'policy/prod.yaml') })
    await fs.mkdir(join(dir, 'policy'), { recursive: true })
    await fs.writeFile(join(dir, 'policy/prod.yaml'), 'version: 1\nname: prod\nrequire: { signature: { from: [a], cuont: 2 } }\n')
    await expect(loadPolicy(deps, project, 'prod')).rejects.toMatchObject({
      code: 'policy-invalid',
      where: expect.stringMatching(/^policy\/prod\.yaml:3:\d+/),
    })
  })
})

describe('the version', () => {
  const read = async (version: string): Promise<string> => await readVersion(deps, await load(['version: 1.2.3', `version: '${version}'`]))

  test('is the text itself, the whole of a text file, or a pointer into JSON', async () => {
    await fs.writeFile(join(dir, 'package.json'), '{"version":"4.5.6","a/b":{"~":"7"},"n":8}')
    await fs.writeFile(join(dir, 'VERSION'), '0.9.0\n')
    expect(await read('1.2.3')).toBe('1.2.3')
    expect(await read('file:package.json#/version')).toBe('4.5.6')
    expect(await read('file:package.json#/a~1b/~0')).toBe('7')
    expect(await read('file:VERSION')).toBe('0.9.0')
  })

  test.each([
    ['file:package.json#/nowhere', 'is not a text'],
    ['file:package.json#/n', 'is not a text'],
    ['file:package.json#/constructor/name', 'is not a text'],
    ['file:../elsewhere', 'names a file outside the project'],
    ['file:/etc/hostname', 'names a file outside the project'],
    ['1.0 final', 'cannot be part of a tag'],
    ['v:1', 'cannot be part of a tag'],
  ])('%s is refused', async (version, message) => {
    await expect(read(version)).rejects.toMatchObject({ code: 'config-invalid', message: expect.stringContaining(message) })
  })

  test('a file that is not there is named', async () => {
    await expect(read('file:nothing.json#/version')).rejects.toMatchObject({ code: 'not-found', where: join(dir, 'nothing.json') })
  })
})

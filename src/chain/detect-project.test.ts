import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseYaml } from '../kernel/yaml-document.ts'
import { parsePolicy } from '../policy/document.ts'
import { utf8 } from '../kernel/bytes.ts'
import { projectSchema } from './config.ts'
import { detectProject } from './detect-project.ts'
import type { DetectedProject } from './detect-project.ts'
import { projectFiles } from './project-template.ts'

async function detect(files: Readonly<Record<string, string>>): Promise<readonly DetectedProject[]> {
  const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      await fs.mkdir(dirname(join(dir, path)), { recursive: true })
      await fs.writeFile(join(dir, path), text)
    }
    return await detectProject({ fs }, dir)
  } finally {
    await fs.rm(dir, { recursive: true })
  }
}

const SAMPLES: readonly (readonly [string, Readonly<Record<string, string>>, Partial<DetectedProject>])[] = [
  [
    'npm with a build script',
    { 'package.json': '{"name":"@team/web-app","version":"1.0.0","scripts":{"build":"vite build"}}', 'package-lock.json': '{}' },
    {
      kind: 'npm',
      version: 'file:package.json#/version',
      run: expect.stringContaining('npm run build && npm pack'),
      lockfiles: ['package-lock.json'],
    },
  ],
  ['npm without one', { 'package.json': '{"name":"x"}' }, { kind: 'npm', version: '0.0.0', lockfiles: [], name: 'x' }],
  [
    'Python',
    {
      'pyproject.toml':
        '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "Greet_Me"\nversion = "2.1"\n[tool.x]\nversion = "9"\n',
      'uv.lock': '',
    },
    { kind: 'python', version: '2.1', lockfiles: ['uv.lock'] },
  ],
  ['Python of old', { 'setup.py': 'from setuptools import setup\n' }, { kind: 'python', because: 'setup.py', version: '0.0.0' }],
  [
    'Go with one command',
    { 'go.mod': 'module example.com/team/hello/v2\n\ngo 1.24\n', 'go.sum': '', 'cmd/hello/main.go': 'package main\n' },
    { kind: 'go', name: 'hello', run: expect.stringContaining('./cmd/hello'), lockfiles: ['go.sum'] },
  ],
  [
    'Rust',
    { 'Cargo.toml': '[package]\nname = "tool"\nversion = "0.3.1"\n', 'Cargo.lock': '' },
    { kind: 'rust', name: 'tool', version: '0.3.1' },
  ],
  [
    'Maven, whose parent has another version',
    { 'pom.xml': '<project><parent><version>9</version></parent><artifactId>app</artifactId><version>1.4</version></project>' },
    { kind: 'maven', name: 'app', version: '1.4' },
  ],
  ['Gradle', { 'build.gradle.kts': 'version = "5.0"\n', 'settings.gradle.kts': 'rootProject.name = "svc"\n' }, { kind: 'gradle' }],
  ['a Dockerfile', { Dockerfile: 'FROM scratch\n' }, { kind: 'docker', type: 'image' }],
]

describe('what a folder is built with', () => {
  test.each(SAMPLES)('%s', async (_, files, expected) => {
    expect(await detect(files)).toEqual([expect.objectContaining(expected)])
  })

  test('several ways are all named, so that nobody has to guess', async () => {
    const found = await detect({ 'package.json': '{"name":"x"}', Dockerfile: 'FROM scratch\n', 'go.mod': 'module x\n' })
    expect(found.map((each) => each.kind)).toEqual(['npm', 'go', 'docker'])
  })

  test('nothing it knows', async () => {
    expect(await detect({ 'README.md': '# x\n' })).toEqual([])
  })

  test('names that could do harm in a shell or a tag are made harmless', async () => {
    const [found] = await detect({ 'package.json': '{"name":"$(rm -rf /); \\"x\\"\\u001b[31m","version":"1"}' })
    expect(found?.name).toMatch(/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/)
    const [go] = await detect({ 'go.mod': 'module example.com/a$(touch${IFS}x)\n' })
    expect(go?.run).not.toContain('touch${IFS}')
  })
})

describe('what init writes', () => {
  test.each(SAMPLES)('for %s is a tally.yaml and a policy that are read back', async (_, files) => {
    const [found] = await detect(files)
    if (found === undefined) throw new Error('nothing was detected')
    const [[yamlName, yaml], [policyName, policy]] = projectFiles(found) as [[string, string], [string, string]]
    expect([yamlName, policyName]).toEqual(['tally.yaml', 'policy/prod.yaml'])
    const config = parseYaml(utf8(yaml), yamlName, projectSchema, 'config-invalid')
    expect(config).toMatchObject({
      name: found.name,
      build: { run: found.run, outputs: [found.output] },
      artifact: { version: found.version, type: found.type },
    })
    expect(parsePolicy(utf8(policy), policyName).name).toBe('prod')
    expect(yaml.split('\n').filter((line) => line.startsWith('#')).length).toBeGreaterThan(8)
  })
})

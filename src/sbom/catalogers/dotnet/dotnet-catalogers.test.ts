import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { dotnetAppCataloger, nugetCataloger } from './dotnet-catalogers.ts'

const HASH = `${'A'.repeat(86)}==`
const LOCK = JSON.stringify({
  version: 1,
  dependencies: {
    'net8.0': {
      Serilog: {
        type: 'Direct',
        requested: '[3.1.1, )',
        resolved: '3.1.1',
        contentHash: HASH,
        dependencies: { 'system.memory': '4.5.5', Absent: '1' },
      },
      'System.Memory': { type: 'Transitive', resolved: '4.5.5' },
      'my.library': { type: 'Project', dependencies: { Serilog: '[3.1.1, )' } },
    },
    'net6.0': {
      Serilog: { type: 'Direct', resolved: '3.0.0', dependencies: { 'System.Memory': '4.5.4' } },
      'System.Memory': { type: 'Transitive', resolved: '4.5.4' },
    },
  },
})

describe('packages.lock.json', () => {
  it('lists packages of every framework, and what needs which', () => {
    const found = catalogTexts(
      nugetCataloger,
      { 'src/app/packages.lock.json': LOCK, 'src/app/App.csproj': '<Project/>', 'other/B.fsproj': '<Project/>' },
      'runtime-closure',
    )
    expect(shownComponents(found)).toEqual([
      'required generic/app',
      'required generic/my.library',
      'required nuget/Serilog@3.0.0',
      'required nuget/Serilog@3.1.1',
      'required nuget/System.Memory@4.5.4',
      'required nuget/System.Memory@4.5.5',
    ])
    expect(shownEdges(found)).toEqual([
      'generic/app > generic/my.library',
      'generic/app > nuget/Serilog@3.0.0',
      'generic/app > nuget/Serilog@3.1.1',
      'generic/my.library > nuget/Serilog@3.1.1',
      'nuget/Serilog@3.0.0 > nuget/System.Memory@4.5.4',
      'nuget/Serilog@3.1.1 > nuget/System.Memory@4.5.5',
    ])
    expect(found.components.find(({ version }) => version === '3.1.1')?.hashes).toEqual({ sha512: '00'.repeat(64) })
    expect(found.read).toEqual(['src/app/packages.lock.json', 'src/app/App.csproj'])
  })

  it.each(['{', '[]', '{"dependencies":{"net8.0":{"X":{}}}}'])('is refused as %j in a project, and passed over in an image', (text) => {
    expect(() => catalogTexts(nugetCataloger, { 'packages.lock.json': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed', where: 'packages.lock.json' }),
    )
    expect(catalogTexts(nugetCataloger, { 'packages.lock.json': text }).read).toEqual([])
  })
})

const ASSETS = JSON.stringify({
  version: 3,
  targets: {
    'net8.0': {
      'Serilog/3.1.1': { type: 'package', dependencies: { 'System.Memory': '4.5.0' } },
      'System.Memory/4.5.5': { type: 'package' },
      'My.Library/1.0.0': { type: 'project', dependencies: { Serilog: '3.1.1' } },
    },
  },
  libraries: {
    'Serilog/3.1.1': { sha512: HASH, type: 'package', path: 'serilog/3.1.1' },
    'System.Memory/4.5.5': { type: 'package' },
    'My.Library/1.0.0': { type: 'project' },
  },
  projectFileDependencyGroups: { 'net8.0': ['My.Library >= 1.0.0', 'Serilog >= 3.1.1'] },
  project: { version: '2.0.0', restore: { projectName: 'App', projectPath: '/home/someone/App.csproj' } },
})

describe('project.assets.json', () => {
  it('lists what was restored for the project above it', () => {
    const found = catalogTexts(nugetCataloger, { 'obj/project.assets.json': ASSETS, 'App.csproj': '<Project/>' })
    expect(shownComponents(found)).toEqual([
      'required generic/My.Library@1.0.0',
      'required nuget/Serilog@3.1.1',
      'required nuget/System.Memory@4.5.5',
    ])
    expect(shownEdges(found)).toEqual([
      'generic/App@2.0.0 > generic/My.Library@1.0.0',
      'generic/App@2.0.0 > nuget/Serilog@3.1.1',
      'generic/My.Library@1.0.0 > nuget/Serilog@3.1.1',
      'nuget/Serilog@3.1.1 > nuget/System.Memory@4.5.5',
    ])
    expect(found.projects).toContainEqual({ directory: '', name: 'App', version: '2.0.0', purl: 'pkg:generic/App@2.0.0' })
    expect(found.read).toEqual(['obj/project.assets.json', 'App.csproj'])
    expect(JSON.stringify(found)).not.toContain('/home/someone')
  })
})

describe('packages.config', () => {
  const CONFIG =
    '<?xml version="1.0"?><packages><package id="jQuery" version="3.7.1"/><package id="Build" version="1" developmentDependency="true"/><package/></packages>'
  it('lists packages without edges', () => {
    expect(shownComponents(catalogTexts(nugetCataloger, { 'packages.config': CONFIG }))).toEqual([
      'dev nuget/Build@1',
      'required nuget/jQuery@3.7.1',
    ])
    expect(shownComponents(catalogTexts(nugetCataloger, { 'packages.config': CONFIG }, 'runtime-closure'))).toEqual([
      'required nuget/jQuery@3.7.1',
    ])
    expect(catalogTexts(nugetCataloger, { 'packages.config': '<configuration/>' })).toMatchObject({
      components: [],
      read: ['packages.config'],
    })
  })
  it('is read or refused when it is damaged', async () => {
    expect((await fuzzCataloger(nugetCataloger, { 'packages.config': CONFIG })).strange).toEqual([])
  })
})

const DEPS = JSON.stringify({
  runtimeTarget: { name: '.NETCoreApp,Version=v8.0/linux-x64', signature: '' },
  targets: {
    '.NETCoreApp,Version=v8.0': {},
    '.NETCoreApp,Version=v8.0/linux-x64': {
      'App/1.2.0': {
        dependencies: { Serilog: '3.1.1', 'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64': '8.0.1', 'System.Private': '8.0' },
        runtime: { 'App.dll': {} },
      },
      'Serilog/3.1.1': { dependencies: { 'System.Memory': '4.5.5' } },
      'System.Memory/4.5.5': {},
      'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': {},
      'System.Private/8.0': {},
    },
  },
  libraries: {
    'App/1.2.0': { type: 'project', serviceable: false, sha512: '' },
    'Serilog/3.1.1': { type: 'package', serviceable: true, sha512: `sha512-${HASH}` },
    'System.Memory/4.5.5': { type: 'package', sha512: 'sha512-short' },
    'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': { type: 'runtimepack' },
    'System.Private/8.0': { type: 'referenceassembly' },
  },
})

describe('deps.json of a published application', () => {
  it('lists what lies beside the application, with the runtime it carries', () => {
    const found = catalogTexts(dotnetAppCataloger, { 'app/App.deps.json': DEPS, 'app/App.runtimeconfig.json': '{}' })
    expect(shownComponents(found)).toEqual([
      'required generic/App@1.2.0',
      'required nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1',
      'required nuget/Serilog@3.1.1',
      'required nuget/System.Memory@4.5.5',
    ])
    expect(shownEdges(found)).toEqual([
      'generic/App@1.2.0 > nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1',
      'generic/App@1.2.0 > nuget/Serilog@3.1.1',
      'nuget/Serilog@3.1.1 > nuget/System.Memory@4.5.5',
    ])
    expect(found.components.map(({ hashes }) => Object.keys(hashes).length)).toEqual([1, 0, 0, 0])
    expect(found.components[0]?.evidence[0]).toMatchObject({ cataloger: 'dotnet-deps', method: 'installed', file: 'app/App.deps.json' })
  })

  it('is not looked at for a closure', () => {
    expect(dotnetAppCataloger.wants('App.deps.json', 'runtime-closure')).toBe(false)
  })
})

describe('damaged files of .NET', () => {
  it('are read or refused: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    for (const [cataloger, files] of [
      [nugetCataloger, { 'packages.lock.json': LOCK, 'obj/project.assets.json': ASSETS }],
      [dotnetAppCataloger, { 'App.deps.json': DEPS }],
    ] as const) {
      const outcome = await fuzzCataloger(cataloger, files, { mode: 'installed' })
      expect(outcome.strange).toEqual([])
      expect(outcome.read).toBeGreaterThan(500)
    }
  })
})

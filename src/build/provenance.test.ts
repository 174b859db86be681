import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkPredicate } from '../evidence/predicates/index-table.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import { COMMIT_TIME, buildDeps, makeProject } from './project-for-tests.ts'
import { COMMAND_BUILD, LOCAL_BUILDER, UNPUBLISHED_SOURCE, provenancePredicate, withoutLocalPaths } from './provenance.ts'
import { recordBuild } from './record.ts'
import type { BuildRecord } from './record.ts'

const builder = { builderId: LOCAL_BUILDER, buildType: COMMAND_BUILD, toolVersion: '1.2.3' }

const record: BuildRecord = {
  command: 'npm pack --pack-destination "$TALLY_OUT"',
  declaredOutputs: ['$TALLY_OUT/*.tgz'],
  declaredEnv: ['MY_FLAG'],
  envNames: ['HOME', 'MY_FLAG', 'PATH', 'TALLY_OUT'],
  startedAt: '2026-11-25T10:00:00.000Z',
  finishedAt: '2026-11-25T10:00:09.000Z',
  exitCode: 0,
  before: {
    present: true,
    commit: 'a'.repeat(40),
    tree: 'b'.repeat(40),
    commitTime: COMMIT_TIME,
    branch: 'main',
    remote: 'https://git.example/o/r.git',
    dirty: false,
    changed: [],
    files: ['a.txt'],
  },
  after: {
    present: true,
    commit: 'a'.repeat(40),
    tree: 'b'.repeat(40),
    commitTime: COMMIT_TIME,
    dirty: false,
    changed: [],
    files: ['a.txt'],
  },
  lockfiles: [{ path: 'package-lock.json', digest: digestOf(utf8('{}')) }],
  outputs: [{ name: 'p-1.tgz', path: '/home/ada/out/p-1.tgz', digest: digestOf(utf8('p')), size: 1 }],
  platform: { os: 'linux', architecture: 'x64' },
  invocationId: '0f'.repeat(16),
  localPaths: [
    ['/home/ada/p', '.'],
    ['/home/ada', '$HOME'],
  ],
}

test('the whole predicate, as docs/provenance.md describes it', () => {
  const source = { uri: 'git+https://git.example/o/r.git', digest: { gitCommit: 'a'.repeat(40) } }
  expect(provenancePredicate(record, builder)).toEqual({
    buildDefinition: {
      buildType: 'https://tallystick.dev/build/command/v1',
      externalParameters: { source, command: 'npm pack --pack-destination "$TALLY_OUT"', outputs: ['$TALLY_OUT/*.tgz'], env: ['MY_FLAG'] },
      internalParameters: {
        branch: 'main',
        clean: { before: true, after: true },
        sourceTree: 'b'.repeat(40),
        sourceTime: COMMIT_TIME,
        environment: ['HOME', 'MY_FLAG', 'PATH', 'TALLY_OUT'],
        exitCode: 0,
        platform: { os: 'linux', architecture: 'x64' },
        outputs: [{ name: 'p-1.tgz', digest: { sha256: hexOf(digestOf(utf8('p'))) }, size: 1 }],
        basis: {
          'externalParameters.source': 'observed',
          'externalParameters.command': 'declared',
          'externalParameters.outputs': 'declared',
          'externalParameters.env': 'declared',
          'internalParameters.branch': 'observed',
          'internalParameters.clean': 'observed',
          'internalParameters.sourceTree': 'observed',
          'internalParameters.sourceTime': 'observed',
          'internalParameters.environment': 'observed',
          'internalParameters.exitCode': 'observed',
          'internalParameters.platform': 'observed',
          'internalParameters.outputs': 'observed',
          resolvedDependencies: 'derived',
          'metadata.startedOn': 'observed',
          'metadata.finishedOn': 'observed',
        },
      },
      resolvedDependencies: [
        { name: 'source', ...source },
        { name: 'package-lock.json', digest: { sha256: hexOf(digestOf(utf8('{}'))) } },
      ],
    },
    runDetails: {
      builder: { id: 'https://tallystick.dev/builder/local/v1', version: { tally: '1.2.3' } },
      metadata: { invocationId: '0f'.repeat(16), startedOn: '2026-11-25T10:00:00.000Z', finishedOn: '2026-11-25T10:00:09.000Z' },
    },
  })
})

test('every fact in it has its basis, and every basis its fact', () => {
  const { buildDefinition, runDetails } = provenancePredicate(record, builder)
  const { basis, ...internal } = buildDefinition.internalParameters
  const facts = [
    ...Object.keys(buildDefinition.externalParameters).map((name) => `externalParameters.${name}`),
    ...Object.keys(internal).map((name) => `internalParameters.${name}`),
    ...Object.keys(runDetails.metadata)
      .filter((name) => name !== 'invocationId')
      .map((name) => `metadata.${name}`),
    'resolvedDependencies',
  ]
  expect(Object.keys(basis as object).toSorted()).toEqual(facts.toSorted())
})

test('it is a SLSA provenance by our own schema', () => {
  expect(() => checkPredicate('https://slsa.dev/provenance/v1', provenancePredicate(record, builder))).not.toThrow()
})

test('without git there is no source, and nothing said about a tree', () => {
  const bare = {
    ...record,
    before: { present: false, why: 'no git repository' },
    after: { present: false, why: 'no git repository' },
  } as const
  const { buildDefinition } = provenancePredicate(bare, builder)
  expect(buildDefinition.externalParameters).not.toHaveProperty('source')
  expect(Object.keys(buildDefinition.internalParameters)).toEqual(['environment', 'exitCode', 'platform', 'outputs', 'basis'])
  expect(buildDefinition.resolvedDependencies.map(({ name }) => name)).toEqual(['package-lock.json'])
})

test('a repository that nobody else can reach is called unpublished, its commit still named', () => {
  const { remote: _, ...before } = record.before.present ? record.before : { remote: '' }
  const { buildDefinition } = provenancePredicate({ ...record, before: before as BuildRecord['before'] }, builder)
  expect(buildDefinition.resolvedDependencies[0]).toEqual({
    name: 'source',
    uri: UNPUBLISHED_SOURCE,
    digest: { gitCommit: 'a'.repeat(40) },
  })
})

test('paths of this machine become words, credentials go, longer paths first', () => {
  expect(withoutLocalPaths('cp /home/ada/p/x /home/ada/y && curl https://a:b@c.example', record.localPaths)).toBe(
    'cp ./x $HOME/y && curl https://[redacted]@c.example',
  )
})

test('no path, host, user or value of this machine stands in the provenance of a real build', async () => {
  await using project = await makeProject({ 'a.txt': 'a\n', 'go.sum': '' })
  await project.git('config', 'remote.origin.url', project.beside)
  const made = await recordBuild(buildDeps({ MY_FLAG: 'a-value-of-this-machine' }), {
    projectDir: project.dir,
    run: `cp ${project.dir}/a.txt "$TALLY_OUT/" && echo ${join(project.beside, 'out')} >/dev/null`,
    env: ['MY_FLAG'],
    outputs: ['$TALLY_OUT/*'],
    outDir: join(project.beside, 'out'),
  })
  const text = JSON.stringify(provenancePredicate(made, builder))
  for (const local of [project.beside, project.dir, 'a-value-of-this-machine', '/nowhere', process.env['PATH'] ?? 'no path'])
    expect(text).not.toContain(local)
  expect(text).toContain('cp ./a.txt \\"$TALLY_OUT/\\" && echo $TALLY_OUT')
})

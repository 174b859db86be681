import { describe, expect, test } from 'vitest'
import { PREDICATE } from '../../evidence/evidence.ts'
import { readProvenance } from './read-provenance.ts'
import type { ProvenanceFacts } from './provenance-facts.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const REPOSITORY = 'https://github.com/team/tool'
const SOURCE = `git+${REPOSITORY}@refs/tags/v1.2.3`

function read(predicateType: string, predicate: unknown): ProvenanceFacts {
  const reading = readProvenance({ predicateType, predicate })
  if (!reading.ok) throw new Error(reading.why)
  return reading.facts
}

function whyNot(predicateType: string, predicate: unknown): string {
  const reading = readProvenance({ predicateType, predicate })
  return reading.ok ? '' : reading.why
}

describe('v0.2, as the GitHub generator wrote it', () => {
  const good = {
    builder: {
      id: 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v1.4.0',
    },
    buildType: 'https://github.com/slsa-framework/slsa-github-generator/generic@v1',
    invocation: {
      configSource: { uri: SOURCE, digest: { sha1: COMMIT }, entryPoint: '.github/workflows/release.yml' },
      parameters: {},
      environment: { github_event_name: 'push', github_ref: 'refs/tags/v1.2.3', github_event_payload: { ref: 'refs/tags/v1.2.3' } },
    },
    metadata: { buildInvocationId: '1-1', completeness: { parameters: true, environment: false, materials: false }, reproducible: false },
    materials: [{ uri: SOURCE, digest: { sha1: COMMIT } }],
  }
  const changed = (change: object): object => ({ ...good, invocation: { ...good.invocation, ...change } })

  test('is read into the facts of v1', () => {
    expect(read(PREDICATE.provenanceV02, good)).toEqual({
      builder: good.builder.id,
      buildType: good.buildType,
      parameters: [],
      source: { uri: `git+${REPOSITORY}`, commit: COMMIT },
      ref: 'refs/tags/v1.2.3',
    })
  })

  test('a branch is one, a tag is none', () => {
    const uri = `git+${REPOSITORY}@refs/heads/main`
    const facts = read(PREDICATE.provenanceV02, {
      ...changed({ configSource: { uri, digest: { sha1: COMMIT } } }),
      materials: [{ uri, digest: { sha1: COMMIT } }],
    })
    expect(facts).toMatchObject({ branch: 'main', ref: 'refs/heads/main' })
  })

  test('parameters and the inputs of a run started by hand are external', () => {
    const environment = { github_event_payload: { inputs: { release: 'yes' } } }
    expect(read(PREDICATE.provenanceV02, changed({ parameters: { target: 'all' }, environment })).parameters).toEqual(['inputs', 'target'])
    expect(read(PREDICATE.provenanceV02, changed({ environment: { github_event_payload: { inputs: null } } })).parameters).toEqual([])
    expect(read(PREDICATE.provenanceV02, changed({ parameters: ['a'] })).parameters).toEqual(['parameters'])
  })

  test.each<[string, object, string]>([
    [
      'materials of another source',
      { ...good, materials: [{ uri: 'git+https://github.com/mallory/tool', digest: { sha1: COMMIT } }] },
      'do not name the source',
    ],
    ['two commits of one source', { ...good, materials: [{ uri: SOURCE, digest: { sha1: 'f'.repeat(40) } }] }, 'two commits'],
    ['no builder', { ...good, builder: {} }, 'builder.id'],
  ])('is refused with %s', (_what, predicate, why) => {
    expect(whyNot(PREDICATE.provenanceV02, predicate)).toContain(why)
  })

  test('has no source where no commit is named', () => {
    expect(read(PREDICATE.provenanceV02, { builder: good.builder, buildType: good.buildType }).source).toBeUndefined()
    expect(read(PREDICATE.provenanceV02, { ...changed({ configSource: { uri: SOURCE } }), materials: [] }).source).toBeUndefined()
  })
})

describe('v0.1, as Google Cloud Build wrote it', () => {
  const good = {
    builder: { id: 'https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.3' },
    recipe: {
      type: 'https://cloudbuild.googleapis.com/CloudBuildYaml@v0.1',
      entryPoint: 'cloudbuild.yaml',
      arguments: { '@type': 'type.googleapis.com/google.devtools.cloudbuild.v1.Build', steps: [], substitutions: { _A: 'b' } },
    },
    materials: [{ uri: REPOSITORY, digest: { sha1: COMMIT } }],
  }

  test.each([
    ['the commit as a digest', [{ uri: REPOSITORY, digest: { sha1: COMMIT } }]],
    ['the commit as the end of a path', [{ uri: `${REPOSITORY}/commit/${COMMIT}` }]],
  ])('is read with %s', (_what, materials) => {
    expect(read(PREDICATE.provenanceV01, { ...good, materials })).toEqual({
      builder: good.builder.id,
      buildType: good.recipe.type,
      parameters: ['@type', 'steps', 'substitutions'],
      source: { uri: `git+${REPOSITORY}`, commit: COMMIT },
    })
  })

  test('is refused without a recipe, and has no source from a bucket', () => {
    expect(whyNot(PREDICATE.provenanceV01, { builder: good.builder })).toContain('recipe')
    expect(read(PREDICATE.provenanceV01, { ...good, materials: [{ uri: 'gs://bucket/source.tgz#1' }] }).source).toBeUndefined()
  })
})

describe('v1', () => {
  const other = { uri: 'git+https://github.com/team/lib@refs/heads/main', digest: { gitCommit: 'f'.repeat(40) } }
  const source = { uri: SOURCE, digest: { gitCommit: COMMIT } }
  const predicate = (externalParameters: object, resolvedDependencies: unknown): object => ({
    buildDefinition: { buildType: 'https://actions.github.io/buildtypes/workflow/v1', externalParameters, resolvedDependencies },
    runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' } },
  })
  const workflow = { repository: REPOSITORY, ref: 'refs/tags/v1.2.3', path: '.github/workflows/release.yml' }
  const found = { source: { uri: `git+${REPOSITORY}`, commit: COMMIT }, ref: 'refs/tags/v1.2.3' }

  test.each<[string, object, unknown, Partial<ProvenanceFacts>]>([
    ['the first dependency, where no parameter asks for a source', {}, [source, other], found],
    ['the one the workflow was started from, wherever it stands', { workflow }, [other, source], found],
    [
      'the one Google Cloud Build was configured from',
      { buildConfigSource: { repository: `git+${REPOSITORY}`, ref: 'refs/tags/v1.2.3', path: 'cloudbuild.yaml' } },
      [other, source],
      found,
    ],
    ['a dependency without a ref in its URI', { workflow }, [{ ...source, uri: `git+${REPOSITORY}` }], found],
  ])('takes for the source %s', (_what, parameters, dependencies, facts) => {
    expect(read(PREDICATE.provenance, predicate(parameters, dependencies))).toMatchObject(facts)
  })

  test.each<[string, object, unknown]>([
    ['of another repository', { workflow }, [other]],
    ['of another ref', { workflow: { ...workflow, ref: 'refs/heads/main' } }, [source]],
    ['without a commit', { workflow }, [{ uri: SOURCE, digest: { sha256: 'a'.repeat(64) } }]],
    ['that is no list entry at all', { workflow }, []],
  ])('takes no dependency %s for the source', (_what, parameters, dependencies) => {
    expect(read(PREDICATE.provenance, predicate(parameters, dependencies)).source).toBeUndefined()
  })

  test('does not take a user name for a ref', () => {
    const facts = read(PREDICATE.provenance, predicate({}, [{ uri: 'git+ssh://git@git.example/team/tool', digest: { gitCommit: COMMIT } }]))
    expect(facts).toMatchObject({ source: { uri: 'git+ssh://git@git.example/team/tool' } })
    expect(facts.ref).toBeUndefined()
  })
})

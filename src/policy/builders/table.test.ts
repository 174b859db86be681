import { describe, expect, test } from 'vitest'
import { COMMAND_BUILD, LOCAL_BUILDER } from '../../build/provenance.ts'
import type { SignerIdentity } from '../../trust/receipt.ts'
import { builderDocument } from './builder.ts'
import type { Builder } from './builder.ts'
import { KNOWN_BUILDERS, claimableLevel, knownParameters, levelOf } from './table.ts'

const key: SignerIdentity = { authority: 'team', kind: 'key', keyId: 'a'.repeat(64) }
const GITHUB = 'https://token.actions.githubusercontent.com'

function workflow(
  subject: string,
  facts: Readonly<Record<string, string>> = { runnerEnvironment: 'github-hosted' },
  issuer = GITHUB,
): SignerIdentity {
  return { authority: 'ci', kind: 'identity', keyId: 'b'.repeat(64), identity: { subject, issuer, facts } }
}

const GENERATOR = 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml'
const CALLER = 'https://github.com/team/tool/.github/workflows/release.yml@refs/heads/main'
const HOSTED = 'https://github.com/actions/runner/github-hosted'

describe('levelOf', () => {
  test.each<[string, string, SignerIdentity, number]>([
    ['our own builder, with any key', LOCAL_BUILDER, key, 1],
    ['a builder nobody knows', 'https://ci.example/builder', key, 1],
    ['the generator at a released tag, signed by itself', `${GENERATOR}@refs/tags/v2.1.0`, workflow(`${GENERATOR}@refs/tags/v2.1.0`), 3],
    ['the generator, signed by its caller', `${GENERATOR}@refs/tags/v2.1.0`, workflow(CALLER), 0],
    ['the generator, signed by another version of itself', `${GENERATOR}@refs/tags/v2.1.0`, workflow(`${GENERATOR}@refs/tags/v1.0.0`), 0],
    ['the generator, signed with a key', `${GENERATOR}@refs/tags/v2.1.0`, key, 0],
    ['the generator at a branch: a workflow like any other', `${GENERATOR}@refs/heads/main`, workflow(`${GENERATOR}@refs/heads/main`), 2],
    [
      'the same name from another issuer',
      `${GENERATOR}@refs/tags/v2.1.0`,
      workflow(`${GENERATOR}@refs/tags/v2.1.0`, {}, 'https://token.example'),
      0,
    ],
    [
      'a fork of the generator',
      `https://github.com/mallory/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0`,
      workflow('https://github.com/mallory/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0'),
      2,
    ],
    ['GitHub’s runner, signed by a workflow on it', HOSTED, workflow(CALLER), 2],
    ['GitHub’s runner, signed by a workflow on another', HOSTED, workflow(CALLER, { runnerEnvironment: 'self-hosted' }), 0],
    ['GitHub’s runner, in a certificate that names no runner', HOSTED, workflow(CALLER, {}), 0],
    ['GitHub’s runner, signed by somebody’s mail address', HOSTED, workflow('me@example.com'), 0],
    ['a runner of one’s own', 'https://github.com/actions/runner/self-hosted', workflow(CALLER, { runnerEnvironment: 'self-hosted' }), 1],
    ['a workflow under its own address', CALLER, workflow(CALLER), 2],
    [
      'Google Cloud Build, by its authority',
      'https://cloudbuild.googleapis.com/GoogleHostedWorker',
      { ...key, authority: 'google-cloud-build' },
      3,
    ],
    ['Google Cloud Build, by anybody else', 'https://cloudbuild.googleapis.com/GoogleHostedWorker', key, 0],
  ])('%s', (_what, id, signer, level) => {
    expect(levelOf(id, signer, []).level).toBe(level)
  })

  test('a row of the policy stands in the place of the known one, and can raise or lower it', () => {
    const row = (level: number, signedBy: Builder['signed-by'], id = LOCAL_BUILDER): Builder =>
      builderDocument.parse({ id, level, 'signed-by': signedBy })
    expect(levelOf(LOCAL_BUILDER, key, [row(2, [{ authority: 'team' }])]).level).toBe(2)
    expect(levelOf(LOCAL_BUILDER, key, [row(2, [{ authority: 'other' }])]).level).toBe(0)
    expect(levelOf(LOCAL_BUILDER, key, [row(0, [{ anyone: true }])]).level).toBe(0)
    expect(levelOf(LOCAL_BUILDER, key, [row(3, [{ key: key.keyId }])]).level).toBe(3)
    expect(levelOf(LOCAL_BUILDER, workflow(CALLER), [row(3, [{ key: 'b'.repeat(64) }])]).level).toBe(0)
    expect(levelOf(LOCAL_BUILDER, key, [row(2, [{ authority: 'team' }], 'https://ci.example/one')]).level).toBe(1)
  })
})

describe('a row of a policy', () => {
  const good = { id: 'https://ci.example/one', level: 2, 'signed-by': [{ authority: 'ci' }] }

  test.each<[string, object]>([
    ['anyone above level 1', { 'signed-by': [{ anyone: true }] }],
    ['anyone beside others above level 1', { 'signed-by': [{ authority: 'ci' }, { anyone: true }] }],
    ['two ways in one', { 'signed-by': [{ authority: 'ci', key: 'a'.repeat(64) }] }],
    ['an issuer without a subject', { 'signed-by': [{ issuer: GITHUB }] }],
    ['a subject without an issuer', { 'signed-by': [{ subject: CALLER }] }],
    ['a runner of a key', { 'signed-by': [{ key: 'a'.repeat(64), runner: 'github-hosted' }] }],
    ['nobody', { 'signed-by': [] }],
    ['an empty rule', { 'signed-by': [{}] }],
    ['a level there is not', { level: 4 }],
    ['a field nobody knows', { levels: [1] }],
  ])('is refused for %s', (_what, change) => {
    expect(builderDocument.safeParse({ ...good, ...change }).success).toBe(false)
  })

  test('is read, and every shipped row is as good', () => {
    expect(builderDocument.parse(good)).toEqual({ ...good, 'build-types': {} })
    for (const row of KNOWN_BUILDERS) expect(builderDocument.parse(row)).toEqual(row)
  })

  test('teaches the names of external parameters', () => {
    const own = builderDocument.parse({ ...good, 'build-types': { 'https://ci.example/make/v1': ['target'] } })
    expect(knownParameters('https://ci.example/make/v1', [own])).toEqual(['target'])
    expect(knownParameters('https://ci.example/make/v1', [])).toEqual([])
    expect(knownParameters('constructor', [own])).toEqual([])
    expect(knownParameters(COMMAND_BUILD, [])).toEqual(['command', 'env', 'outputs', 'source'])
  })
})

test('what a builder could claim is known without a signature', () => {
  expect(claimableLevel(`${GENERATOR}@refs/tags/v2.1.0`)).toBe(3)
  expect(claimableLevel('https://ci.example/builder')).toBeUndefined()
})

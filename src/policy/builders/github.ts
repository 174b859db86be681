import type { Builder, SignedBy } from './builder.ts'
import { OWN_ID } from './builder.ts'

const ISSUER = 'https://token.actions.githubusercontent.com'
const GENERATOR = 'https://github.com/slsa-framework/slsa-github-generator'

/** A reusable workflow, at a released tag, signs under its own address. */
const ITSELF: SignedBy = { issuer: ISSUER, subject: OWN_ID }
/** Any workflow of any repository; which one the policy asks by `from`, `source` and `ref`. */
const HOSTED_WORKFLOW: SignedBy = { issuer: ISSUER, subject: 'pattern:https://github.com/*', runner: 'github-hosted' }

function reusable(file: string, buildTypes: Builder['build-types']): Builder {
  return { id: `pattern:${GENERATOR}/.github/workflows/${file}@refs/tags/v*`, level: 3, 'signed-by': [ITSELF], 'build-types': buildTypes }
}

/**
 * GitHub Actions: the SLSA generators and builders (Build L3: reusable workflows, isolated from the caller), attestations of
 * GitHub's own action and of npm (Build L2: the calling workflow writes the predicate itself). Sources:
 * slsa-framework/slsa-github-generator, actions/buildtypes, slsa-framework/github-actions-buildtypes.
 */
export const GITHUB: readonly Builder[] = [
  reusable('generator_generic_slsa3.yml', { [`${GENERATOR}/generic@v1`]: ['inputs'] }),
  reusable('generator_container_slsa3.yml', { [`${GENERATOR}/container@v1`]: ['inputs'] }),
  reusable('builder_go_slsa3.yml', { [`${GENERATOR}/go@v1`]: ['inputs'] }),
  reusable('builder_container-based_slsa3.yml', {
    'https://slsa.dev/container-based-build/v0.1?draft': ['source', 'builderImage', 'configPath', 'config'],
  }),
  {
    // Before the id of a run's own workflow, npm and GitHub's action named the runner.
    id: 'https://github.com/actions/runner/github-hosted',
    level: 2,
    'signed-by': [HOSTED_WORKFLOW],
    'build-types': {
      'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1': ['inputs', 'vars', 'workflow'],
      'https://actions.github.io/buildtypes/workflow/v1': ['runner_environment', 'workflow'],
    },
  },
  {
    id: 'https://github.com/actions/runner',
    level: 2,
    'signed-by': [HOSTED_WORKFLOW],
    'build-types': { 'https://github.com/npm/cli/gha/v2': ['inputs'], 'https://github.com/npm/cli/gha@v1': ['inputs'] },
  },
  { id: 'https://github.com/actions/runner/self-hosted', level: 1, 'signed-by': [{ anyone: true }], 'build-types': {} },
  {
    id: 'pattern:https://github.com/*/.github/workflows/*@*',
    level: 2,
    'signed-by': [{ ...ITSELF, runner: 'github-hosted' }],
    'build-types': { 'https://actions.github.io/buildtypes/workflow/v1': ['runner_environment', 'workflow'] },
  },
]

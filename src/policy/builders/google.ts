import type { Builder } from './builder.ts'

/** The whole Build message stands in the arguments of v0.1 (cloudbuild.v1.Build); the steps are those of the configuration file. */
const BUILD = [
  '@type',
  'artifacts',
  'availableSecrets',
  'id',
  'images',
  'logsBucket',
  'options',
  'queueTtl',
  'serviceAccount',
  'sourceProvenance',
  'steps',
  'substitutions',
  'tags',
  'timeout',
]
const WORKER = 'https://cloudbuild.googleapis.com/GoogleHostedWorker'

/**
 * Google Cloud Build. Its keys are Google's and differ by region, so that the trust policy names them: an authority
 * `google-cloud-build`. Another name is given by a row of the policy's own `builders`.
 * Source: cloud.google.com/build/gcb-buildtypes/google-worker/v1.
 */
export const GOOGLE: readonly Builder[] = [
  {
    id: WORKER,
    level: 3,
    'signed-by': [{ authority: 'google-cloud-build' }],
    'build-types': {
      'https://cloud.google.com/build/gcb-buildtypes/google-worker/v1': ['buildConfig', 'buildConfigSource', 'substitutions'],
    },
  },
  ...['0.2', '0.3'].map((version): Builder => ({
    id: `${WORKER}@v${version}`,
    level: version === '0.2' ? 2 : 3,
    'signed-by': [{ authority: 'google-cloud-build' }],
    'build-types': {
      [`${WORKER}@v0.2`]: BUILD,
      'https://cloudbuild.googleapis.com/CloudBuildYaml@v0.1': BUILD,
      'https://cloudbuild.googleapis.com/CloudBuildSteps@v0.1': BUILD,
    },
  })),
]

import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** buildType is exactly the one the policy names. */
export const provenanceBuildType: Clause<{ readonly 'build-type'?: string | undefined }, ProvenanceFacts> = {
  name: 'provenance.build-type',
  asked: (required) => required['build-type'] !== undefined,
  expected: (required) => `build type ${required['build-type'] ?? ''}`,
  judge: (facts, required) =>
    facts.buildType === required['build-type']
      ? met(show(facts.buildType))
      : failed(show(facts.buildType), 'build it that way, or name this build type in require.provenance.build-type'),
}

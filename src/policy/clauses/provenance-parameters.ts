import { knownParameters } from '../builders/table.ts'
import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { showAll } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/**
 * No external parameter beyond those the build type is known to have and those the policy allows: SLSA v1 ("Verifying
 * artifacts", expectations) has a verifier refuse what it does not know.
 */
export const provenanceParameters: Clause<{ readonly 'external-parameters': readonly string[] }, ProvenanceFacts> = {
  name: 'provenance.parameters',
  asked: () => true,
  expected: (required) =>
    `no external parameters beyond the build type's${required['external-parameters'].length === 0 ? '' : ` and ${showAll(required['external-parameters'])}`}`,
  judge: (facts, required, context) => {
    const allowed = new Set([...knownParameters(facts.buildType, context.rules.builders), ...required['external-parameters']])
    const others = facts.parameters.filter((name) => !allowed.has(name))
    return others.length === 0
      ? met(facts.parameters.length === 0 ? 'none' : showAll(facts.parameters, 10))
      : failed(showAll(others), 'build it without them, or allow them in require.provenance.external-parameters')
  },
}

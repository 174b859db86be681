import type { SbomFacts } from '../facts/read-sbom.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The SBOM says that it is complete (CycloneDX compositions). SPDX 2 cannot say so. */
export const sbomComplete: Clause<{ readonly complete?: true | undefined }, SbomFacts> = {
  name: 'sbom.complete',
  asked: (required) => required.complete === true,
  expected: () => 'an SBOM that says it is complete',
  judge: (facts) => {
    if (facts.completeness === 'complete') return met(`complete, ${facts.components.length} components`)
    const found = facts.format === 'spdx' ? 'SPDX 2, which cannot say that it is complete' : `completeness ${facts.completeness}`
    return failed(found, 'tally ship, with every lockfile named under sbom.lockfiles in tally.yaml')
  },
}

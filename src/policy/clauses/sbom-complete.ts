import { countOf } from '../../kernel/text.ts'
import type { SbomFacts } from '../facts/read-sbom.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** The SBOM says that it is complete (CycloneDX compositions; SPDX 2 has no field for it, and we read only our own comment). */
export const sbomComplete: Clause<{ readonly complete?: true | undefined }, SbomFacts> = {
  name: 'sbom.complete',
  asked: (required) => required.complete === true,
  expected: () => 'an SBOM that says it is complete',
  judge: ({ sbom }) => {
    if (sbom.completeness === 'complete') return met(`complete, ${countOf(sbom.components.length, 'component')}`)
    const found = `completeness ${sbom.completeness}`
    return failed(found, 'tally ship, with every lockfile named under sbom.lockfiles in tally.yaml')
  },
}

import { sameDigestSet } from '../../kernel/digest.ts'
import type { SbomFacts } from '../facts/read-sbom.ts'
import { artifactDigestSets, isAbout } from '../about.ts'
import { artifactWord, showAll } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/**
 * The SBOM is about these bits: its statement names the artifact's digest, and where the document itself gives a digest
 * of what it describes, that one agrees. A document that gives none is bound by its statement alone.
 */
export const sbomBound: Clause<unknown, SbomFacts> = {
  name: 'sbom.bound',
  asked: () => true,
  expected: (_required, context) => `an SBOM that is about ${context.artifact.digest}`,
  judge: ({ format, sbom }, _required, context, receipt) => {
    const next = `make the SBOM of this artifact and attach it: tally attest ${artifactWord(context)} --type ${format} --predicate sbom.json`
    if (!isAbout(receipt.statement, context.artifact)) {
      return failed(
        `its statement is about ${showAll(receipt.statement.subject.map((subject) => subject.digest['sha256'] ?? 'no sha256'))}`,
        next,
      )
    }
    // Other algorithms cannot be compared with the artifact's digest, so they bind nothing and refute nothing.
    if (sbom.subject.digests['sha256'] === undefined) return met('bound by its statement')
    const agrees = artifactDigestSets(context.artifact).some((digests) => sameDigestSet(digests, sbom.subject.digests))
    return agrees
      ? met('bound by its statement and its own digest')
      : failed(`the document describes sha256:${showAll([sbom.subject.digests['sha256']])}`, next)
  },
}

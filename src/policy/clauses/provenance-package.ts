import { PREDICATE } from '../../evidence/evidence.ts'
import { isAbout } from '../about.ts'
import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import { packageOf } from '../package-name.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/**
 * Where the policy asks for a publish attestation too: the provenance is of the very package and version that the registry
 * says it took in. Both are about the same bytes; that they are about the same name is asked here.
 */
export const provenancePackage: Clause<unknown, ProvenanceFacts> = {
  name: 'provenance.package',
  asked: (_required, rules) => rules.require.publish !== undefined,
  expected: () => 'the package that the registry says was published',
  judge: (_facts, _required, context, receipt) => {
    const next = 'publish the package that this build made'
    const named = packageOf(receipt.statement)
    if (named === undefined) return failed('not exactly one package as its subject', next)
    const from = context.rules.require.publish?.from ?? []
    const published = context.receipts
      .filter((other) => other.statement.predicateType === PREDICATE.npmPublish && from.includes(other.signer.authority))
      .filter((other) => isAbout(other.statement, context.artifact))
    return published.some((other) => packageOf(other.statement) === named)
      ? met(show(named))
      : failed(`${show(named)}, which no registry says was published`, next)
  },
}

import type { ProvenanceFacts } from '../facts/provenance-facts.ts'
import type { SignerIdentity } from '../../trust/receipt.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/**
 * A provenance signed with a certificate says of its source what the certificate says: the predicate is written by the build,
 * the certificate by the authority that saw the run. Asked wherever the certificate names a source.
 */
export const provenanceCertificate: Clause<unknown, ProvenanceFacts> = {
  name: 'provenance.certificate',
  asked: () => true,
  expected: () => 'the source that the certificate of its signer names',
  judge: (facts, _required, _context, receipt) => {
    const pairs = pairsOf(facts, receipt.signer)
    if (pairs.length === 0) return undefined
    const wrong = pairs.filter((pair) => pair.claimed !== undefined && pair.claimed !== pair.certified)
    if (wrong.length > 0) {
      return failed(
        wrong.map((pair) => `${pair.what} ${show(pair.claimed ?? '')}, where the certificate says ${show(pair.certified)}`).join('; '),
        'do not use it: the provenance is of another build than the one that signed it',
      )
    }
    return met(pairs.map((pair) => pair.what).join(', '))
  },
}

type Pair = { readonly what: string; readonly claimed: string | undefined; readonly certified: string }

function pairsOf(facts: ProvenanceFacts, signer: SignerIdentity): readonly Pair[] {
  const certified = signer.identity?.facts ?? {}
  const { sourceRepositoryUri, sourceRepositoryDigest, sourceRepositoryRef } = certified
  const pair = (what: string, claimed: string | undefined, value: string | undefined): readonly Pair[] =>
    value === undefined ? [] : [{ what, claimed, certified: value }]
  return [
    ...pair('source', facts.source?.uri.replace(/^git\+/, ''), sourceRepositoryUri),
    ...pair('commit', facts.source?.commit, sourceRepositoryDigest),
    ...pair('ref', facts.ref, sourceRepositoryRef),
  ]
}

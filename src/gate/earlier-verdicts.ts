import { PREDICATE } from '../evidence/evidence.ts'
import type { Digest } from '../kernel/digest.ts'
import { readVsa } from '../policy/facts/read-vsa.ts'
import type { Policy } from '../policy/document.ts'
import type { Receipt } from '../trust/receipt.ts'

/** What a verification summary says that was found with an artifact. It is shown, and counts only where a policy asks for it. */
export type EarlierVerdict = {
  readonly envelope: Digest
  /** Key that signed it. */
  readonly keyId: string
  readonly result: 'PASSED' | 'FAILED'
  readonly resource: string
  /** sha256 of the policy it was judged by, hexadecimal, else its URI; undefined when it names none. */
  readonly policy: string | undefined
  /** Whether that is the policy at hand; undefined when there is none. */
  readonly samePolicy: boolean | undefined
}

/** The verified verdicts among receipts, and whether each was reached by `policy`. Pure. */
export function earlierVerdicts(receipts: readonly Receipt[], policy: Pick<Policy, 'digest'> | undefined): readonly EarlierVerdict[] {
  return receipts.flatMap((receipt) => {
    if (receipt.statement.predicateType !== PREDICATE.vsa) return []
    const reading = readVsa(receipt.statement.predicate)
    if (!reading.ok) return []
    const { result, resourceUri, policy: by } = reading.facts
    const samePolicy = policy === undefined ? undefined : by.sha256 === policy.digest.slice('sha256:'.length)
    return [
      { envelope: receipt.envelope, keyId: receipt.signer.keyId, result, resource: resourceUri, policy: by.sha256 ?? by.uri, samePolicy },
    ]
  })
}

import { utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { ANNOTATION } from '../evidence/evidence.ts'
import type { Statement, UnverifiedEvidence } from '../evidence/evidence.ts'
import { logEntryOf, parseLogProof } from '../evidence/log-entry.ts'
import { verifyLogProof } from '../ledger/verify-log-proof.ts'
import { keyAuthoritiesOf } from './authority.ts'
import type { Trust } from './authority.ts'
import { noteNameOf } from './note-keys.ts'
import type { Receipt } from './receipt.ts'
import { logVerifiersOf } from './trust-keys.ts'

type Logged = NonNullable<Receipt['log']>

/**
 * Checks the log proof that came with evidence, if one did. The entry is recomputed from the verified statement, the stored bytes and
 * the signer; only the proof is taken from the claim. Out: what is proven, why the proof does not hold, or nothing when there is none.
 */
export function checkLog(
  evidence: UnverifiedEvidence,
  statement: Statement,
  keyId: string,
  trust: Trust,
): { readonly log?: Logged; readonly logProblem?: string } {
  const claim = evidence.annotations[ANNOTATION.logProof]
  if (claim === undefined) return {}
  try {
    const proof = parseLogProof(parseJson(utf8(claim), evidence.where, { limitName: 'manifestBytes' }), evidence.where)
    const entry = logEntryOf(statement, evidence.digest, keyId)
    const proven = verifyLogProof(entry, proof, logVerifiersOf(trust))
    if ('why' in proven) return { logProblem: `the log proof does not hold: ${proven.why}` }
    return { log: { entry, proof, size: proven.size, root: proven.root, checkpointBy: namesOf(proven.by, trust) } }
  } catch (error) {
    if (error instanceof TallyError && error.code !== 'bug') return { logProblem: `the log proof cannot be read: ${error.message}` }
    throw error
  }
}

/** The names the trust list gives to those who signed the checkpoint. */
function namesOf(by: string, trust: Trust): string {
  const names = new Map(keyAuthoritiesOf(trust).map((one) => [noteNameOf(one.key.keyId), one.name]))
  return by
    .split(', ')
    .map((name) => names.get(name) ?? name)
    .join(', ')
}

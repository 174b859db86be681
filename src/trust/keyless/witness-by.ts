import { toBase64 } from '../../kernel/bytes.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import type { Deps } from '../../kernel/deps.ts'
import { parseLogEntry } from '../../evidence/bundle.ts'
import type { BundleLogEntry } from '../../evidence/bundle.ts'
import { openedCheckpoint } from '../../ledger/checkpoint-facts.ts'
import { leafHash, rootFromInclusion } from '../../ledger/merkle.ts'
import type { ServiceDeps } from '../signers/service-call.ts'
import type { Signed, Witnessed } from '../signer.ts'
import { checkBody } from '../sigstore/rekor-body.ts'
import { logSignature } from './rekor.ts'
import { selectServices } from './signing-config.ts'
import type { Service, SigningConfig } from './signing-config.ts'
import { requestTimestamp } from './timestamp-request.ts'

export type Witnessing = Pick<SigningConfig, 'logs' | 'logRule' | 'timestampAuthorities' | 'timestampRule'>

/** Versions of the interfaces that are spoken here: Rekor v2; timestamp authorities have one. */
const LOG_VERSIONS = [2]
const TIMESTAMP_VERSIONS = [1]

/**
 * What has signatures witnessed, by the logs and timestamp authorities of a signing configuration; undefined when it lists none. The
 * answers are checked as far as they can be without knowing whom to trust: each is about this signature, and a log's proof leads to its
 * checkpoint. Throws `config-invalid` when too few services can be used.
 */
export function witnessBy(
  deps: ServiceDeps & Pick<Deps, 'randomBytes'>,
  config: Witnessing,
): ((signed: Signed) => Promise<Witnessed>) | undefined {
  const now = deps.now()
  const logs = selectServices(config.logs, config.logRule, LOG_VERSIONS, now, 'logs')
  const authorities = selectServices(config.timestampAuthorities, config.timestampRule, TIMESTAMP_VERSIONS, now, 'timestamp authorities')
  if (logs.length === 0 && authorities.length === 0) return undefined
  if (logs.length > 0 && authorities.length === 0) {
    throw fail('config-invalid', 'lists a log, which says nothing of the time, and no timestamp authority', {
      where: 'the signing configuration',
      hint: 'add a timestamp authority under tsaUrls',
    })
  }
  return async (signed) => {
    const [logEntries, timestamps] = await Promise.all([
      Promise.all(logs.map((log) => loggedEntry(deps, log, signed))),
      Promise.all(authorities.map((authority) => requestTimestamp(deps, authority, signed.signature))),
    ])
    return { logEntries, timestamps }
  }
}

async function loggedEntry(deps: ServiceDeps, log: Service, signed: Signed): Promise<Json> {
  const where = log.url.host
  const json = await logSignature(deps, log, signed)
  try {
    const entry = parseLogEntry(json, where)
    const subject = { ...signed, digest: (hash: string) => (hash === signed.hash ? signed.digest : undefined) }
    const problem = checkBody(entry, subject, where) ?? checkInclusion(entry)
    if (problem !== undefined) throw fail('service-error', `gave an entry that ${problem}`, { where })
  } catch (error) {
    if (!(error instanceof TallyError) || error.code !== 'evidence-malformed') throw error
    throw fail('service-error', `gave an entry that cannot be read: it ${error.message}`, { where, cause: error })
  }
  return json
}

/** Whether the proof leads from the entry to the root of its checkpoint. Whose checkpoint it is, the verifier asks. */
function checkInclusion({ body, logIndex, proof }: BundleLogEntry): string | undefined {
  if (proof?.checkpoint === undefined) return 'has no proof'
  const checkpoint = openedCheckpoint(proof.checkpoint)
  const isOther = proof.logIndex !== logIndex || checkpoint.size !== proof.treeSize || checkpoint.root !== toBase64(proof.rootHash)
  if (isOther || proof.hashes.some((hash) => hash.byteLength !== 32)) return 'has a proof for something else than its checkpoint'
  const root = rootFromInclusion(leafHash(body), proof.logIndex, checkpoint.size, proof.hashes)
  return root !== undefined && toBase64(root) === checkpoint.root ? undefined : 'has a proof that does not lead to its checkpoint'
}

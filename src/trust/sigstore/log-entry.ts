import { toBase64, toHex, utf8 } from '../../kernel/bytes.ts'
import type { BundleLogEntry } from '../../evidence/bundle.ts'
import { openCheckpoint } from '../../ledger/checkpoint.ts'
import { leafHash, rootFromInclusion, sameHash } from '../../ledger/merkle.ts'
import type { LogKey } from './log-key.ts'
import { isWithin, isoTime } from './time-range.ts'

/** What a log entry proves about itself; whether it is about the evidence is `checkBody`'s question. */
export type ProvenEntry = {
  readonly source: BundleLogEntry
  readonly log: LogKey
  readonly index: number
  /** Milliseconds since 1970, when the log's own signature says so (Rekor v1's promise). */
  readonly integratedTime?: number
  /** Whether it was proven to be in the log's tree, and of which size. */
  readonly treeSize?: number
}
/** `unknown`: by a log nobody named, which proves nothing either way. */
export type EntryResult = { readonly entry: ProvenEntry } | { readonly why: string; readonly unknown?: boolean }

/** What an entry must have: the log's promise (bundle 0.1 and what cosign 2 wrote), or a proof with a checkpoint (0.2 and later). */
export type EntryNeed = 'promise' | 'proof'

/**
 * Verifies an entry by the log it names: the promise (signed entry timestamp), the inclusion proof and its checkpoint, whichever there
 * are, all that there are, and the one that is needed.
 */
export function verifyEntry(entry: BundleLogEntry, logs: readonly LogKey[], need: EntryNeed): EntryResult {
  const id = toHex(entry.logId)
  const named = logs.filter((log) => log.id === id)
  if (named.length === 0) return { why: `a log entry is of a log that is not trusted (${id.slice(0, 16)}…)`, unknown: true }
  let refusal = 'a log entry proves nothing'
  for (const log of named) {
    const result = verifyBy(entry, log, need)
    if ('entry' in result) return result
    refusal = result.why
  }
  return { why: refusal }
}

function verifyBy(entry: BundleLogEntry, log: LogKey, need: EntryNeed): EntryResult {
  if (need === 'promise' && entry.promise === undefined) return { why: `the entry of ${log.name} has no signed entry timestamp` }
  if (need === 'proof' && entry.proof?.checkpoint === undefined)
    return { why: `the entry of ${log.name} has no inclusion proof with a checkpoint` }
  let proven: ProvenEntry = { source: entry, log, index: entry.logIndex }
  if (entry.promise !== undefined) {
    if (!log.key.verify(promisedBytes(entry), entry.promise))
      return { why: `the signed entry timestamp of ${log.name} does not match its entry` }
    const integratedTime = entry.integratedTime * 1000
    if (!isWithin(log.validFor, integratedTime))
      return { why: `${log.name} was not trusted at ${isoTime(integratedTime)}, when it signed the entry` }
    proven = { ...proven, integratedTime }
  }
  // A proof without a checkpoint, as bundles 0.1 may have it, proves nothing: anybody can compute a root.
  if (entry.proof?.checkpoint === undefined) return { entry: proven }
  const included = verifyInclusion(entry, { ...entry.proof, checkpoint: entry.proof.checkpoint }, log)
  return 'why' in included ? included : { entry: { ...proven, treeSize: included.treeSize } }
}

/** What the promise is over: canonical JSON of body, time, index and log id (Rekor v1, "SignedEntryTimestamp"). */
function promisedBytes(entry: BundleLogEntry): Uint8Array {
  const { body, integratedTime, logIndex, logId } = entry
  // Numbers and letters that need no escapes, in their order: what canonicalJson would write.
  return utf8(`{"body":"${toBase64(body)}","integratedTime":${integratedTime},"logID":"${toHex(logId)}","logIndex":${logIndex}}`)
}

type Proof = Required<NonNullable<BundleLogEntry['proof']>>

/** Size and root are those of the checkpoint the log signed; what the bundle claims beside must be the same. */
function verifyInclusion(entry: BundleLogEntry, proof: Proof, log: LogKey): { readonly treeSize: number } | { readonly why: string } {
  const isTiled = entry.version === '0.0.2' && (entry.kind === 'hashedrekord' || entry.kind === 'dsse')
  // Rekor v1 splits its log into shards and gives the index within one; its checkpoints are of `host - tree id`, signed by `host`.
  if (isTiled && proof.logIndex !== entry.logIndex) return { why: `the entry of ${log.name} names two indexes` }
  const name = isTiled ? log.name : proof.checkpoint.slice(0, proof.checkpoint.indexOf('\n')).replace(/ - \d{1,32}$/, '')
  const verifier = { name, keyHash: log.checkpointKeyHash, verify: log.key.verify }
  const checkpoint = openCheckpoint(proof.checkpoint, [verifier], isTiled ? { origin: log.name } : {})
  if ('why' in checkpoint) return { why: `the checkpoint of ${log.name} ${checkpoint.why}` }
  if (checkpoint.size !== proof.treeSize || !sameHash(checkpoint.root, proof.rootHash)) {
    return { why: `the inclusion proof of ${log.name} is for another tree than its checkpoint` }
  }
  if (proof.hashes.some((hash) => hash.byteLength !== 32))
    return { why: `the inclusion proof of ${log.name} holds what is no SHA-256 hash` }
  const root = rootFromInclusion(leafHash(entry.body), proof.logIndex, checkpoint.size, proof.hashes)
  if (root === undefined || !sameHash(root, checkpoint.root)) {
    return { why: `the inclusion proof of ${log.name} does not lead from the entry to the root of its checkpoint` }
  }
  return { treeSize: checkpoint.size }
}

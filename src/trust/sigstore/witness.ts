import type { BundleLogEntry } from '../../evidence/bundle.ts'
import { verifyEntry } from './log-entry.ts'
import type { EntryNeed, ProvenEntry } from './log-entry.ts'
import { verifyTimestamp } from './timestamp.ts'
import type { ProvenTimestamp } from './timestamp.ts'
import type { TrustedRoot } from './trusted-root.ts'
import { isWithin, isoTime } from './time-range.ts'

/** How many distinct witnesses a signature must have. Distinct by operator: two logs of one operator are one witness. */
export type Needs = {
  readonly logs: number
  readonly timestamps: number
  /** Logs of certificates. */
  readonly certificateLogs: number
  /** Whether a certificate is judged as of this time (milliseconds since 1970) where no time is proven: what cosign does without a log. */
  readonly now?: number
}

/** What Sigstore's clients ask for: one log, one certificate log, and some proven time. */
export const SIGSTORE_NEEDS: Needs = { logs: 1, timestamps: 0, certificateLogs: 1 }

/** What came with a signature to prove when it was made and that others saw it. */
export type Witnesses = {
  readonly logEntries: readonly BundleLogEntry[]
  readonly entryNeed: EntryNeed
  /** DER of RFC 3161 timestamp responses. */
  readonly timestamps: readonly Uint8Array[]
  /** The stored bytes the signature stands in, where a timestamp may be over them: cosign 2 stamped whole envelopes. */
  readonly around?: Uint8Array
}

export type Witnessed = {
  readonly entries: readonly ProvenEntry[]
  readonly timestamps: readonly ProvenTimestamp[]
  readonly times: readonly number[]
}

/**
 * Verifies everything that vouches for the time of a signature: all entries and timestamps there are, not only as many as are needed.
 * With `strict`, one by somebody unknown refuses the whole; else it is passed over. Out: what is proven, or why not. Throws
 * `evidence-malformed` or `limit-exceeded`.
 */
export function verifyWitnesses(
  witnesses: Witnesses,
  signature: Uint8Array,
  root: TrustedRoot,
  needs: Needs,
  strict: boolean,
): Witnessed | { readonly why: string } {
  const entries: ProvenEntry[] = []
  for (const one of witnesses.logEntries) {
    const result = verifyEntry(one, root.logs, witnesses.entryNeed)
    if ('entry' in result) entries.push(result.entry)
    else if (strict || result.unknown !== true) return result
  }
  const timestamps: ProvenTimestamp[] = []
  for (const one of witnesses.timestamps) {
    const result = verifyTimestamp(one, signature, root.timestampAuthorities, witnesses.around)
    if ('time' in result) timestamps.push(result)
    else if (strict || result.unknown !== true) return result
  }
  const logs = new Set(entries.map((one) => one.log.operator)).size
  if (logs < needs.logs) return { why: `is in ${logs} trusted logs, where ${needs.logs} are needed` }
  const authorities = new Set(timestamps.map((one) => one.authority.operator)).size
  if (authorities < needs.timestamps)
    return { why: `has timestamps of ${authorities} trusted authorities, where ${needs.timestamps} are needed` }
  const promised = entries.flatMap(({ integratedTime }) => integratedTime ?? [])
  const times = [...timestamps.map((one) => one.time), ...promised]
  // A log that promises no time (Rekor v2) must have been trusted when others say the signature was made.
  for (const { log, integratedTime } of entries) {
    const bad = integratedTime === undefined ? times.find((time) => !isWithin(log.validFor, time)) : undefined
    if (bad !== undefined) return { why: `${log.name} was not trusted at ${isoTime(bad)}, when the signature was made` }
  }
  return { entries, timestamps, times }
}

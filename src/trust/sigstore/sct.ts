import { hash } from 'node:crypto'
import { concatBytes, overLimit, toHex } from '../../kernel/bytes.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { DER } from '../der.ts'
import { malformed, readWhole } from './asn1.ts'
import { tbsWithout } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import type { LogKey } from './log-key.ts'
import { isWithin, isoTime } from './time-range.ts'
import { EXTENSION } from './usage.ts'

/** A signed certificate timestamp (RFC 6962, 3.2), taken apart. */
type Sct = {
  readonly logId: string
  readonly timestamp: Uint8Array
  readonly time: number
  readonly extensions: Uint8Array
  readonly signature: Uint8Array
}

const PRECERTIFICATE = 1

/**
 * Verifies the timestamps certificate logs put into a certificate: each by a log that is trusted, for this very certificate and issuer,
 * at a time that log was trusted. Out: the logs, or why not. Several of one log (or operator) count once; one by a known log that
 * does not hold refuses the certificate.
 */
export function verifyScts(
  leaf: Certificate,
  issuer: Certificate,
  logs: readonly LogKey[],
  threshold: number,
): { readonly logs: readonly LogKey[] } | { readonly why: string } {
  const scts = readScts(leaf)
  const tbs = tbsWithout(leaf, EXTENSION.sct)
  const issuerKeyHash = hash('sha256', issuer.spki, 'buffer')
  const holding = new Map<string, LogKey>()
  for (const sct of scts) {
    const named = logs.filter((log) => log.id === sct.logId)
    // The authority signed the list as a whole, so a log that is not known was not added by somebody else.
    if (named.length === 0) continue
    const log = named.find((one) => isWithin(one.validFor, sct.time))
    if (log === undefined)
      return { why: `its certificate timestamp is of ${isoTime(sct.time)}, when ${named[0]?.name ?? 'its log'} was not trusted` }
    if (!log.key.verify(signedPart(sct, issuerKeyHash, tbs), sct.signature)) {
      return { why: `its certificate timestamp by ${log.name} does not match the certificate` }
    }
    holding.set(log.operator, log)
  }
  if (holding.size >= threshold) return { logs: [...holding.values()] }
  return { why: `its certificate is in ${holding.size} trusted certificate logs, where ${threshold} are needed` }
}

/** What a log signs (RFC 6962, 3.2): version 1, certificate_timestamp, and the certificate as the log saw it. */
function signedPart(sct: Sct, issuerKeyHash: Uint8Array, tbs: Uint8Array): Uint8Array {
  const head = [Uint8Array.of(0, 0), sct.timestamp, Uint8Array.of(0, PRECERTIFICATE)]
  return concatBytes([...head, issuerKeyHash, length(tbs.byteLength, 3), tbs, length(sct.extensions.byteLength, 2), sct.extensions])
}

function length(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (value >> (8 * (size - 1 - at))) & 0xff)
}

function readScts(leaf: Certificate): readonly Sct[] {
  const value = leaf.extensions.get(EXTENSION.sct)?.value
  if (value === undefined) return []
  const what = 'certificate timestamps'
  const list = reader(readWhole(value, DER.octets, what).content, what)
  const all = reader(list.sized(2), what)
  if (!list.isDone()) throw malformed(what)
  const scts: Sct[] = []
  while (!all.isDone()) {
    if (scts.length >= LIMITS.certificateTimestamps) throw overLimit('certificateTimestamps', LIMITS.certificateTimestamps)
    scts.push(readSct(all.sized(2), what))
  }
  return scts
}

function readSct(bytes: Uint8Array, what: string): Sct {
  const from = reader(bytes, what)
  if (from.take(1)[0] !== 0) throw malformed(`${what} of another version`)
  const logId = toHex(from.take(32))
  const timestamp = from.take(8)
  const extensions = from.sized(2)
  // Hash and signature algorithm: the key of the log says what they must be.
  from.take(2)
  const signature = from.sized(2)
  if (!from.isDone()) throw malformed(what)
  const time = Number(new DataView(timestamp.buffer, timestamp.byteOffset, 8).getBigUint64(0))
  return { logId, timestamp, time, extensions, signature }
}

/** Reads the presentation language of TLS (RFC 8446, 3): fixed and length-prefixed pieces. */
function reader(bytes: Uint8Array, what: string) {
  let at = 0
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.byteLength) throw malformed(what)
    at += count
    return bytes.subarray(at - count, at)
  }
  return {
    take,
    sized: (size: number): Uint8Array => take(take(size).reduce((sum, byte) => sum * 256 + byte, 0)),
    isDone: (): boolean => at === bytes.byteLength,
  }
}

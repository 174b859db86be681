import { fromBase64, toHex } from '../../kernel/bytes.ts'
import { digestOf } from '../../kernel/digest.ts'
import type { Digest } from '../../kernel/digest.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { aNumber, either, fields, list, optional, readBy, text, that } from '../../kernel/reader.ts'
import type { Reader } from '../../kernel/reader.ts'
import { parseCertificate } from './certificate.ts'
import type { CertificateAuthority } from './chain.ts'
import type { TimeRange } from './time-range.ts'
import { keyByDetails } from './key-details.ts'
import type { LogKey } from './log-key.ts'

/** Whom a Sigstore instance consists of (sigstore_trustroot.proto, TrustedRoot). */
export type TrustedRoot = {
  /** sha256 of the bytes it was read from. */
  readonly digest: Digest
  /** Logs of signatures (Rekor). */
  readonly logs: readonly LogKey[]
  /** Logs of certificates. */
  readonly certificateLogs: readonly LogKey[]
  /** Issuers of signing certificates (Fulcio). */
  readonly authorities: readonly CertificateAuthority[]
  readonly timestampAuthorities: readonly CertificateAuthority[]
  /** Entries left out because their kind of key is not supported: nothing they signed verifies. */
  readonly leftOut: readonly string[]
}

const MEDIA_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
])

/** Milliseconds since 1970 of a time by RFC 3339. Date.parse alone lets 31 February pass as 3 March. */
const time: Reader<number> = (value) => Date.parse(timeText(value))
const timeText = that((value): value is string => {
  const [, year, month, day] = TIME.exec(value) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCDate() === Number(day) && Number.isSafeInteger(Date.parse(value))
}, 'is not a time by RFC 3339')
const TIME = /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const range = fields({ start: time, end: optional(time) })
const base64 = text({ max: LIMITS.certificateBytes * 2 })
const logId = fields({ keyId: base64 })
// Protobuf JSON may write null for what is not set.
const name = orEmpty(optional(text({ max: 1024 })), '')
const textOrNumber = either(text(), aNumber)
const some = <T>(reader: Reader<T>) => orEmpty(optional(list(reader, { max: LIMITS.trustedRootEntries })), [])
function orEmpty<T>(reader: Reader<T | undefined>, empty: T): Reader<T> {
  return (value) => reader(value) ?? empty
}

const logFields = fields({
  baseUrl: name,
  hashAlgorithm: textOrNumber,
  publicKey: fields({ rawBytes: base64, keyDetails: textOrNumber, validFor: range }),
  logId,
  checkpointKeyId: optional(logId),
  operator: name,
})
const authorityFields = fields({
  uri: name,
  certChain: fields({ certificates: list(fields({ rawBytes: base64 }), { min: 1, max: LIMITS.certificatesPerChain }) }),
  validFor: range,
  operator: name,
})
const rootFields = fields({
  mediaType: text(),
  tlogs: some(logFields),
  certificateAuthorities: some(authorityFields),
  ctlogs: some(logFields),
  timestampAuthorities: some(authorityFields),
})

/**
 * Reads a trusted root, 0.1 or 0.2. In: the bytes and where they are from. Throws `config-invalid`, `version-unsupported`, or
 * `limit-exceeded` (trustedRootBytes, and the caps of each list).
 */
export function parseTrustedRoot(bytes: Uint8Array, where: string): TrustedRoot {
  const json = parseJson(bytes, where, { code: 'config-invalid', limitName: 'trustedRootBytes' })
  const read = readBy(rootFields, json, where, 'config-invalid')
  if (!MEDIA_TYPES.has(read.mediaType)) throw fail('version-unsupported', 'is not a Sigstore trusted root of version 0.1 or 0.2', { where })
  const leftOut: string[] = []
  const logsOf = (list: readonly ReturnType<typeof logFields>[]): readonly LogKey[] =>
    list.flatMap((one) => {
      const log = logOf(one, where)
      if (log === undefined) leftOut.push(`${one.baseUrl} (${one.publicKey.keyDetails}, ${one.hashAlgorithm})`)
      return log ?? []
    })
  return {
    digest: digestOf(bytes),
    logs: logsOf(read.tlogs),
    certificateLogs: logsOf(read.ctlogs),
    authorities: read.certificateAuthorities.map((one) => authorityOf(one, where)),
    timestampAuthorities: read.timestampAuthorities.map((one) => authorityOf(one, where)),
    leftOut,
  }
}

function logOf(read: ReturnType<typeof logFields>, where: string): LogKey | undefined {
  const { publicKey } = read
  const key = keyByDetails(fromBase64(publicKey.rawBytes, 'config-invalid', where), publicKey.keyDetails)
  if (key === undefined || (read.hashAlgorithm !== 'SHA2_256' && read.hashAlgorithm !== 1)) return undefined
  const id = fromBase64(read.logId.keyId, 'config-invalid', where)
  const noteId = read.checkpointKeyId ? fromBase64(read.checkpointKeyId.keyId, 'config-invalid', where) : id
  if (id.byteLength !== 32 || noteId.byteLength < 4) throw fail('config-invalid', 'names a log by an id of another length', { where })
  return {
    id: toHex(id),
    name: hostOf(read.baseUrl),
    checkpointKeyHash: new DataView(noteId.buffer, noteId.byteOffset, 4).getUint32(0),
    operator: read.operator === '' ? `log ${toHex(id)}` : read.operator,
    key,
    validFor: rangeOf(publicKey.validFor),
  }
}

/** Host and path of an address with or without a scheme: what the log calls itself in checkpoints. */
function hostOf(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]{0,30}:\/\//i, '').replace(/\/$/, '')
}

function authorityOf(read: ReturnType<typeof authorityFields>, where: string): CertificateAuthority {
  try {
    const certificates = read.certChain.certificates.map((one) => parseCertificate(fromBase64(one.rawBytes, 'config-invalid', where)))
    return {
      uri: read.uri,
      operator:
        read.operator === '' ? (read.uri === '' ? digestOf(certificates.at(-1)?.raw ?? new Uint8Array(0)) : read.uri) : read.operator,
      validFor: rangeOf(read.validFor),
      certificates,
      issued: new Map(),
    }
  } catch (error) {
    if (error instanceof TallyError && error.code === 'evidence-malformed') {
      throw fail('config-invalid', `an authority (${read.uri}) ${error.message}`, { where, cause: error })
    }
    throw error
  }
}

function rangeOf(read: ReturnType<typeof range>): TimeRange {
  return read.end === undefined || read.end === null ? { start: read.start } : { start: read.start, end: read.end }
}

import { fromBase64, overLimit, toBase64 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import type { Json } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { aNumber, anything, count, either, fields, list, optional, orElse, readBy, text } from '../kernel/reader.ts'
import type { Reader } from '../kernel/reader.ts'
import { MEDIA } from '../artifact/artifact.ts'
import { envelopeJson, parseEnvelope } from './dsse.ts'
import type { Envelope } from './evidence.ts'

export type BundleVersion = '0.1' | '0.2' | '0.3'

/** An entry of a transparency log as a bundle carries it (sigstore_rekor.proto, TransparencyLogEntry). Nothing of it is verified. */
export type BundleLogEntry = {
  readonly logIndex: number
  readonly logId: Uint8Array
  readonly kind: string
  readonly version: string
  /** Seconds since 1970; 0 when the log gives none (Rekor v2). */
  readonly integratedTime: number
  /** Signed entry timestamp. */
  readonly promise?: Uint8Array
  readonly proof?: {
    readonly logIndex: number
    readonly rootHash: Uint8Array
    readonly treeSize: number
    readonly hashes: readonly Uint8Array[]
    readonly checkpoint?: string
  }
  readonly body: Uint8Array
}

export type BundleMaterial =
  | { readonly kind: 'key'; readonly hint: string }
  /** DER, leaf first. A 0.3 bundle has the leaf only. */
  | { readonly kind: 'certificate'; readonly chain: readonly Uint8Array[] }

export type BundleContent =
  | { readonly kind: 'dsse'; readonly envelope: Envelope }
  | {
      readonly kind: 'message'
      readonly digest?: { readonly algorithm: string; readonly value: Uint8Array }
      readonly signature: Uint8Array
    }

/** A Sigstore bundle 0.1, 0.2 or 0.3 (sigstore_bundle.proto), decoded and within caps; nothing of it is verified. */
export type Bundle = {
  readonly version: BundleVersion
  readonly material: BundleMaterial
  readonly logEntries: readonly BundleLogEntry[]
  /** DER of RFC 3161 timestamp responses. */
  readonly timestamps: readonly Uint8Array[]
  readonly content: BundleContent
}

const MEDIA_TYPES: Readonly<Record<string, BundleVersion>> = {
  'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3',
  'application/vnd.dev.sigstore.bundle.v0.1+json': '0.1',
  'application/vnd.dev.sigstore.bundle.v0.2+json': '0.2',
  [MEDIA.bundle]: '0.3',
}

/** What every bundle media type, of any version, starts with. */
export const BUNDLE_MEDIA_PREFIX = 'application/vnd.dev.sigstore.bundle'

/** Proto JSON writes 64-bit integers as text; some writers use numbers. */
const int64: Reader<number> = (value) => count(typeof value === 'string' ? Number(digits(value)) : value)
const digits = text({ pattern: /^(?:0|[1-9]\d{0,15})$/ })
const base64 = text()
const certificate = fields({ rawBytes: text({ min: 1 }) })
const word = text({ min: 1, max: 64 })

const logEntry = fields({
  logIndex: orElse(int64, 0),
  logId: fields({ keyId: base64 }),
  kindVersion: fields({ kind: word, version: word }),
  integratedTime: optional(int64),
  inclusionPromise: optional(fields({ signedEntryTimestamp: base64 })),
  inclusionProof: optional(
    fields({
      logIndex: orElse(int64, 0),
      rootHash: base64,
      treeSize: int64,
      hashes: orElse(list(base64, { max: 64 }), []),
      checkpoint: optional(fields({ envelope: text({ max: LIMITS.keyFileBytes }) })),
    }),
  ),
  canonicalizedBody: base64,
})

const bundle = fields({
  mediaType: text(),
  verificationMaterial: fields({
    publicKey: optional(fields({ hint: orElse(text({ max: 1024 }), '') })),
    certificate: optional(certificate),
    x509CertificateChain: optional(fields({ certificates: list(certificate, { min: 1, max: 16 }) })),
    tlogEntries: optional(list(logEntry)),
    timestampVerificationData: optional(
      fields({ rfc3161Timestamps: optional(list(fields({ signedTimestamp: base64 }), { max: LIMITS.bundleLogEntries })) }),
    ),
  }),
  dsseEnvelope: anything,
  messageSignature: optional(
    fields({
      messageDigest: optional(fields({ algorithm: orElse(either(text(), aNumber), undefined), digest: orElse(base64, undefined) })),
      signature: text({ min: 1 }),
    }),
  ),
})
type BundleJson = ReturnType<typeof bundle>

/**
 * Reads a Sigstore bundle. In: the stored bytes and where they are from. Out: every field decoded. Caps come first: size, depth,
 * log entries, signatures. Throws `evidence-malformed`, `limit-exceeded`, or `version-unsupported` for a version above 0.3.
 */
export function parseBundle(bytes: Uint8Array, where: string): Bundle {
  const json = parseJson(bytes, where, { limitName: 'bundleBytes' })
  refuseMany(json, where)
  const read = readBy(bundle, json, where)
  const version = versionOf(read.mediaType, where)
  const material = materialOf(read.verificationMaterial, version, where)
  const logEntries = (read.verificationMaterial.tlogEntries ?? []).map((entry) => logEntryOf(entry, where))
  const timestamps = read.verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? []
  return {
    version,
    material,
    logEntries,
    timestamps: timestamps.map((one) => fromBase64(one.signedTimestamp, 'evidence-malformed', where)),
    content: contentOf(read, where),
  }
}

/** A signature over the bytes of a file, for a bundle. */
export type MessageSignature = {
  readonly digest: { readonly algorithm: 'SHA2_256' | 'SHA2_384' | 'SHA2_512'; readonly value: Uint8Array }
  readonly signature: Uint8Array
}

export type BundleParts = (
  | {
      /** base64 of the SHA-256 of the SubjectPublicKeyInfo, as cosign writes it. */
      readonly publicKeyHint: string
    }
  | {
      /** DER of the leaf. */
      readonly certificate: Uint8Array
    }
) & {
  /** Entries of a Sigstore log as the log gave them (TransparencyLogEntry in proto JSON). Ours never stand here, but in an annotation. */
  readonly logEntries?: readonly Json[]
  /** DER of RFC 3161 timestamp responses. */
  readonly timestamps?: readonly Uint8Array[]
}

/**
 * The bytes of a Sigstore bundle 0.3, canonical JSON. In: an envelope with exactly one signature, or a signature over a file; who
 * signed, and what log and timestamp authority said to it.
 */
export function makeBundle(content: Envelope | MessageSignature, parts: BundleParts): Uint8Array {
  const timestamps = (parts.timestamps ?? []).map((der) => ({ signedTimestamp: toBase64(der) }))
  return canonicalBytes({
    mediaType: MEDIA.bundle,
    verificationMaterial: {
      ...('certificate' in parts
        ? { certificate: { rawBytes: toBase64(parts.certificate) } }
        : { publicKey: { hint: parts.publicKeyHint } }),
      ...(parts.logEntries === undefined || parts.logEntries.length === 0 ? {} : { tlogEntries: parts.logEntries }),
      ...(timestamps.length === 0 ? {} : { timestampVerificationData: { rfc3161Timestamps: timestamps } }),
    },
    ...('signatures' in content ? { dsseEnvelope: oneSignature(content) } : { messageSignature: messageJson(content) }),
  })
}

function oneSignature(envelope: Envelope): ReturnType<typeof envelopeJson> {
  if (envelope.signatures.length !== 1) throw fail('bug', 'a bundle holds an envelope with exactly one signature')
  return envelopeJson(envelope)
}

function messageJson({ digest, signature }: MessageSignature): Json {
  return { messageDigest: { algorithm: digest.algorithm, digest: toBase64(digest.value) }, signature: toBase64(signature) }
}

function refuseMany(json: unknown, where: string): void {
  const entries = (json as { verificationMaterial?: { tlogEntries?: unknown } } | null)?.verificationMaterial?.tlogEntries
  if (Array.isArray(entries) && entries.length > LIMITS.bundleLogEntries) {
    throw overLimit('bundleLogEntries', LIMITS.bundleLogEntries, where)
  }
}

function versionOf(mediaType: string, where: string): BundleVersion {
  const version = Object.hasOwn(MEDIA_TYPES, mediaType) ? MEDIA_TYPES[mediaType] : undefined
  if (version !== undefined) return version
  if (mediaType.startsWith(BUNDLE_MEDIA_PREFIX)) {
    throw fail('version-unsupported', 'is a Sigstore bundle of a version other than 0.1, 0.2 and 0.3', { where })
  }
  throw fail('evidence-malformed', 'is not a Sigstore bundle: its mediaType names none', { where })
}

function materialOf(read: BundleJson['verificationMaterial'], version: BundleVersion, where: string): BundleMaterial {
  const found: BundleMaterial[] = []
  if (read.publicKey) found.push({ kind: 'key', hint: read.publicKey.hint })
  if (read.certificate) found.push({ kind: 'certificate', chain: [fromBase64(read.certificate.rawBytes, 'evidence-malformed', where)] })
  if (read.x509CertificateChain) {
    if (version === '0.3') throw fail('evidence-malformed', 'is a 0.3 bundle with a certificate chain, which 0.3 does not have', { where })
    const chain = read.x509CertificateChain.certificates.map((one) => fromBase64(one.rawBytes, 'evidence-malformed', where))
    found.push({ kind: 'certificate', chain })
  }
  const [material, second] = found
  if (material === undefined) throw fail('evidence-malformed', 'names neither a public key nor a certificate', { where })
  if (second !== undefined) throw fail('evidence-malformed', 'names more than one public key or certificate', { where })
  return material
}

/** Reads one log entry, as a log gives it and a bundle holds it. Throws `evidence-malformed`. */
export function parseLogEntry(json: unknown, where: string): BundleLogEntry {
  return logEntryOf(readBy(logEntry, json, where), where)
}

function logEntryOf(read: ReturnType<typeof logEntry>, where: string): BundleLogEntry {
  const decode = (text: string) => fromBase64(text, 'evidence-malformed', where)
  const proof = read.inclusionProof
  return {
    logIndex: read.logIndex,
    logId: decode(read.logId.keyId),
    kind: read.kindVersion.kind,
    version: read.kindVersion.version,
    integratedTime: read.integratedTime ?? 0,
    ...(read.inclusionPromise ? { promise: decode(read.inclusionPromise.signedEntryTimestamp) } : {}),
    ...(proof
      ? {
          proof: {
            logIndex: proof.logIndex,
            rootHash: decode(proof.rootHash),
            treeSize: proof.treeSize,
            hashes: proof.hashes.map(decode),
            ...(proof.checkpoint ? { checkpoint: proof.checkpoint.envelope } : {}),
          },
        }
      : {}),
    body: decode(read.canonicalizedBody),
  }
}

function contentOf(read: BundleJson, where: string): BundleContent {
  const hasEnvelope = read.dsseEnvelope !== undefined && read.dsseEnvelope !== null
  const message = read.messageSignature ?? undefined
  if (hasEnvelope && message !== undefined) throw fail('evidence-malformed', 'has both an envelope and a message signature', { where })
  if (hasEnvelope) {
    const envelope = parseEnvelope(read.dsseEnvelope, where)
    if (envelope.signatures.length !== 1) {
      throw fail('evidence-malformed', 'has an envelope with more than one signature, which a bundle must not have', { where })
    }
    return { kind: 'dsse', envelope }
  }
  if (message === undefined) throw fail('evidence-malformed', 'has neither an envelope nor a message signature', { where })
  const digest = message.messageDigest
  return {
    kind: 'message',
    signature: fromBase64(message.signature, 'evidence-malformed', where),
    ...(digest?.digest === undefined || digest.algorithm === undefined
      ? {}
      : { digest: { algorithm: String(digest.algorithm), value: fromBase64(digest.digest, 'evidence-malformed', where) } }),
  }
}

import { createHash } from 'node:crypto'
import { toBase64, toHex, utf8 } from '../../../src/kernel/bytes.ts'
import { preAuthEncoding } from '../../../src/evidence/dsse.ts'
import { CODE_SIGNING, TIMESTAMPING, certificateOf, extension, loggedCertificateOf, newPair, signBytes } from './certificates.ts'
import type { CertificatePlan, FakeExtension, Pair, SctPlan } from './certificates.ts'
import { entryOf, logIdOf } from './logs.ts'
import type { FakeEntry, FakeLog } from './logs.ts'
import { timestampOf } from './timestamps.ts'
import type { TimestampPlan } from './timestamps.ts'

// A whole Sigstore instance in memory: every piece of it is made by us, and each can be made wrong alone.

export const SIGNED_AT = '2026-01-01T00:05:00Z'
export const IDENTITY = 'https://github.com/example/app/.github/workflows/release.yml@refs/heads/main'
export const ISSUER = 'https://token.example.com'

const [rootKey, issuerKey, ctKey, tsaRootKey, tsaKey] = [newPair(), newPair(), newPair(), newPair(), newPair()]
export const keys = { root: rootKey, issuer: issuerKey, certificateLog: ctKey, tsaRoot: tsaRootKey, tsa: tsaKey }
export const logs: { readonly v1: FakeLog; readonly v2: FakeLog } = {
  v1: { name: 'rekor.test', pair: newPair(), kind: 'v1' },
  v2: { name: 'log2026.rekor.test', pair: newPair('ed25519'), kind: 'v2' },
}

const YEARS = { from: '2025-01-01T00:00:00Z', to: '2035-01-01T00:00:00Z' }
export const authority = (name: string, key: Pair, issuer: string, signer: Pair, more: Partial<CertificatePlan> = {}): Uint8Array =>
  certificateOf({
    subject: name,
    issuer,
    key,
    signer,
    ...YEARS,
    extensions: [extension.basicConstraints(), extension.keyUsage(5)],
    ...more,
  })
export const rootCertificate = authority('root', rootKey, 'root', rootKey)
export const issuerCertificate = authority('issuer', issuerKey, 'root', rootKey)
export const tsaRootCertificate = authority('tsa root', tsaRootKey, 'tsa root', tsaRootKey)
export const tsaCertificate = certificateOf({
  subject: 'tsa',
  issuer: 'tsa root',
  key: tsaKey,
  signer: tsaRootKey,
  ...YEARS,
  serial: 9,
  extensions: [extension.keyUsage(0), extension.purpose(TIMESTAMPING, true)],
})

type Range = { readonly start: string; readonly end?: string }
const ALWAYS: Range = { start: '2025-01-01T00:00:00Z' }

export type RootPlan = {
  readonly issuers?: readonly Uint8Array[]
  readonly tsa?: readonly Uint8Array[]
  readonly validFor?: { readonly [K in 'v1' | 'v2' | 'certificateLog' | 'authority' | 'tsa']?: Range }
  readonly operator?: string
}

/** The trusted root of the instance, as JSON data. */
export function trustedRootJson({
  issuers = [issuerCertificate, rootCertificate],
  tsa = [tsaCertificate, tsaRootCertificate],
  validFor = {},
  operator = '',
}: RootPlan = {}) {
  const chain = (certificates: readonly Uint8Array[]) => ({ certificates: certificates.map((one) => ({ rawBytes: toBase64(one) })) })
  const logEntry = (url: string, pair: Pair, id: Uint8Array, keyDetails: string, range: Range) => ({
    baseUrl: `https://${url}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: toBase64(pair.spki), keyDetails, validFor: range },
    logId: { keyId: toBase64(id) },
    operator,
  })
  const ecdsa = 'PKIX_ECDSA_P256_SHA_256'
  const ctId = new Uint8Array(createHash('sha256').update(ctKey.spki).digest())
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot.v0.2+json',
    tlogs: [
      logEntry(logs.v1.name, logs.v1.pair, logIdOf(logs.v1), ecdsa, validFor.v1 ?? ALWAYS),
      logEntry(logs.v2.name, logs.v2.pair, logIdOf(logs.v2), 'PKIX_ED25519', validFor.v2 ?? ALWAYS),
    ],
    ctlogs: [logEntry('ct.test', ctKey, ctId, ecdsa, validFor.certificateLog ?? ALWAYS)],
    certificateAuthorities: [{ uri: 'https://fulcio.test', certChain: chain(issuers), validFor: validFor.authority ?? ALWAYS, operator }],
    timestampAuthorities: [{ uri: 'https://tsa.test', certChain: chain(tsa), validFor: validFor.tsa ?? ALWAYS, operator }],
  }
}

export type LeafPlan = Partial<CertificatePlan> & {
  readonly identity?: string
  readonly add?: readonly FakeExtension[]
  readonly scts?: readonly SctPlan[]
}

/** A signing certificate of the instance for a key, valid ten minutes around SIGNED_AT. */
export function leafOf(key: Pair, { identity = IDENTITY, add = [], scts, ...plan }: LeafPlan = {}): Uint8Array {
  const extensions = [
    extension.keyUsage(0),
    extension.purpose(CODE_SIGNING),
    extension.names(identity),
    extension.fulcio(8, ISSUER),
    extension.fulcio(12, 'https://github.com/example/app'),
    ...add,
  ]
  const full = {
    subject: '',
    issuer: 'issuer',
    key,
    signer: issuerKey,
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T00:10:00Z',
    extensions,
    ...plan,
  }
  return loggedCertificateOf(full, scts ?? [{ log: ctKey, time: '2026-01-01T00:00:00Z', issuer: issuerKey }])
}

/** A timestamp of the instance. */
export function stamp(over: Uint8Array, plan: Partial<TimestampPlan> = {}): Uint8Array {
  return timestampOf({ over, time: SIGNED_AT, signer: tsaKey, certificate: tsaCertificate, issuer: 'tsa root', serial: 9, ...plan })
}

const pemOf = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${toBase64(der).replaceAll(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())

export type Verifier = { readonly kind: 'certificate' | 'key'; readonly der: Uint8Array }

/** The body of an entry about a signature over a digest. */
export function hashedRekord(kind: 'v1' | 'v2', signature: Uint8Array, digest: Uint8Array, verifier: Verifier): object {
  if (kind === 'v1') {
    const pem = pemOf(verifier.kind === 'certificate' ? 'CERTIFICATE' : 'PUBLIC KEY', verifier.der)
    const spec = {
      data: { hash: { algorithm: 'sha256', value: toHex(digest) } },
      signature: { content: toBase64(signature), publicKey: { content: toBase64(utf8(pem)) } },
    }
    return { apiVersion: '0.0.1', kind: 'hashedrekord', spec }
  }
  const raw = { rawBytes: toBase64(verifier.der) }
  const signed = {
    content: toBase64(signature),
    verifier: {
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      ...(verifier.kind === 'certificate' ? { x509Certificate: raw } : { publicKey: raw }),
    },
  }
  return {
    apiVersion: '0.0.2',
    kind: 'hashedrekord',
    spec: { hashedRekordV002: { data: { algorithm: 'SHA2_256', digest: toBase64(digest) }, signature: signed } },
  }
}

/** The body of Rekor v1 for an envelope, in its two kinds. */
export function envelopeBody(
  kind: 'dsse' | 'intoto',
  signature: Uint8Array,
  payload: Uint8Array,
  payloadType: string,
  verifier: Verifier,
): object {
  const key = toBase64(utf8(pemOf(verifier.kind === 'certificate' ? 'CERTIFICATE' : 'PUBLIC KEY', verifier.der)))
  const payloadHash = { algorithm: 'sha256', value: toHex(sha256(payload)) }
  if (kind === 'dsse')
    return {
      apiVersion: '0.0.1',
      kind,
      spec: { envelopeHash: payloadHash, payloadHash, signatures: [{ signature: toBase64(signature), verifier: key }] },
    }
  const envelope = { payloadType, signatures: [{ sig: toBase64(utf8(toBase64(signature))), publicKey: key }] }
  return { apiVersion: '0.0.2', kind, spec: { content: { envelope, payloadHash } } }
}

export type BundleJson = {
  mediaType: string
  verificationMaterial: {
    certificate?: { rawBytes: string }
    x509CertificateChain?: { certificates: { rawBytes: string }[] }
    publicKey?: { hint: string }
    tlogEntries: FakeEntry[]
    timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] }
  }
  messageSignature?: { messageDigest: { algorithm: string; digest: string }; signature: string }
  dsseEnvelope?: { payload: string; payloadType: string; signatures: { sig: string }[] }
}

export type SignedPlan = {
  readonly key?: Pair
  readonly leaf?: Uint8Array
  readonly log?: 'v1' | 'v2'
  /** A bare key in place of a certificate. */
  readonly bare?: boolean
  readonly stamped?: boolean
  /** Makes the timestamp in place of the instance's authority. */
  readonly stampWith?: (signature: Uint8Array) => Uint8Array
  /** Sign an envelope around this statement in place of the message. */
  readonly statement?: { readonly payload: Uint8Array; readonly kind?: 'hashedrekord' | 'dsse' | 'intoto' }
}

/** A bundle over a message (or an envelope) that verifies by the instance's trusted root. */
export function signedBundle(
  message: Uint8Array,
  { key = newPair(), log = 'v1', bare = false, stamped = log === 'v2', stampWith = stamp, statement, ...plan }: SignedPlan = {},
): BundleJson {
  const payloadType = 'application/vnd.in-toto+json'
  const signed = statement === undefined ? message : preAuthEncoding(payloadType, statement.payload)
  const signature = signBytes(key, signed)
  const leaf = plan.leaf ?? leafOf(key)
  const verifier: Verifier = bare ? { kind: 'key', der: key.spki } : { kind: 'certificate', der: leaf }
  const kind = statement?.kind ?? 'hashedrekord'
  const body =
    statement === undefined || kind === 'hashedrekord'
      ? hashedRekord(log, signature, sha256(signed), verifier)
      : envelopeBody(kind, signature, statement.payload, payloadType, verifier)
  const content =
    statement === undefined
      ? {
          messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: toBase64(sha256(message)) }, signature: toBase64(signature) },
        }
      : { dsseEnvelope: { payload: toBase64(statement.payload), payloadType, signatures: [{ sig: toBase64(signature) }] } }
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      ...(bare ? { publicKey: { hint: '' } } : { certificate: { rawBytes: toBase64(leaf) } }),
      tlogEntries: [entryOf({ log: logs[log], body })],
      timestampVerificationData: { rfc3161Timestamps: stamped ? [{ signedTimestamp: toBase64(stampWith(signature)) }] : [] },
    },
    ...content,
  }
}

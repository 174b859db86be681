import { hash as digest } from 'node:crypto'
import { equalBytes, fromBase64, fromHex, textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { anything, fields, list, oneOf, orElse, readBy, text } from '../../kernel/reader.ts'
import type { BundleLogEntry } from '../../evidence/bundle.ts'
import type { Envelope } from '../../evidence/evidence.ts'
import type { HashName } from '../schemes.ts'

/** What an entry must be about: the signature, whose key or certificate verifies it, and what was signed. */
export type EntrySubject = {
  readonly signature: Uint8Array
  /** DER of the certificate, or of the SubjectPublicKeyInfo of a bare key. */
  readonly verifier: { readonly kind: 'certificate' | 'key'; readonly der: Uint8Array }
  readonly envelope?: Envelope
  /** Digest of what was signed: of the message, or of the envelope's pre-authentication encoding. Undefined where the message is not at hand. */
  readonly digest: (hash: HashName) => Uint8Array | undefined
}

type Check = (body: unknown, subject: EntrySubject, where: string) => string | undefined

/**
 * Whether the body of a log entry is about this very signature, key and digest. In: the entry, whose body the log signed. Out:
 * undefined, or what differs. Throws `evidence-malformed` for a body that is
 * not of its kind.
 */
export function checkBody(entry: BundleLogEntry, subject: EntrySubject, where: string): string | undefined {
  const { kind, apiVersion, spec } = readBy(bodyFields, parseJson(entry.body, where, { limitName: 'bundleBytes' }), where)
  if (kind !== entry.kind || apiVersion !== entry.version) return 'is of another kind or version than its body'
  const check = Object.hasOwn(KINDS, `${kind} ${apiVersion}`) ? KINDS[`${kind} ${apiVersion}`] : undefined
  return check === undefined ? `is of kind ${kind} ${apiVersion}, which is not supported` : check(spec, subject, where)
}

const bodyFields = fields({ kind: text({ max: 64 }), apiVersion: text({ max: 64 }), spec: anything })
const hash = fields({ algorithm: oneOf(['sha256', 'sha384', 'sha512']), value: text() })
const base64 = text({ min: 1 })
const FEW = { min: 1, max: 16 }

const hashedRekordV1 = fields({
  data: fields({ hash }),
  signature: fields({ content: base64, publicKey: fields({ content: base64 }) }),
})
const HASHES_V2 = { SHA2_256: 'sha256', SHA2_384: 'sha384', SHA2_512: 'sha512' } as const
const hashV2 = fields({ algorithm: oneOf(['SHA2_256', 'SHA2_384', 'SHA2_512']), digest: base64 })
const rawBytes = orElse(fields({ rawBytes: base64 }), undefined)
const signatureV2 = fields({ content: base64, verifier: fields({ x509Certificate: rawBytes, publicKey: rawBytes }) })
const hashedRekordV2 = fields({ hashedRekordV002: fields({ data: hashV2, signature: signatureV2 }) })
const dsseV2 = fields({ dsseV002: fields({ payloadHash: hashV2, signatures: list(signatureV2, FEW) }) })
const dsseV1 = fields({ payloadHash: hash, signatures: list(fields({ signature: base64, verifier: base64 }), FEW) })
const intotoV2 = fields({
  content: fields({
    envelope: fields({ payloadType: text(), signatures: list(fields({ sig: base64, publicKey: base64 }), FEW) }),
    payloadHash: hash,
  }),
})

/**
 * Every kind of body that names its signature: those of Rekor v1 that bundles carry, and those of Rekor v2. An entry of kind intoto 0.0.1,
 * as cosign 1 made it, names the hash of a file and no signature, and is refused by name.
 */
const KINDS: Readonly<Record<string, Check>> = {
  'hashedrekord 0.0.1': (spec, subject, where) => {
    const { data, signature } = readBy(hashedRekordV1, spec, where)
    return (
      checkSignature(decode(signature.content, where), subject) ??
      checkVerifier(pemOf(decode(signature.publicKey.content, where), where), subject) ??
      checkDigest(data.hash.algorithm, fromHex(data.hash.value, 'evidence-malformed', where), subject)
    )
  },
  'hashedrekord 0.0.2': (spec, subject, where) => {
    const { data, signature } = readBy(hashedRekordV2, spec, where).hashedRekordV002
    return checkSignatureV2(signature, subject, where) ?? checkDigest(HASHES_V2[data.algorithm], decode(data.digest, where), subject)
  },
  'dsse 0.0.2': (spec, subject, where) => {
    const { payloadHash, signatures } = readBy(dsseV2, spec, where).dsseV002
    const [signature, ...more] = signatures
    if (signature === undefined || more.length > 0) return 'is of several signatures'
    const named = { algorithm: HASHES_V2[payloadHash.algorithm], digest: decode(payloadHash.digest, where) }
    return checkSignatureV2(signature, subject, where) ?? checkPayload(named, subject)
  },
  'dsse 0.0.1': (spec, subject, where) => {
    const { payloadHash, signatures } = readBy(dsseV1, spec, where)
    const [signature, ...more] = signatures
    if (signature === undefined || more.length > 0) return 'is of several signatures'
    return (
      checkSignature(decode(signature.signature, where), subject) ??
      checkVerifier(pemOf(decode(signature.verifier, where), where), subject) ??
      checkPayload(fromHexHash(payloadHash, where), subject)
    )
  },
  'intoto 0.0.2': (spec, subject, where) => {
    const { envelope, payloadHash } = readBy(intotoV2, spec, where).content
    const [signature, ...more] = envelope.signatures
    if (signature === undefined || more.length > 0) return 'is of several signatures'
    if (envelope.payloadType !== subject.envelope?.payloadType) return 'is of another payload type'
    // The signature is base64 of base64 here.
    const sig = decode(textOf(decode(signature.sig, where), 'evidence-malformed', where), where)
    return (
      checkSignature(sig, subject) ??
      checkVerifier(pemOf(decode(signature.publicKey, where), where), subject) ??
      checkPayload(fromHexHash(payloadHash, where), subject)
    )
  },
}

/** Rekor v2 names signature and verifier together, the verifier as it is. */
function checkSignatureV2({ content, verifier }: ReturnType<typeof signatureV2>, subject: EntrySubject, where: string): string | undefined {
  const { x509Certificate, publicKey } = verifier
  if ((x509Certificate === undefined) === (publicKey === undefined)) return 'names not exactly one key or certificate'
  const named: EntrySubject['verifier'] = {
    kind: x509Certificate === undefined ? 'key' : 'certificate',
    der: decode(x509Certificate?.rawBytes ?? publicKey?.rawBytes ?? '', where),
  }
  return checkSignature(decode(content, where), subject) ?? checkVerifier(named, subject)
}

function checkSignature(signature: Uint8Array, subject: EntrySubject): string | undefined {
  return equalBytes(signature, subject.signature) ? undefined : 'is about another signature'
}

function checkVerifier(verifier: EntrySubject['verifier'], { verifier: expected }: EntrySubject): string | undefined {
  if (verifier.kind === expected.kind && equalBytes(verifier.der, expected.der)) return undefined
  return 'is about the key or certificate of somebody else'
}

function checkDigest(algorithm: HashName, digest: Uint8Array, subject: EntrySubject): string | undefined {
  const expected = subject.digest(algorithm)
  if (expected === undefined) return `is by ${algorithm}, which cannot be compared without the bytes themselves`
  return equalBytes(digest, expected) ? undefined : 'is about other bytes'
}

/** Kinds that hold an envelope name the digest of its payload alone. */
function checkPayload(
  named: { readonly algorithm: HashName; readonly digest: Uint8Array },
  { envelope }: EntrySubject,
): string | undefined {
  if (envelope === undefined) return 'is about an envelope, and this is none'
  return equalBytes(named.digest, hashOf(named.algorithm, envelope.payload)) ? undefined : 'is about another payload'
}

function fromHexHash({ algorithm, value }: ReturnType<typeof hash>, where: string): { algorithm: HashName; digest: Uint8Array } {
  return { algorithm, digest: fromHex(value, 'evidence-malformed', where) }
}

function decode(text: string, where: string): Uint8Array {
  return fromBase64(text, 'evidence-malformed', where)
}

function hashOf(name: HashName, bytes: Uint8Array): Uint8Array {
  return digest(name, bytes, 'buffer')
}

const PEM = /^\s*-----BEGIN (CERTIFICATE|PUBLIC KEY)-----\s([A-Za-z0-9+/=\s]{1,65536})-----END \1-----\s*$/

/** The one certificate or key of a PEM text. */
function pemOf(bytes: Uint8Array, where: string): EntrySubject['verifier'] {
  const [, label, body = ''] = PEM.exec(textOf(bytes, 'evidence-malformed', where)) ?? []
  if (label === undefined) throw fail('evidence-malformed', 'has a log entry that names not one certificate or key in PEM', { where })
  return { kind: label === 'CERTIFICATE' ? 'certificate' : 'key', der: decode(body.replaceAll(/\s/g, ''), where) }
}

import { hash as digestOf } from 'node:crypto'
import { equalBytes, overLimit } from '../../kernel/bytes.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { DER, contextTag, writeDer } from '../der.ts'
import type { DerElement } from '../der.ts'
import type { HashName } from '../schemes.ts'
import { expectTag, malformed, membersOf, readCount, readOid, readTime, readWhole, unusable } from './asn1.ts'
import { readHash, readSignatureAlgorithm, withHash } from './signature-algorithm.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'

/** Who signed, as the one SignerInfo names it (RFC 5652, 5.3). */
export type SignerReference =
  | { readonly kind: 'issuer and serial'; readonly issuer: Uint8Array; readonly serial: Uint8Array }
  | { readonly kind: 'key id'; readonly keyId: Uint8Array }

/** An RFC 3161 timestamp taken apart; content and attributes belong together, and nothing else is verified. */
export type TimestampToken = {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly imprint: { readonly hash: HashName; readonly digest: Uint8Array }
  readonly signer: SignerReference
  readonly algorithm: SignatureAlgorithm
  /** What the signature is over. */
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
  /** Digest of the signer's certificate, as the signed attribute names it; RFC 3161 demands the attribute. */
  readonly certificateHash: { readonly hash: HashName | 'sha1'; readonly digest: Uint8Array }
  /** DER of the certificates that came with it, in no order. */
  readonly certificates: readonly Uint8Array[]
}

/** Reads a TimeStampResp (RFC 3161, 2.4.2). Throws `evidence-malformed` or `limit-exceeded`. */
export function parseTimestamp(bytes: Uint8Array): TimestampToken {
  const what = 'a timestamp'
  if (bytes.byteLength > LIMITS.timestampBytes) throw overLimit('timestampBytes', LIMITS.timestampBytes)
  const [status, token, ...none] = membersOf(readWhole(bytes, DER.sequence, what), DER.sequence, what)
  // granted, or granted with modifications
  if (readCount(membersOf(status, DER.sequence, what)[0], what) > 1 || none.length > 0) throw unusable('a timestamp that was refused')
  const [type, wrapped] = membersOf(token, DER.sequence, what)
  if (readOid(type, what) !== SIGNED_DATA) throw malformed(what)
  return readSignedData(membersOf(membersOf(wrapped, contextTag(0), what)[0], DER.sequence, what), what)
}

function readSignedData(members: readonly DerElement[], what: string): TimestampToken {
  const [version, digestAlgorithms, content, ...rest] = members
  // Nothing here is signed, so nothing is left unread.
  if (readCount(version, what) !== 3) throw unusable('a signed message of another version')
  const hashes = membersOf(digestAlgorithms, DER.set, what).map((one) => readHash(one, what))
  const [contentType, wrapped] = membersOf(content, DER.sequence, what)
  if (readOid(contentType, what) !== TST_INFO) throw unusable('a signed message that is no timestamp')
  const info = expectTag(membersOf(wrapped, contextTag(0), what)[0], DER.octets, what).content
  const bag = rest.find((one) => one.tag === contextTag(0))
  const certificates = bag === undefined ? [] : membersOf(bag, contextTag(0), what).map((one) => one.raw)
  if (certificates.length > LIMITS.certificatesPerChain) throw overLimit('certificatesPerChain', LIMITS.certificatesPerChain)
  const [signerInfo, ...others] = membersOf(rest.at(-1), DER.set, what)
  if (signerInfo === undefined || others.length > 0) throw unusable('a timestamp of not exactly one signer')
  const { hash, ...signer } = readSigner(signerInfo, info, what)
  if (!hashes.includes(hash)) throw unusable('a timestamp that does not announce its signer’s hash')
  return { ...readInfo(info, what), ...signer, certificates }
}

/** TSTInfo (RFC 3161, 2.4.2): what time it was, and for which digest. */
function readInfo(info: Uint8Array, what: string): Pick<TimestampToken, 'time' | 'imprint'> {
  const [version, , imprint, , time] = membersOf(readWhole(info, DER.sequence, what), DER.sequence, what)
  if (readCount(version, what) !== 1) throw unusable('a timestamp of another version')
  const [algorithm, digest] = membersOf(imprint, DER.sequence, what)
  const hash = readHash(algorithm, what)
  if (hash === undefined) throw unusable('a timestamp over a weak or unknown hash')
  return {
    time: readTime(expectTag(time, DER.generalizedTime, what), what),
    imprint: { hash, digest: expectTag(digest, DER.octets, what).content },
  }
}

type Signer = Pick<TimestampToken, 'signer' | 'algorithm' | 'signedBytes' | 'signature' | 'certificateHash'> & { readonly hash: HashName }

/** SignerInfo (RFC 5652, 5.3 and 5.4). The signature is over the attributes, which must name the content; without them nothing is accepted. */
function readSigner(signerInfo: DerElement, info: Uint8Array, what: string): Signer {
  const [version, sid, digestAlgorithm, attributes, signatureAlgorithm, signature] = membersOf(signerInfo, DER.sequence, what)
  const hash = readHash(digestAlgorithm, what)
  if (hash === undefined) throw unusable('a timestamp signed over a weak or unknown hash')
  const values = readAttributes(membersOf(attributes, contextTag(0), what), what)
  if (readOid(values.get(CONTENT_TYPE), what) !== TST_INFO) throw unusable('a timestamp whose signer signed something else')
  const digest = expectTag(values.get(MESSAGE_DIGEST), DER.octets, what).content
  if (!equalBytes(digest, digestOf(hash, info, 'buffer'))) throw unusable('a timestamp that is not the one its signer signed')
  return {
    hash,
    signer: readReference(sid, readCount(version, what), what),
    algorithm: withHash(readSignatureAlgorithm(signatureAlgorithm), hash),
    // Signed as SET OF, sent as [0]: only the tag differs.
    signedBytes: writeDer(DER.set, expectTag(attributes, contextTag(0), what).content),
    signature: expectTag(signature, DER.octets, what).content,
    certificateHash: readCertificateHash(values, what),
  }
}

/** Each attribute with its one value. One that stands there twice could be read two ways. */
function readAttributes(attributes: readonly DerElement[], what: string): ReadonlyMap<string, DerElement> {
  const values = new Map<string, DerElement>()
  for (const attribute of attributes) {
    const [type, set] = membersOf(attribute, DER.sequence, what)
    const [value, ...more] = membersOf(set, DER.set, what)
    const oid = readOid(type, what)
    if (value === undefined || more.length > 0 || values.has(oid)) throw unusable('a timestamp with an attribute of several values')
    values.set(oid, value)
  }
  return values
}

/** The version says which of the two forms it is (RFC 5652, 5.3). */
function readReference(sid: DerElement | undefined, version: number, what: string): SignerReference {
  const isKeyId = sid?.tag === contextTag(0, false)
  if (version !== (isKeyId ? 3 : 1)) throw unusable('a timestamp whose signer is of another version')
  if (isKeyId) return { kind: 'key id', keyId: sid.content }
  const [issuer, serial] = membersOf(sid, DER.sequence, what)
  return {
    kind: 'issuer and serial',
    issuer: expectTag(issuer, DER.sequence, what).raw,
    serial: expectTag(serial, DER.integer, what).content,
  }
}

/** ESSCertID (RFC 2634, 5.4) or ESSCertIDv2 (RFC 5035, 3): the first names the signer's certificate. */
function readCertificateHash(values: ReadonlyMap<string, DerElement>, what: string): TimestampToken['certificateHash'] {
  const first = (value: DerElement | undefined): readonly DerElement[] => {
    const [id] = membersOf(membersOf(value, DER.sequence, what)[0], DER.sequence, what)
    return membersOf(id, DER.sequence, what)
  }
  const second = values.get(SIGNING_CERTIFICATE_V2)
  if (second !== undefined) {
    const fields = [...first(second)]
    const hash = fields[0]?.tag === DER.sequence ? readHash(fields.shift(), what) : 'sha256'
    if (hash === undefined) throw unusable('a timestamp that names its certificate by a weak hash')
    return { hash, digest: expectTag(fields[0], DER.octets, what).content }
  }
  // SHA-1 here chooses among certificates that are verified in their own right; it proves nothing.
  return { hash: 'sha1', digest: expectTag(first(values.get(SIGNING_CERTIFICATE))[0], DER.octets, what).content }
}

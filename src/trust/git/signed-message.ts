import { fromBase64 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { DER, contextTag, writeDer, writeDerInteger } from '../der.ts'
import type { DerElement } from '../der.ts'
import type { HashName } from '../schemes.ts'
import { expectTag, malformed, membersOf, readCount, readOid, readWhole } from '../sigstore/asn1.ts'
import { readHash, readSignatureAlgorithm, withHash } from '../sigstore/signature-algorithm.ts'
import type { SignatureAlgorithm } from '../sigstore/signature-algorithm.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const DATA = '1.2.840.113549.1.7.1'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const TIMESTAMP_TOKEN = '1.2.840.113549.1.9.16.2.14'
/** A log entry as gitsign puts it beside the signature (rekor#1390). */
const LOG_ENTRY = '1.3.6.1.4.1.57264.3.1'

/** A detached CMS signature by exactly one signer (RFC 5652, 5), taken apart. Nothing of it is verified. */
export type SignedMessage = {
  /** DER, in the order they came. */
  readonly certificates: readonly Uint8Array[]
  /** Issuer and serial of the signer's certificate. */
  readonly signer: { readonly issuer: Uint8Array; readonly serial: Uint8Array }
  readonly contentHash: { readonly hash: HashName; readonly digest: Uint8Array }
  readonly algorithm: SignatureAlgorithm
  /** What the signature is over: the attributes, which name the hash of the content. */
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
  /** protobuf of a TransparencyLogEntry. */
  readonly logEntry?: Uint8Array
  /** DER of RFC 3161 responses. */
  readonly timestamps: readonly Uint8Array[]
}

/** Of the message and of its signer, who is named by issuer and serial (RFC 5652, 5.1 and 5.3). */
const VERSION = 1
const WHAT = 'a signed message'
const ARMOR = /^-----BEGIN SIGNED MESSAGE-----\n([A-Za-z0-9+/=\n]{1,262144})-----END SIGNED MESSAGE-----\n?$/

/** Reads what gitsign writes into a commit. Throws `evidence-malformed`. */
export function readSignedMessage(text: string, where: string): SignedMessage {
  const body = ARMOR.exec(text.replaceAll('\r\n', '\n'))?.[1]
  if (body === undefined) throw fail('evidence-malformed', 'is not one whole signed message', { where })
  const der = fromBase64(body.replaceAll('\n', ''), 'evidence-malformed', where)
  const [type, wrapped, ...none] = membersOf(readWhole(der, DER.sequence, WHAT), DER.sequence, WHAT)
  if (readOid(type, WHAT) !== SIGNED_DATA || none.length > 0) throw malformed(WHAT)
  const [version, hashes, content, ...rest] = membersOf(membersOf(wrapped, contextTag(0), WHAT)[0], DER.sequence, WHAT)
  const [contentType, ...inside] = membersOf(content, DER.sequence, WHAT)
  // Content of its own would be signed in the place of the commit.
  if (readOid(contentType, WHAT) !== DATA || inside.length > 0) throw malformed('a signed message with content of its own, and')
  const bag = rest.find((one) => one.tag === contextTag(0))
  const [signerInfo, ...others] = membersOf(rest.at(-1), DER.set, WHAT)
  if (readCount(version, WHAT) !== VERSION) throw malformed('a signed message of another version, and')
  if (signerInfo === undefined || others.length > 0) throw malformed('a signed message of not exactly one signer, and')
  const signer = readSigner(membersOf(signerInfo, DER.sequence, WHAT))
  const listed = membersOf(hashes, DER.set, WHAT).map((one) => readHash(one, WHAT))
  if (listed.some((hash) => hash !== signer.contentHash.hash))
    throw malformed('a signed message that lists other hashes than its signer’s, and')
  return { certificates: bag === undefined ? [] : membersOf(bag, contextTag(0), WHAT).map((one) => one.raw), ...signer }
}

function readSigner(members: readonly DerElement[]): Omit<SignedMessage, 'certificates'> {
  const [version, sid, digestAlgorithm, attributes, signatureAlgorithm, signature, ...rest] = members
  const hash = readHash(digestAlgorithm, WHAT)
  if (readCount(version, WHAT) !== VERSION) throw malformed('a signed message that names its signer in another way, and')
  if (hash === undefined) throw malformed('a signed message over a weak or unknown hash, and')
  const signed = attributesOf(attributes, 0)
  if (readOid(signed.get(CONTENT_TYPE), WHAT) !== DATA) throw malformed('a signed message whose signer signed something else, and')
  const [issuer, serial] = membersOf(sid, DER.sequence, WHAT)
  const beside = rest.length === 0 ? new Map<string, DerElement>() : attributesOf(rest[0], 1)
  const entry = beside.get(LOG_ENTRY)
  const token = beside.get(TIMESTAMP_TOKEN)
  return {
    signer: { issuer: expectTag(issuer, DER.sequence, WHAT).raw, serial: expectTag(serial, DER.integer, WHAT).content },
    contentHash: { hash, digest: expectTag(signed.get(MESSAGE_DIGEST), DER.octets, WHAT).content },
    algorithm: withHash(readSignatureAlgorithm(signatureAlgorithm), hash),
    // Signed as SET OF, sent as [0]: only the tag differs.
    signedBytes: writeDer(DER.set, expectTag(attributes, contextTag(0), WHAT).content),
    signature: expectTag(signature, DER.octets, WHAT).content,
    ...(entry === undefined ? {} : { logEntry: expectTag(entry, DER.octets, WHAT).content }),
    // A token is what a response holds, so a granted response is put around it.
    timestamps: token === undefined ? [] : [writeDer(DER.sequence, writeDer(DER.sequence, writeDerInteger(0)), token.raw)],
  }
}

/** Each attribute with its one value. One that stands there twice could be read two ways. */
function attributesOf(element: DerElement | undefined, tag: number): ReadonlyMap<string, DerElement> {
  const found = new Map<string, DerElement>()
  for (const attribute of membersOf(element, contextTag(tag), WHAT)) {
    const [type, set] = membersOf(attribute, DER.sequence, WHAT)
    const [value, ...more] = membersOf(set, DER.set, WHAT)
    const oid = readOid(type, WHAT)
    if (value === undefined || more.length > 0 || found.has(oid))
      throw malformed('a signed message with an attribute of several values, and')
    found.set(oid, value)
  }
  return found
}

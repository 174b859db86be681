import { createHash } from 'node:crypto'
import { concatBytes, fromBase64, toBase64, toHex, utf8 } from '../../src/kernel/bytes.ts'
import { DER, contextTag, writeDer, writeDerInteger, writeDerOid } from '../../src/trust/der.ts'
import { algorithm, nameOf, sequence, signBytes } from './sigstore-in-memory/certificates.ts'
import type { Pair } from './sigstore-in-memory/certificates.ts'
import { leafOf, logs } from './sigstore-in-memory/instance.ts'
import { entryOf } from './sigstore-in-memory/logs.ts'
import type { EntryPlan, FakeEntry } from './sigstore-in-memory/logs.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const DATA = '1.2.840.113549.1.7.1'

export type GitsignPlan = {
  readonly payload: Uint8Array
  readonly key: Pair
  readonly leaf?: Uint8Array
  /** Certificates sent along, in place of the leaf alone. */
  readonly bag?: readonly Uint8Array[]
  /** What the attributes are about, in place of the payload. */
  readonly attributesOver?: Uint8Array
  /** Content within the message. */
  readonly content?: Uint8Array
  readonly signerInfos?: number
  readonly serial?: number
  /** Changes the log's entry after it was made; undefined leaves it out. */
  readonly entry?: (entry: FakeEntry) => FakeEntry | undefined
  /** What the log's entry is about, in place of this signature. */
  readonly entryOver?: { readonly message?: Uint8Array; readonly signature?: Uint8Array; readonly leaf?: Uint8Array }
  readonly log?: Partial<EntryPlan>
  /** RFC 3161 token beside the signature, as a response. */
  readonly stamp?: (signature: Uint8Array) => Uint8Array
  readonly unsigned?: readonly Uint8Array[]
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())
const octets = (bytes: Uint8Array): Uint8Array => writeDer(DER.octets, bytes)
export const attribute = (oid: string, ...values: readonly Uint8Array[]): Uint8Array =>
  sequence(writeDerOid(oid), writeDer(DER.set, ...values))

/** A signature as gitsign writes it into commits and tags: CMS, the log's entry in an attribute that is not signed, without its body. */
export function signGitsign(plan: GitsignPlan): string {
  const leaf = plan.leaf ?? leafOf(plan.key)
  const attributes = concatBytes([
    attribute('1.2.840.113549.1.9.3', writeDerOid(DATA)),
    attribute('1.2.840.113549.1.9.4', octets(sha256(plan.attributesOver ?? plan.payload))),
  ])
  const signed = writeDer(DER.set, attributes)
  const signature = signBytes(plan.key, signed)
  const about = { message: signed, signature, leaf, ...plan.entryOver }
  const made = entryOf({ log: logs.v1, body: bodyOf(about.message, about.signature, about.leaf), ...plan.log })
  const entry = plan.entry === undefined ? made : plan.entry(made)
  const beside = [
    ...(entry === undefined ? [] : [attribute('1.3.6.1.4.1.57264.3.1', octets(entryProto(entry)))]),
    ...(plan.stamp === undefined ? [] : [attribute('1.2.840.113549.1.9.16.2.14', tokenOf(plan.stamp(signature)))]),
    ...(plan.unsigned ?? []),
  ]
  const signerInfo = sequence(
    writeDerInteger(1),
    sequence(nameOf('issuer'), writeDerInteger(plan.serial ?? 7)),
    algorithm(SHA256),
    writeDer(contextTag(0), attributes),
    algorithm('1.2.840.10045.4.3.2'),
    octets(signature),
    ...(beside.length === 0 ? [] : [writeDer(contextTag(1), ...beside)]),
  )
  const signedData = sequence(
    writeDerInteger(1),
    writeDer(DER.set, algorithm(SHA256)),
    sequence(writeDerOid(DATA), ...(plan.content === undefined ? [] : [writeDer(contextTag(0), octets(plan.content))])),
    writeDer(contextTag(0), ...(plan.bag ?? [leaf])),
    writeDer(DER.set, ...Array.from({ length: plan.signerInfos ?? 1 }, () => signerInfo)),
  )
  const der = sequence(writeDerOid('1.2.840.113549.1.7.2'), writeDer(contextTag(0), signedData))
  return pemOf('SIGNED MESSAGE', der)
}

function pemOf(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** The body gitsign lets the log keep: hashedrekord 0.0.1 about the signed attributes. */
function bodyOf(message: Uint8Array, signature: Uint8Array, leaf: Uint8Array): object {
  const spec = {
    data: { hash: { algorithm: 'sha256', value: toHex(sha256(message)) } },
    signature: { content: toBase64(signature), publicKey: { content: toBase64(utf8(pemOf('CERTIFICATE', leaf))) } },
  }
  return { apiVersion: '0.0.1', kind: 'hashedrekord', spec }
}

/** The token of a response, without the status before it. */
function tokenOf(response: Uint8Array): Uint8Array {
  // SEQUENCE { SEQUENCE { INTEGER 0 } token }: two bytes of tag and one to three of length, then five of status.
  const lengthBytes = (response[1] ?? 0) < 0x80 ? 0 : (response[1] ?? 0) & 0x7f
  return response.subarray(2 + lengthBytes + 5)
}

/** An entry in protobuf (TransparencyLogEntry), without its body. */
function entryProto(entry: FakeEntry): Uint8Array {
  const { inclusionPromise, inclusionProof } = entry
  return concatBytes([
    number(1, Number(entry.logIndex)),
    bytes(2, bytes(1, fromBase64(entry.logId.keyId))),
    bytes(3, concatBytes([bytes(1, utf8(entry.kindVersion.kind)), bytes(2, utf8(entry.kindVersion.version))])),
    number(4, Number(entry.integratedTime)),
    ...(inclusionPromise === undefined ? [] : [bytes(5, bytes(1, fromBase64(inclusionPromise.signedEntryTimestamp)))]),
    ...(inclusionProof === undefined
      ? []
      : [
          bytes(
            6,
            concatBytes([
              number(1, Number(inclusionProof.logIndex)),
              bytes(2, fromBase64(inclusionProof.rootHash)),
              number(3, Number(inclusionProof.treeSize)),
              ...inclusionProof.hashes.map((hash) => bytes(4, fromBase64(hash))),
              bytes(5, bytes(1, utf8(inclusionProof.checkpoint.envelope))),
            ]),
          ),
        ]),
  ])
}

function varint(value: number): Uint8Array {
  const found: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...found, rest])
    found.push((rest % 128) + 128)
  }
}
const number = (field: number, value: number): Uint8Array => concatBytes([varint(field * 8), varint(value)])
const bytes = (field: number, value: Uint8Array): Uint8Array => concatBytes([varint(field * 8 + 2), varint(value.byteLength), value])

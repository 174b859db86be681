import { describe, expect, test } from 'vitest'
import { textOf, toBase64, utf8 } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import { makeBundle, parseBundle } from './bundle.ts'
import { IN_TOTO } from './dsse.ts'

const envelope = { payloadType: IN_TOTO, payload: utf8('{}'), signatures: [{ keyid: '', sig: Uint8Array.of(9) }] }
const dsse = { payload: 'e30=', payloadType: IN_TOTO, signatures: [{ sig: 'CQ==' }] }
const MEDIA_03 = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const withKey = { mediaType: MEDIA_03, verificationMaterial: { publicKey: { hint: 'h' } }, dsseEnvelope: dsse }
const logEntry = {
  logIndex: '7',
  logId: { keyId: 'AQ==' },
  kindVersion: { kind: 'dsse', version: '0.0.1' },
  integratedTime: '1700000000',
  inclusionPromise: { signedEntryTimestamp: 'Ag==' },
  inclusionProof: { logIndex: '5', rootHash: 'Aw==', treeSize: '9', hashes: ['BA=='], checkpoint: { envelope: 'origin\n9\n' } },
  canonicalizedBody: 'e30=',
}

function parse(value: unknown) {
  return parseBundle(utf8(JSON.stringify(value)), 'test')
}

describe('a bundle we write', () => {
  test('is Sigstore 0.3 with a key hint, the envelope, and no log entries', () => {
    const bytes = makeBundle(envelope, { publicKeyHint: 'aGludA==' })
    expect(JSON.parse(textOf(bytes))).toEqual({
      mediaType: MEDIA_03,
      verificationMaterial: { publicKey: { hint: 'aGludA==' } },
      dsseEnvelope: dsse,
    })
    expect(parseBundle(bytes, 'test')).toEqual({
      version: '0.3',
      material: { kind: 'key', hint: 'aGludA==' },
      logEntries: [],
      timestamps: [],
      content: { kind: 'dsse', envelope },
    })
  })
  test('may hold a signature over a file, a certificate, log entries and timestamps', () => {
    const value = Uint8Array.of(1)
    const message = { digest: { algorithm: 'SHA2_256', value }, signature: Uint8Array.of(9) } as const
    const bytes = makeBundle(message, { certificate: Uint8Array.of(2), logEntries: [logEntry], timestamps: [Uint8Array.of(3)] })
    const read = parseBundle(bytes, 'test')
    expect(read.content).toEqual({ kind: 'message', ...message })
    expect(read.material).toEqual({ kind: 'certificate', chain: [Uint8Array.of(2)] })
    expect(read.timestamps).toEqual([Uint8Array.of(3)])
    expect(read.logEntries).toMatchObject([{ logIndex: 7, proof: { treeSize: 9 } }])
  })
  test('has exactly one signature', () => {
    expect(() => makeBundle({ ...envelope, signatures: [] }, { publicKeyHint: '' })).toThrow()
  })
})

describe('reading', () => {
  test.each([
    ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1'],
    ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2'],
    ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3'],
    [MEDIA_03, '0.3'],
  ])('%s is version %s', (mediaType, version) => {
    expect(parse({ ...withKey, mediaType }).version).toBe(version)
  })

  test('a message signature', () => {
    const message = { messageDigest: { algorithm: 'SHA2_256', digest: toBase64(Uint8Array.of(1)) }, signature: 'CQ==' }
    expect(parse({ ...withKey, dsseEnvelope: undefined, messageSignature: message }).content).toEqual({
      kind: 'message',
      digest: { algorithm: 'SHA2_256', value: Uint8Array.of(1) },
      signature: Uint8Array.of(9),
    })
  })
  test('a message signature without a digest, as cosign writes for Ed25519', () => {
    const content = parse({ ...withKey, dsseEnvelope: undefined, messageSignature: { messageDigest: {}, signature: 'CQ==' } }).content
    expect(content).toEqual({ kind: 'message', signature: Uint8Array.of(9) })
  })
  test('certificates, log entries and timestamps', () => {
    const bundle = parse({
      ...withKey,
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2',
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: 'AQ==' }, { rawBytes: 'Ag==' }] },
        tlogEntries: [logEntry],
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'BQ==' }] },
      },
    })
    expect(bundle.material).toEqual({ kind: 'certificate', chain: [Uint8Array.of(1), Uint8Array.of(2)] })
    expect(bundle.timestamps).toEqual([Uint8Array.of(5)])
    expect(bundle.logEntries).toEqual([
      {
        logIndex: 7,
        logId: Uint8Array.of(1),
        kind: 'dsse',
        version: '0.0.1',
        integratedTime: 1_700_000_000,
        promise: Uint8Array.of(2),
        proof: { logIndex: 5, rootHash: Uint8Array.of(3), treeSize: 9, hashes: [Uint8Array.of(4)], checkpoint: 'origin\n9\n' },
        body: utf8('{}'),
      },
    ])
  })

  const entries = (list: unknown[]) => ({ ...withKey, verificationMaterial: { publicKey: { hint: '' }, tlogEntries: list } })
  test.each([
    ['no media type', { ...withKey, mediaType: undefined }, 'evidence-malformed'],
    ['a foreign media type', { ...withKey, mediaType: 'application/json' }, 'evidence-malformed'],
    ['a media type named like an object member', { ...withKey, mediaType: 'constructor' }, 'evidence-malformed'],
    ['a newer version', { ...withKey, mediaType: 'application/vnd.dev.sigstore.bundle.v0.4+json' }, 'version-unsupported'],
    ['no material', { ...withKey, verificationMaterial: {} }, 'evidence-malformed'],
    [
      'key and certificate',
      { ...withKey, verificationMaterial: { publicKey: {}, certificate: { rawBytes: 'AQ==' } } },
      'evidence-malformed',
    ],
    [
      'a chain in 0.3',
      { ...withKey, verificationMaterial: { x509CertificateChain: { certificates: [{ rawBytes: 'AQ==' }] } } },
      'evidence-malformed',
    ],
    ['no content', { ...withKey, dsseEnvelope: undefined }, 'evidence-malformed'],
    ['two contents', { ...withKey, messageSignature: { signature: 'CQ==' } }, 'evidence-malformed'],
    ['two signatures', { ...withKey, dsseEnvelope: { ...dsse, signatures: [{ sig: 'CQ==' }, { sig: 'CQ==' }] } }, 'evidence-malformed'],
    ['a negative log index', entries([{ ...logEntry, logIndex: '-1' }]), 'evidence-malformed'],
    ['a log index of 2^60', entries([{ ...logEntry, logIndex: String(2 ** 60) }]), 'evidence-malformed'],
    ['33 log entries', entries(Array.from({ length: 33 }, () => logEntry)), 'limit-exceeded'],
    ['a list', [], 'evidence-malformed'],
    ['null', null, 'evidence-malformed'],
    ['a number', 3, 'evidence-malformed'],
  ])('with %s is refused', (_, value, code) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ name: 'TallyError', code }))
  })

  test('more bytes than a bundle may have are refused before they are parsed', () => {
    expect(() => parseBundle(new Uint8Array(LIMITS.bundleBytes + 1), 'test')).toThrow(/bundleBytes/)
  })
  test('nesting without end is refused', () => {
    expect(() => parseBundle(utf8('['.repeat(100_000)), 'test')).toThrow(/jsonDepth/)
  })
})

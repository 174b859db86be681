import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../../src/kernel/bytes.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { envelopeJson, preAuthEncoding } from '../../src/evidence/dsse.ts'
import { verifyAll } from '../../src/gate/prove.ts'
import { newPair, signBytes } from '../support/sigstore-in-memory/certificates.ts'
import { signedBundle } from '../support/sigstore-in-memory/instance.ts'
import type { BundleJson } from '../support/sigstore-in-memory/instance.ts'
import { ARTIFACT, MESSAGE, byKey, fakeInstance, verifyBundleJson, whyRefused } from '../support/sigstore-in-memory/verify.ts'
import { evidenceOf } from '../support/signed-evidence.ts'

const key = newPair()
/** Where the status of a timestamp response stands. */
const STATUS = 8
const IN_TOTO = 'application/vnd.in-toto+json'
const subjectOf = (name: string, digest: object = { sha256: ARTIFACT.digest.slice(7) }) => ({ name, digest })
const statement = (change: object = {}) =>
  utf8(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [subjectOf('x')],
      predicateType: 'https://example.com/any',
      predicate: {},
      ...change,
    }),
  )
const attested = (payload: Uint8Array) => signedBundle(MESSAGE, { key, statement: { payload } })
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

describe('what is too much is refused by the name of its cap, before anything is verified', () => {
  const good = signedBundle(MESSAGE, { key, log: 'v2' })
  const changed = (change: (bundle: BundleJson) => void): BundleJson => {
    const bundle = structuredClone(good)
    change(bundle)
    return bundle
  }

  test.each<[string, () => object, RegExp]>([
    [
      'GHSA-88jx-383q-w4qc: log entries without end',
      () =>
        changed(
          ({ verificationMaterial: at }) => void (at.tlogEntries = at.tlogEntries.flatMap((one) => many(LIMITS.bundleLogEntries + 1, one))),
        ),
      /bundleLogEntries/,
    ],
    [
      'GHSA-88jx-383q-w4qc: timestamps without end',
      () =>
        changed(
          ({ verificationMaterial: { timestampVerificationData: at } }) =>
            void (at.rfc3161Timestamps = many(LIMITS.bundleLogEntries + 1, at.rfc3161Timestamps[0] ?? { signedTimestamp: '' })),
        ),
      /rfc3161Timestamps|too big/i,
    ],
    [
      'CVE-2024-45395: a proof without end',
      () =>
        changed(({ verificationMaterial: { tlogEntries } }) =>
          tlogEntries.forEach((one) => one.inclusionProof?.hashes.push(...many(65, toBase64(new Uint8Array(32))))),
        ),
      /hashes|too big/i,
    ],
    [
      'CVE-2023-46737: signatures without end',
      () => ({
        ...attested(statement()),
        dsseEnvelope: { payload: '', payloadType: IN_TOTO, signatures: many(LIMITS.bundleSignatures + 1, { sig: 'AAAA' }) },
      }),
      /bundleSignatures/,
    ],
    [
      'CVE-2023-33957: a certificate without end',
      () =>
        changed(
          ({ verificationMaterial }) =>
            void (verificationMaterial.certificate = { rawBytes: toBase64(new Uint8Array(LIMITS.certificateBytes + 1)) }),
        ),
      /certificateBytes/,
    ],
    [
      'GHSA-95pr-fxf5-86gv: a timestamp without end',
      () =>
        changed(
          ({ verificationMaterial: { timestampVerificationData: at } }) =>
            void (at.rfc3161Timestamps = [{ signedTimestamp: toBase64(new Uint8Array(LIMITS.timestampBytes + 1)) }]),
        ),
      /timestampBytes/,
    ],
    [
      'CVE-2023-33958: subjects without end',
      () => attested(statement({ subject: many(LIMITS.statementSubjects + 1, subjectOf('x')) })),
      /statementSubjects/,
    ],
    [
      'CVE-2023-33958: digests without end',
      () =>
        attested(
          statement({
            subject: [subjectOf('x', Object.fromEntries(Array.from({ length: LIMITS.subjectDigests + 1 }, (_, n) => [`h${n}`, 'ab'])))],
          }),
        ),
      /subjectDigests/,
    ],
  ])('%s', async (_, make, why) => {
    expect(await whyRefused(make())).toMatch(why)
  })
})

describe('what is said', () => {
  test.each<[string, object]>([
    ['CVE-2022-35929: without a predicate type', { predicateType: undefined }],
    ['CVE-2026-39395 (GHSA-w6c6-c85g-mmv6): with a predicate type that is none', { predicateType: 7 }],
    ['without a type of its own', { _type: undefined }],
    ['of a type nobody knows', { _type: 'https://in-toto.io/Statement/v2' }],
    ['about nothing', { subject: [] }],
    ['CVE-2021-41087: about a name alone, whatever the name', { subject: [subjectOf('../release.txt', {})] }],
    ['about sha1 alone', { subject: [subjectOf('release.txt', { sha1: 'a'.repeat(40) })] }],
    ['about something else', { subject: [subjectOf('release.txt', { sha256: '0'.repeat(64) })] }],
  ])('%s is refused, though it is well signed', async (_, change) => {
    expect(await whyRefused(attested(statement()))).toBe('accepted')
    expect(await whyRefused(attested(statement(change)))).not.toBe('accepted')
  })

  test.each(['', 'null', '[]', '{"_type":', '\u0000'])(
    'CVE-2026-39395: a payload that is no statement is a refusal and not an answer: %j',
    async (text) => {
      expect(await whyRefused(attested(utf8(text)))).not.toBe('accepted')
    },
  )

  test('of another payload type is refused', async () => {
    const bundle = attested(statement())
    expect(await whyRefused({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payloadType: 'text/plain' } })).toMatch(/not of type/)
  })

  test('GHSA-72c7-4g63-hpw5: without a signature is said by nobody', async () => {
    const bundle = attested(statement())
    for (const signatures of [[], [{ sig: '' }], undefined]) {
      expect(await whyRefused({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures } })).not.toBe('accepted')
    }
    const another = toBase64(signBytes(key, preAuthEncoding(IN_TOTO, utf8('other'))))
    expect(await whyRefused({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [{ sig: another }] } })).not.toBe('accepted')
    const { messageSignature: _, ...unsigned } = signedBundle(MESSAGE, { key })
    expect(await whyRefused(unsigned)).not.toBe('accepted')
    expect(await whyRefused({ ...unsigned, messageSignature: { signature: '' } })).not.toBe('accepted')
  })

  test('secure-systems-lab/dsse#51: by one key twice is said once', async () => {
    const payload = statement()
    const sig = () => signBytes(key, preAuthEncoding(IN_TOTO, payload))
    const twice = utf8(
      JSON.stringify(
        envelopeJson({
          payloadType: IN_TOTO,
          payload,
          signatures: [
            { keyid: 'a', sig: sig() },
            { keyid: 'b', sig: sig() },
          ],
        }),
      ),
    )
    const trust = byKey(key, fakeInstance(undefined, { logs: 0, certificateLogs: 0 }))
    const { receipts } = await verifyAll([evidenceOf(twice, 'cosign-attestation')], ARTIFACT, trust)
    expect(receipts).toHaveLength(1)
  })

  test('CVE-2025-25204, chainloop#3397: with nothing to verify there is no receipt', async () => {
    expect((await verifyAll([], ARTIFACT, byKey(key))).receipts).toEqual([])
  })
})

describe('GHSA-273p-m2cw-6833: hostile shapes in any place are a refusal, and nothing throws', () => {
  const hostile: readonly unknown[] = [
    null,
    0,
    -1,
    '',
    'A',
    '\u0000',
    [],
    {},
    [null],
    true,
    { toString: null },
    'constructor',
    '9007199254740993',
    [[[]]],
  ]

  /** Every path of a JSON value. */
  function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
    if (typeof value !== 'object' || value === null) return [path]
    return [path, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]))].filter((one) => one.length > 0)
  }
  function replaced(value: unknown, [name = '', ...rest]: readonly string[], by: unknown): unknown {
    if (name === '') return by
    const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>
    copy[name] = replaced(copy[name], rest, by)
    return copy
  }
  /** What nobody reads, or what may be missing: the signature covers what it says. */
  const harmless =
    /^messageSignature\.messageDigest|timestampVerificationData$|rfc3161Timestamps$|integratedTime$|logIndex$|^dsseEnvelope$|inclusionPromise$/

  test.each(['v1', 'v2'] as const)('in a bundle of Rekor %s, and in the body of its entry', async (log) => {
    const bundle = signedBundle(MESSAGE, { key, log })
    for (const path of pathsOf(bundle)) {
      for (const value of hostile) {
        const { ok } = await verifyBundleJson(replaced(bundle, path, value) as object)
        expect(ok && !harmless.test(path.join('.')), `${path.join('.')} = ${JSON.stringify(value)}`).toBe(false)
      }
    }
    const [entry] = bundle.verificationMaterial.tlogEntries
    const body: unknown = JSON.parse(Buffer.from(entry?.canonicalizedBody ?? '', 'base64').toString('utf8'))
    for (const path of pathsOf(body)) {
      for (const value of hostile) {
        const canonicalizedBody = toBase64(utf8(JSON.stringify(replaced(body, path, value))))
        const tlogEntries = [{ ...entry, canonicalizedBody }]
        expect((await verifyBundleJson({ ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries } })).ok).toBe(
          false,
        )
      }
    }
  })

  test('in the DER of certificates and timestamps', async () => {
    const bundle = signedBundle(MESSAGE, { key, log: 'v2' })
    const spoiled = (base64: string, at: number, by: number): string => {
      const bytes = Buffer.from(base64, 'base64')
      bytes[at] = (bytes[at] ?? 0) ^ by
      return bytes.toString('base64')
    }
    const certificate = bundle.verificationMaterial.certificate?.rawBytes ?? ''
    const signedTimestamp = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0]?.signedTimestamp ?? ''
    for (let at = 0; at < 160; at += 1) {
      for (const by of [0x01, 0x20, 0x80]) {
        const cut = { ...bundle.verificationMaterial, certificate: { rawBytes: spoiled(certificate, at, by) } }
        expect((await verifyBundleJson({ ...bundle, verificationMaterial: cut })).ok).toBe(false)
        const stamps = { rfc3161Timestamps: [{ signedTimestamp: spoiled(signedTimestamp, at, by) }] }
        const { ok } = await verifyBundleJson({
          ...bundle,
          verificationMaterial: { ...bundle.verificationMaterial, timestampVerificationData: stamps },
        })
        // The one thing nobody signed: whether it was granted as asked, or with modifications.
        expect(ok && at !== STATUS, `byte ${at}`).toBe(false)
      }
    }
  })
})

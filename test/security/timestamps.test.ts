import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../../src/kernel/bytes.ts'
import { verifyEvidence } from '../../src/trust/verify.ts'
import { TIMESTAMPING, certificateOf, extension, newPair } from '../support/sigstore-in-memory/certificates.ts'
import type { CertificatePlan } from '../support/sigstore-in-memory/certificates.ts'
import { keys, leafOf, rootCertificate, signedBundle, stamp, tsaCertificate } from '../support/sigstore-in-memory/instance.ts'
import type { TimestampPlan } from '../support/sigstore-in-memory/timestamps.ts'
import { evidenceOf } from '../support/signed-evidence.ts'
import {
  ARTIFACT,
  MESSAGE,
  byIdentity,
  byKey,
  fakeInstance,
  fakeRoot,
  verifyBundleJson,
  whyRefused,
} from '../support/sigstore-in-memory/verify.ts'

const key = newPair()
const YEARS = { from: '2025-01-01T00:00:00Z', to: '2035-01-01T00:00:00Z' }

/** A bundle whose one proven time is a timestamp, made as planned. */
function stamped(plan: Partial<TimestampPlan> = {}, over?: Uint8Array) {
  const bundle = signedBundle(MESSAGE, { key, log: 'v2' })
  const signature = new Uint8Array(Buffer.from(bundle.messageSignature?.signature ?? '', 'base64'))
  bundle.verificationMaterial.timestampVerificationData = {
    rfc3161Timestamps: [{ signedTimestamp: toBase64(stamp(over ?? signature, plan)) }],
  }
  return bundle
}
const tsaOf = (plan: Partial<CertificatePlan>) =>
  certificateOf({
    subject: 'tsa',
    issuer: 'tsa root',
    key: keys.tsa,
    signer: keys.tsaRoot,
    ...YEARS,
    serial: 9,
    extensions: [extension.keyUsage(0), extension.purpose(TIMESTAMPING, true)],
    ...plan,
  })
const rootOnly = byIdentity(
  fakeInstance(
    fakeRoot({
      tsa: [
        certificateOf({
          subject: 'tsa root',
          issuer: 'tsa root',
          key: keys.tsaRoot,
          signer: keys.tsaRoot,
          ...YEARS,
          extensions: [extension.basicConstraints(), extension.keyUsage(5)],
        }),
      ],
    }),
  ),
)

describe('a timestamp', () => {
  test('proves when, with or without its certificate sent along', async () => {
    expect(await verifyBundleJson(stamped())).toMatchObject({
      ok: true,
      receipt: { time: { at: '2026-01-01T00:05:00.000Z', proof: 'rfc3161' } },
    })
    expect(await whyRefused(stamped({ bag: [tsaCertificate] }))).toBe('accepted')
    expect(await whyRefused(stamped({ bag: [tsaCertificate] }), rootOnly)).toBe('accepted')
    // A name in it, which nobody reads where the trusted root has the certificate itself.
    const changed = tsaCertificate.with(tsaCertificate.length >> 1, (tsaCertificate[tsaCertificate.length >> 1] ?? 0) ^ 1)
    expect(await whyRefused(stamped({ bag: [changed] }))).not.toBe('accepted')
    expect(await whyRefused(stamped({ bag: [rootCertificate] }))).toMatch(/brings certificates, and not the one of its signer/)
    expect(await whyRefused(stamped(), rootOnly)).toMatch(/authority that is not trusted/)
  })

  test('CVE-2026-39984: is by the signer it names, not by the first certificate that was sent', async () => {
    const decoyKey = newPair()
    const decoy = tsaOf({ key: decoyKey, signer: decoyKey, serial: 9 })
    expect(await whyRefused(stamped({ bag: [decoy, tsaCertificate] }), rootOnly)).toBe('accepted')
    // A token made by the decoy, with the true certificate sent along.
    expect(await whyRefused(stamped({ bag: [decoy, tsaCertificate], signer: decoyKey, certificate: decoy }), rootOnly)).not.toBe('accepted')
    expect(await whyRefused(stamped({ bag: [tsaCertificate, decoy], signer: decoyKey, certificate: tsaCertificate }), rootOnly)).toMatch(
      /does not match its signature/,
    )
  })

  test.each<[string, Partial<TimestampPlan>, RegExp]>([
    ['signed by another key', { signer: newPair() }, /does not match its signature/],
    ['whose attributes are about something else', { attributesOver: utf8('other') }, /not the one its signer signed/],
    ['that names another certificate', { certificate: utf8('other') }, /authority that is not trusted/],
    ['that names another serial number', { serial: 10 }, /authority that is not trusted/],
    ['that was refused', { status: 2 }, /was refused/],
    ['of two signers', { signerInfos: 2 }, /exactly one signer/],
    ['of no signer', { signerInfos: 0 }, /exactly one signer/],
    ['outside the certificate', { time: '2026-01-01T00:10:01Z' }, /not at the proven time/],
    ['before the certificate', { time: '2025-12-31T23:59:59Z' }, /not at the proven time/],
  ])('%s is refused', async (_, plan, why) => {
    expect(await whyRefused(stamped(plan))).toMatch(why)
  })

  test('over something other than the signature is refused', async () => {
    expect(await whyRefused(stamped({}, MESSAGE))).toMatch(/something other than this signature/)
  })

  test.each<[string, Partial<CertificatePlan>, RegExp]>([
    ['expired', { to: '2026-01-01T00:04:59Z' }, /was valid from/],
    ['not for timestamping', { extensions: [extension.keyUsage(0)] }, /not for timestamping/],
    ['not for timestamping alone', { extensions: [extension.keyUsage(0), extension.purpose(TIMESTAMPING)] }, /not for timestamping alone/],
    ['signed by somebody else', { signer: newPair() }, /leads to no trusted authority/],
  ])('by a certificate that is %s is refused', async (_, change, why) => {
    const certificate = tsaOf(change)
    expect(await whyRefused(stamped({ certificate, bag: [certificate] }), rootOnly)).toMatch(why)
  })

  test('CVE-2024-56138: of an authority that was no longer trusted is refused; the end belongs to the trust', async () => {
    const until = (end: string) => byIdentity(fakeInstance(fakeRoot({ validFor: { tsa: { start: '2025-01-01T00:00:00Z', end } } })))
    expect(await whyRefused(stamped(), until('2026-01-01T00:05:00Z'))).toBe('accepted')
    expect(await whyRefused(stamped(), until('2026-01-01T00:04:59Z'))).toMatch(/tsa.test was not trusted/)
  })

  test('beside a good one must hold too', async () => {
    const bundle = stamped()
    const [good] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps
    const [late] = stamped({ time: '2026-01-01T00:10:01Z' }).verificationMaterial.timestampVerificationData.rfc3161Timestamps
    for (const bad of [late, { signedTimestamp: toBase64(utf8('no timestamp')) }]) {
      const both = {
        ...bundle,
        verificationMaterial: { ...bundle.verificationMaterial, timestampVerificationData: { rfc3161Timestamps: [good, bad] } },
      }
      expect(await whyRefused(both)).not.toBe('accepted')
    }
  })

  test('GHSA-9vcr-p3rj-q5q6: two of one authority are one', async () => {
    const bundle = stamped()
    const { rfc3161Timestamps } = bundle.verificationMaterial.timestampVerificationData
    rfc3161Timestamps.push(...rfc3161Timestamps)
    const needing = (timestamps: number) => byIdentity(fakeInstance(undefined, { timestamps }))
    expect(await whyRefused(bundle, needing(1))).toBe('accepted')
    expect(await whyRefused(bundle, needing(2))).toMatch(/timestamps of 1 trusted authorities, where 2 are needed/)
  })
})

describe('a managed key', () => {
  const bundle = signedBundle(MESSAGE, { key, bare: true, log: 'v2' })

  test('GHSA-9vcr-p3rj-q5q6: two entries of one log, and two logs of one operator, are one', async () => {
    const twice = structuredClone(bundle)
    twice.verificationMaterial.tlogEntries.push(...twice.verificationMaterial.tlogEntries)
    expect(await whyRefused(twice, byKey(key, fakeInstance(undefined, { logs: 1 })))).toBe('accepted')
    expect(await whyRefused(twice, byKey(key, fakeInstance(undefined, { logs: 2 })))).toMatch(/in 1 trusted logs, where 2 are needed/)
    const both = structuredClone(bundle)
    both.verificationMaterial.tlogEntries.push(...signedBundle(MESSAGE, { key, bare: true }).verificationMaterial.tlogEntries)
    expect(await whyRefused(both, byKey(key))).toMatch(/about another signature/)
    expect(await whyRefused(bundle, byKey(key, fakeInstance(fakeRoot({ operator: 'one.example' }), { logs: 2 })))).toMatch(
      /in 1 trusted logs/,
    )
  })

  test('GHSA-wqqc-jjcq-vfxm: does not count outside its own time, nor without a proven one', async () => {
    const range = (from: string, to: string) => ({ validFor: { start: Date.parse(from), end: Date.parse(to) } })
    expect(await whyRefused(bundle, byKey(key, fakeInstance(), range('2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z')))).toBe('accepted')
    expect(await whyRefused(bundle, byKey(key, fakeInstance(), range('2026-01-01T00:00:00Z', '2026-01-01T00:04:59Z')))).toMatch(
      /this key was not trusted/,
    )
    expect(await whyRefused(bundle, byKey(key, fakeInstance(), range('2026-01-01T00:05:01Z', '2027-01-01T00:00:00Z')))).toMatch(
      /this key was not trusted/,
    )
    const unstamped = signedBundle(MESSAGE, { key, bare: true, log: 'v2', stamped: false })
    expect(await whyRefused(unstamped, byKey(key, fakeInstance(), range('2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z')))).toMatch(
      /no time is proven/,
    )
  })

  test('alone suffices where nobody asked for witnesses, and strangers’ witnesses take nothing away', async () => {
    const none = fakeInstance(undefined, { logs: 0, certificateLogs: 0 })
    const elsewhere = fakeInstance({ ...fakeRoot(), logs: [], timestampAuthorities: [] }, { logs: 0, certificateLogs: 0 })
    const unlogged = { ...bundle, verificationMaterial: { publicKey: { hint: '' } } }
    expect(await whyRefused(unlogged, byKey(key, none))).toBe('accepted')
    expect(await whyRefused(unlogged, byKey(key))).toMatch(/in 0 trusted logs/)
    expect(await verifyBundleJson(bundle, byKey(key, elsewhere))).toMatchObject({ ok: true, receipt: { time: { proof: 'asserted' } } })
    expect(await verifyBundleJson(bundle, byKey(key, none))).toMatchObject({ ok: true, receipt: { time: { proof: 'rfc3161' } } })
  })
})

test('a tag of cosign (.att) may have its timestamp over the signature, or over the whole envelope as it is stored', async () => {
  const leaf = leafOf(key)
  const payload = utf8(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'release.txt', digest: { sha256: ARTIFACT.digest.slice(7) } }],
      predicateType: 'https://example.com/any',
      predicate: {},
    }),
  )
  const { dsseEnvelope } = signedBundle(MESSAGE, { key, leaf, statement: { payload } })
  const envelope = utf8(JSON.stringify(dsseEnvelope))
  const signature = new Uint8Array(Buffer.from(dsseEnvelope?.signatures[0]?.sig ?? '', 'base64'))
  const judge = async (over: Uint8Array): Promise<string> => {
    const annotations = {
      'dev.sigstore.cosign/certificate': `-----BEGIN CERTIFICATE-----\n${toBase64(leaf)}\n-----END CERTIFICATE-----\n`,
      'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({ SignedRFC3161Timestamp: toBase64(stamp(over)) }),
    }
    const trust = byIdentity(fakeInstance(fakeRoot(), { logs: 0, timestamps: 1 }))
    const result = await verifyEvidence(evidenceOf(envelope, 'cosign-attestation', annotations), ARTIFACT, trust)
    return result.ok ? 'accepted' : result.rejection.why
  }
  expect(await judge(signature)).toBe('accepted')
  expect(await judge(envelope)).toBe('accepted')
  expect(await judge(payload)).toMatch(/something other than this signature/)
  expect(await judge(utf8(`${JSON.stringify(dsseEnvelope)} `))).toMatch(/something other than this signature/)
})

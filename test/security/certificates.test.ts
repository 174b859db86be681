import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../../src/kernel/bytes.ts'
import { writeDer } from '../../src/trust/der.ts'
import { CODE_SIGNING, TIMESTAMPING, extension, newPair, sequence } from '../support/sigstore-in-memory/certificates.ts'
import type { CertificatePlan, FakeExtension } from '../support/sigstore-in-memory/certificates.ts'
import {
  IDENTITY,
  ISSUER,
  authority,
  issuerCertificate,
  keys,
  leafOf,
  rootCertificate,
  signedBundle,
} from '../support/sigstore-in-memory/instance.ts'
import type { LeafPlan } from '../support/sigstore-in-memory/instance.ts'
import { MESSAGE, byIdentity, fakeInstance, fakeRoot, verifyBundleJson, whyRefused } from '../support/sigstore-in-memory/verify.ts'

const key = newPair()
const PRINTABLE = 0x13
const withLeaf = (plan: LeafPlan) => signedBundle(MESSAGE, { key, leaf: leafOf(key, plan) })
const chainOf = (...issuers: readonly Uint8Array[]) => byIdentity(fakeInstance(fakeRoot({ issuers })))
const good = signedBundle(MESSAGE, { key })

describe('the chain', () => {
  test('leads to the anchor over the issuers of the trusted root', async () => {
    expect(await whyRefused(good)).toBe('accepted')
    expect(await whyRefused(good, chainOf(issuerCertificate))).toBe('accepted')
  })

  test('remembers which certificate an authority issued, by all its bytes and no further', async () => {
    const trust = byIdentity()
    const leaf = leafOf(key)
    const withBytes = (bytes: Uint8Array) => signedBundle(MESSAGE, { key, leaf: bytes })
    expect(await whyRefused(withBytes(leaf), trust)).toBe('accepted')
    expect(await whyRefused(withBytes(leaf), trust)).toBe('accepted')
    // The last byte is one of the issuer's signature, the others are as they were.
    const last = leaf.length - 1
    expect(await whyRefused(withBytes(leaf.with(last, (leaf[last] ?? 0) ^ 1)), trust)).toMatch(/leads to no trusted authority/)
    expect(await whyRefused(withBytes(leafOf(key, { signer: newPair() })), trust)).toMatch(/leads to no trusted authority/)
    expect(await whyRefused(withBytes(leaf), chainOf(rootCertificate))).toMatch(/leads to no trusted authority/)
  })

  test.each<[string, Partial<CertificatePlan>, RegExp]>([
    [
      'CVE-2026-24122 (GHSA-wfqv-66vq-46rm): an issuer that had expired at the time of signing',
      { to: '2026-01-01T00:04:59Z' },
      /issuing certificate of issuer was valid/,
    ],
    ['CVE-2026-24122: an issuer that was not valid yet', { from: '2026-01-01T00:05:01Z' }, /issuing certificate of issuer was valid/],
    ['an issuer that is no authority', { extensions: [extension.keyUsage(5)] }, /basic constraints/],
    [
      'an issuer that may not sign certificates',
      { extensions: [extension.basicConstraints(), extension.keyUsage(0)] },
      /may not sign certificates/,
    ],
    [
      'an issuer for another purpose',
      { extensions: [extension.basicConstraints(), extension.purpose(TIMESTAMPING)] },
      /may not issue for code signing/,
    ],
    [
      'an issuer with name constraints',
      { extensions: [extension.basicConstraints(), { oid: '2.5.29.30', value: sequence() }] },
      /name constraints/,
    ],
    [
      'an issuer with a critical extension nobody knows',
      { extensions: [extension.basicConstraints(), { oid: '1.2.3.4', critical: true, value: sequence() }] },
      /1\.2\.3\.4/,
    ],
    ['an issuer signed by somebody else', { signer: newPair() }, /leads to no trusted authority/],
    ['an issuer of another key', { key: newPair() }, /leads to no trusted authority/],
    ['an issuer of another name', { subject: 'other' }, /leads to no trusted authority/],
  ])('is refused with %s', async (_, change, why) => {
    expect(await whyRefused(good, chainOf(authority('issuer', keys.issuer, 'root', keys.root, change), rootCertificate))).toMatch(why)
  })

  test('is refused with an anchor that had expired, and with more issuers than an issuer allows', async () => {
    const expired = authority('root', keys.root, 'root', keys.root, { to: '2026-01-01T00:04:00Z' })
    expect(await whyRefused(good, chainOf(issuerCertificate, expired))).toMatch(/issuing certificate of root was valid/)
    const short = authority('root', keys.root, 'root', keys.root, { extensions: [extension.basicConstraints(0), extension.keyUsage(5)] })
    expect(await whyRefused(good, chainOf(issuerCertificate, short))).toMatch(/may have 0 issuers below it and has 1/)
  })

  test('is refused when the authority was not trusted at the time, whose ends belong to it', async () => {
    const until = (end: string) => byIdentity(fakeInstance(fakeRoot({ validFor: { authority: { start: '2025-01-01T00:00:00Z', end } } })))
    expect(await whyRefused(good, until('2026-01-01T00:05:00Z'))).toBe('accepted')
    expect(await whyRefused(good, until('2026-01-01T00:04:59Z'))).toMatch(/fulcio.test was not trusted/)
  })

  test('takes an issuer from the bundle, but no root, and ends of its own search', async () => {
    const chain = (...certificates: readonly Uint8Array[]) => {
      const { certificate, ...material } = good.verificationMaterial
      const all = [certificate, ...certificates.map((one) => ({ rawBytes: toBase64(one) }))]
      return {
        ...good,
        mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2',
        verificationMaterial: { ...material, x509CertificateChain: { certificates: all } },
      }
    }
    expect(await whyRefused(chain(issuerCertificate), chainOf(rootCertificate))).toBe('accepted')
    expect(await whyRefused(chain(issuerCertificate, rootCertificate), chainOf(rootCertificate))).toMatch(/root certificate of its own/)
    const [a, b] = [newPair(), newPair()]
    const maze = Array.from({ length: 14 }, (_, at) =>
      authority('issuer', at % 2 === 0 ? a : b, 'issuer', at % 2 === 0 ? b : a, { serial: at + 1 }),
    )
    expect(await whyRefused(chain(...maze), chainOf(rootCertificate))).not.toBe('accepted')
  })
})

describe('the certificate', () => {
  test.each<[string, LeafPlan, RegExp]>([
    ['that had expired', { to: '2026-01-01T00:04:59Z' }, /was valid from/],
    ['that was not valid yet', { from: '2026-01-01T00:05:01Z' }, /was valid from/],
    ['that is an authority', { add: [extension.basicConstraints()] }, /one of an authority/],
    ['signed by somebody else', { signer: newPair() }, /leads to no trusted authority/],
    ['with a critical extension nobody knows', { add: [{ oid: '1.2.3.4', critical: true, value: sequence() }] }, /1\.2\.3\.4/],
    ['in no certificate log', { scts: [] }, /in 0 trusted certificate logs/],
    [
      'in a certificate log nobody trusts',
      { scts: [{ log: newPair(), time: '2026-01-01T00:00:00Z', issuer: keys.issuer }] },
      /in 0 trusted/,
    ],
    [
      'whose log was shown another issuer',
      { scts: [{ log: keys.certificateLog, time: '2026-01-01T00:00:00Z', issuer: newPair() }] },
      /does not match the certificate/,
    ],
    [
      'whose log was not trusted then',
      { scts: [{ log: keys.certificateLog, time: '2024-01-01T00:00:00Z', issuer: keys.issuer }] },
      /was not trusted/,
    ],
  ])('%s is refused', async (_, plan, why) => {
    expect(await whyRefused(withLeaf(plan))).toMatch(why)
  })

  test.each<[string, readonly FakeExtension[], RegExp]>([
    ['not for signatures', [extension.keyUsage(5), extension.purpose(CODE_SIGNING)], /not for signatures/],
    ['for another purpose', [extension.keyUsage(0), extension.purpose(TIMESTAMPING)], /not for code signing/],
    ['for any purpose', [extension.keyUsage(0), extension.purpose('2.5.29.37.0')], /not for code signing/],
    ['for no purpose', [extension.keyUsage(0)], /not for code signing/],
  ])('%s is refused', async (_, uses, why) => {
    const extensions = [...uses, extension.names(IDENTITY), extension.fulcio(8, ISSUER)]
    expect(await whyRefused(withLeaf({ extensions }))).toMatch(why)
  })

  test('with a timestamp that has extensions is accepted, and they are part of what is signed', async () => {
    const scts = [{ log: keys.certificateLog, time: '2026-01-01T00:00:00Z', issuer: keys.issuer, extensions: utf8('leaf index') }]
    expect(await whyRefused(withLeaf({ scts }))).toBe('accepted')
  })

  test('GHSA-9vcr-p3rj-q5q6: two timestamps of one certificate log are one log', async () => {
    const one = { log: keys.certificateLog, time: '2026-01-01T00:00:00Z', issuer: keys.issuer }
    const two = withLeaf({ scts: [one, { ...one, time: '2026-01-01T00:00:01Z' }] })
    expect(await whyRefused(two)).toBe('accepted')
    expect(await whyRefused(two, byIdentity(fakeInstance(undefined, { certificateLogs: 2 })))).toMatch(
      /in 1 trusted certificate logs, where 2 are needed/,
    )
  })
})

describe('the identity', () => {
  test.each<[string, string, string]>([
    ['a part of it', IDENTITY.slice(0, -5), ISSUER],
    ['more than it', `${IDENTITY}x`, ISSUER],
    ['a pattern that is none', 'https://github.com/example/.*', ISSUER],
    ['another issuer', IDENTITY, 'https://token.example.org'],
    ['a part of the issuer', IDENTITY, 'https://token.example'],
    ['the issuer with more behind', IDENTITY, `${ISSUER}.evil.example`],
  ])('GHSA-59jp-pj84-45mr: is not matched by %s', async (_, subject, issuer) => {
    expect(await whyRefused(good, byIdentity(fakeInstance(), subject, issuer))).toMatch(/as its signer/)
  })

  test('CVE-2022-23649: is asked for, though everything else holds', async () => {
    expect(await whyRefused(withLeaf({ identity: 'mallory@example.com' }))).toMatch(/names mallory@example.com .* who is not trusted/)
  })

  test('needs an issuer in the certificate, and one issuer only', async () => {
    const uses = [extension.keyUsage(0), extension.purpose(CODE_SIGNING), extension.names(IDENTITY)]
    expect(await whyRefused(withLeaf({ extensions: uses }))).toMatch(/by the issuer no issuer/)
    expect(await whyRefused(withLeaf({ extensions: [...uses, extension.fulcio(1, ISSUER)] }))).toBe('accepted')
    expect(await whyRefused(withLeaf({ add: [extension.fulcio(1, 'https://other.example')] }))).toMatch(/two issuers/)
  })

  test('comes with every extension of Fulcio, each of the form its number promises', async () => {
    const result = await verifyBundleJson(
      withLeaf({ add: [extension.fulcio(5, 'example/app'), extension.fulcio(13, 'abc'), extension.fulcio(24, 'repo:example/app')] }),
    )
    expect(result).toMatchObject({
      ok: true,
      receipt: {
        signer: {
          kind: 'identity',
          identity: {
            subject: IDENTITY,
            issuer: ISSUER,
            facts: { githubWorkflowRepository: 'example/app', sourceRepositoryDigest: 'abc', tokenSubject: 'repo:example/app' },
          },
        },
        time: { at: '2026-01-01T00:05:00.000Z', proof: 'log' },
        transparency: [{ log: 'rekor.test', index: 6, treeSize: 2 }],
      },
    })
    const raw: FakeExtension = { oid: '1.3.6.1.4.1.57264.1.13', value: utf8('abc') }
    expect(await whyRefused(withLeaf({ add: [raw] }))).toMatch(/Fulcio extension 13/)
    const printable: FakeExtension = { oid: '1.3.6.1.4.1.57264.1.13', value: writeDer(PRINTABLE, utf8('abc')) }
    expect(await whyRefused(withLeaf({ add: [printable] }))).toMatch(/Fulcio extension 13/)
  })

  test('CVE-2026-48815 (GHSA-52v5-jr5w-gjxr): every fact that is asked for is compared', async () => {
    const [authorityOfCi] = byIdentity().authorities
    if (authorityOfCi?.kind !== 'identity') throw new Error('no identity')
    const asking = (name: 'sourceRepositoryUri' | 'runnerEnvironment', value: string) => ({
      authorities: [{ ...authorityOfCi, facts: [{ name, is: { text: value, matches: (given: string) => given === value } }] }],
      logKeys: [],
    })
    expect(await whyRefused(good, asking('sourceRepositoryUri', 'https://github.com/example/app'))).toBe('accepted')
    expect(await whyRefused(good, asking('sourceRepositoryUri', 'https://github.com/example/ap'))).toMatch(/as sourceRepositoryUri/)
    expect(await whyRefused(good, asking('runnerEnvironment', 'github-hosted'))).toMatch(/says nothing as runnerEnvironment/)
  })

  test('holds no character that could fool who reads it', async () => {
    expect(await whyRefused(withLeaf({ identity: `${IDENTITY}\u0000.example.com` }))).toMatch(/cannot be read/)
  })
})

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../../src/kernel/bytes.ts'
import { newPair, signBytes } from '../support/sigstore-in-memory/certificates.ts'
import { envelopeBody, hashedRekord, leafOf, logs, signedBundle } from '../support/sigstore-in-memory/instance.ts'
import type { BundleJson, Verifier } from '../support/sigstore-in-memory/instance.ts'
import { entryOf, logIdOf, promise } from '../support/sigstore-in-memory/logs.ts'
import { MESSAGE, byIdentity, byKey, fakeInstance, fakeRoot, whyRefused } from '../support/sigstore-in-memory/verify.ts'

// A log entry proves something about a signature only if it is about this signature, these bytes and this signer.

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())
const key = newPair()
const leaf = leafOf(key)
const mallory = newPair()
const other = utf8('other bytes\n')

/** A good bundle whose one log entry is a good entry about something else. */
function withEntry(log: 'v1' | 'v2', body: object): BundleJson {
  const bundle = signedBundle(MESSAGE, { key, leaf, log })
  bundle.verificationMaterial.tlogEntries = [entryOf({ log: logs[log], body })]
  return bundle
}
const signatureOf = (bundle: BundleJson): Uint8Array => new Uint8Array(Buffer.from(bundle.messageSignature?.signature ?? '', 'base64'))

describe.each(['v1', 'v2'] as const)('Rekor %s', (log) => {
  const good = signedBundle(MESSAGE, { key, leaf, log })
  const signature = signatureOf(good)
  const certificate: Verifier = { kind: 'certificate', der: leaf }

  test('takes the entry that is about this bundle', async () => {
    expect(await whyRefused(good)).toBe('accepted')
    const same = {
      ...good,
      verificationMaterial: {
        ...good.verificationMaterial,
        tlogEntries: [entryOf({ log: logs[log], body: hashedRekord(log, signature, sha256(MESSAGE), certificate) })],
      },
    }
    expect(await whyRefused(same)).toBe('accepted')
  })

  test('CVE-2022-36056: an entry about another signature is refused', async () => {
    expect(await whyRefused(withEntry(log, hashedRekord(log, signBytes(key, MESSAGE), sha256(MESSAGE), certificate)))).toMatch(
      /about another signature/,
    )
  })

  test('CVE-2026-22703 (GHSA-whqx-f9j3-ch6m): an entry about the same signature and other bytes is refused', async () => {
    const bundle = signedBundle(MESSAGE, { key, leaf, log })
    bundle.verificationMaterial.tlogEntries = [
      entryOf({ log: logs[log], body: hashedRekord(log, signatureOf(bundle), sha256(other), certificate) }),
    ]
    expect(await whyRefused(bundle)).toMatch(/about other bytes/)
  })

  test.each<[string, Verifier]>([
    ['another certificate of the same key', { kind: 'certificate', der: leafOf(key) }],
    ['the certificate of somebody else', { kind: 'certificate', der: leafOf(mallory) }],
    ['the bare key of the same certificate', { kind: 'key', der: key.spki }],
    ['a key of somebody else', { kind: 'key', der: mallory.spki }],
  ])('CVE-2022-23649: an entry about %s is refused', async (_, verifier) => {
    const bundle = signedBundle(MESSAGE, { key, leaf, log })
    bundle.verificationMaterial.tlogEntries = [
      entryOf({ log: logs[log], body: hashedRekord(log, signatureOf(bundle), sha256(MESSAGE), verifier) }),
    ]
    expect(await whyRefused(bundle)).toMatch(/key or certificate of somebody else/)
  })

  test('CVE-2022-23649: a good entry does not excuse a bad one beside it, nor a bad one a good', async () => {
    const bundle = signedBundle(MESSAGE, { key, leaf, log })
    const [entry] = bundle.verificationMaterial.tlogEntries
    const bad = entryOf({ log: logs[log], body: hashedRekord(log, signatureOf(bundle), sha256(other), certificate) })
    for (const entries of [
      [entry, bad],
      [bad, entry],
    ]) {
      const changed = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: entries } }
      expect(await whyRefused(changed)).toMatch(/about other bytes/)
    }
  })

  test('an entry of a log nobody trusts is refused', async () => {
    const stranger = { ...logs[log], pair: newPair(log === 'v1' ? 'p256' : 'ed25519') }
    const bundle = signedBundle(MESSAGE, { key, leaf, log })
    bundle.verificationMaterial.tlogEntries = [
      entryOf({ log: stranger, body: hashedRekord(log, signatureOf(bundle), sha256(MESSAGE), certificate) }),
    ]
    expect(await whyRefused(bundle)).toMatch(/log that is not trusted/)
  })

  test.each<[string, (bundle: BundleJson) => void]>([
    ['no entry', (bundle) => void (bundle.verificationMaterial.tlogEntries = [])],
    ['an entry without proof', (bundle) => void delete entry(bundle).inclusionProof],
    ['another tree size', (bundle) => void (proof(bundle).treeSize = '3')],
    ['another index', (bundle) => void (proof(bundle).logIndex = '0')],
    ['another root', (bundle) => void (proof(bundle).rootHash = toBase64(sha256(other)))],
    ['another hash', (bundle) => void (proof(bundle).hashes = [toBase64(sha256(other))])],
    ['one hash more', (bundle) => void proof(bundle).hashes.push(toBase64(sha256(other)))],
    ['a hash that is none', (bundle) => void (proof(bundle).hashes = ['AAAA'])],
    ['no checkpoint', (bundle) => void Reflect.deleteProperty(proof(bundle), 'checkpoint')],
    [
      'a checkpoint without signature',
      (bundle) => void (proof(bundle).checkpoint.envelope = proof(bundle).checkpoint.envelope.split('— ')[0] ?? ''),
    ],
    [
      'a checkpoint of another log',
      (bundle) => void (proof(bundle).checkpoint.envelope = proof(bundle).checkpoint.envelope.replaceAll('rekor.test', 'other.test')),
    ],
    ['a body of another kind than it says', (bundle) => void (entry(bundle).kindVersion.kind = 'dsse')],
    ['another body', (bundle) => void (entry(bundle).canonicalizedBody = toBase64(utf8('{}')))],
  ])('absence and change fail closed: %s', async (_, spoil) => {
    const bundle = signedBundle(MESSAGE, { key, leaf, log })
    spoil(bundle)
    expect(await whyRefused(bundle)).not.toBe('accepted')
  })
})

const entry = (bundle: BundleJson) => {
  const [first] = bundle.verificationMaterial.tlogEntries
  if (first === undefined) throw new Error('the bundle has no entry')
  return first
}
const proof = (bundle: BundleJson) => {
  const { inclusionProof } = entry(bundle)
  if (inclusionProof === undefined) throw new Error('the entry has no proof')
  return inclusionProof
}

describe('the time of a log', () => {
  test('counts only by its own signature over it', async () => {
    const bundle = signedBundle(MESSAGE, { key, leaf })
    entry(bundle).integratedTime = String(Number(entry(bundle).integratedTime) + 1)
    expect(await whyRefused(bundle)).toMatch(/signed entry timestamp .* does not match/)
    delete entry(bundle).inclusionPromise
    expect(await whyRefused(bundle)).toMatch(/no proven time/)
  })

  test('must lie within the certificate, and within the trust in the log', async () => {
    const late = signedBundle(MESSAGE, { key, leaf })
    entry(late).integratedTime = String(Date.parse('2026-01-01T00:10:01Z') / 1000)
    entry(late).inclusionPromise = { signedEntryTimestamp: promise(logs.v1, entry(late)) }
    expect(await whyRefused(late)).toMatch(/not at the proven time 2026-01-01T00:10:01/)
    const until = (end: string) => fakeInstance(fakeRoot({ validFor: { v1: { start: '2025-01-01T00:00:00Z', end } } }))
    expect(await whyRefused(signedBundle(MESSAGE, { key, leaf }), byIdentity(until('2026-01-01T00:05:00Z')))).toBe('accepted')
    expect(await whyRefused(signedBundle(MESSAGE, { key, leaf }), byIdentity(until('2026-01-01T00:04:59Z')))).toMatch(
      /rekor.test was not trusted/,
    )
  })

  test('of a log without promises must be that of timestamps', async () => {
    const ended = fakeInstance(fakeRoot({ validFor: { v2: { start: '2025-01-01T00:00:00Z', end: '2026-01-01T00:04:59Z' } } }))
    expect(await whyRefused(signedBundle(MESSAGE, { key, leaf, log: 'v2' }), byIdentity(ended))).toMatch(
      /log2026.rekor.test was not trusted/,
    )
    expect(await whyRefused(signedBundle(MESSAGE, { key, leaf, log: 'v2', stamped: false }))).toMatch(/no proven time/)
  })
})

test('checkpoints: lines of unknown cosigners are ignored wherever they stand, and none replaces the log’s own', async () => {
  const line = `— witness.test ${toBase64(sha256(other))}\n`
  const body = (bundle: BundleJson) => hashedRekord('v2', signatureOf(bundle), sha256(MESSAGE), { kind: 'certificate', der: leaf })
  for (const lines of [{ before: line }, { after: line }]) {
    const bundle = signedBundle(MESSAGE, { key, leaf, log: 'v2' })
    bundle.verificationMaterial.tlogEntries = [entryOf({ log: logs.v2, body: body(bundle), lines })]
    expect(await whyRefused(bundle)).toBe('accepted')
  }
  expect(logIdOf(logs.v2)).not.toEqual(logIdOf(logs.v1))
})

describe('an envelope in the log', () => {
  const payload = utf8(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'release.txt', digest: { sha256: Buffer.from(sha256(MESSAGE)).toString('hex') } }],
      predicateType: 'https://example.com/any',
      predicate: {},
    }),
  )
  const type = 'application/vnd.in-toto+json'

  test.each(['hashedrekord', 'dsse', 'intoto'] as const)('as %s is taken, and refused with another payload or signer', async (kind) => {
    expect(await whyRefused(signedBundle(MESSAGE, { key, leaf, statement: { payload, kind } }))).toBe('accepted')
    if (kind === 'hashedrekord') return
    const bundle = signedBundle(MESSAGE, { key, leaf, statement: { payload, kind } })
    const signature = new Uint8Array(Buffer.from(bundle.dsseEnvelope?.signatures[0]?.sig ?? '', 'base64'))
    const again = (over: Uint8Array, verifier: Verifier, as = type) => {
      bundle.verificationMaterial.tlogEntries = [entryOf({ log: logs.v1, body: envelopeBody(kind, signature, over, as, verifier) })]
      return whyRefused(bundle)
    }
    expect(await again(payload, { kind: 'certificate', der: leaf })).toBe('accepted')
    expect(await again(other, { kind: 'certificate', der: leaf })).toMatch(/about another payload/)
    expect(await again(payload, { kind: 'certificate', der: leafOf(mallory) })).toMatch(/somebody else/)
    if (kind === 'intoto') expect(await again(payload, { kind: 'certificate', der: leaf }, 'text/plain')).toMatch(/another payload type/)
  })
})

test('an envelope in Rekor v2 as dsse is taken, and refused with another payload, signature or signer', async () => {
  const payload = utf8(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'release.txt', digest: { sha256: Buffer.from(sha256(MESSAGE)).toString('hex') } }],
      predicateType: 'https://example.com/any',
      predicate: {},
    }),
  )
  const bundle = signedBundle(MESSAGE, { key, leaf, log: 'v2', statement: { payload } })
  const signature = new Uint8Array(Buffer.from(bundle.dsseEnvelope?.signatures[0]?.sig ?? '', 'base64'))
  const logged = (over: Uint8Array, sig: Uint8Array, der: Uint8Array, more = {}) => {
    const verifier = { keyDetails: 'PKIX_ECDSA_P256_SHA_256', x509Certificate: { rawBytes: toBase64(der) }, ...more }
    const payloadHash = { algorithm: 'SHA2_256', digest: toBase64(sha256(over)) }
    const spec = { dsseV002: { payloadHash, signatures: [{ content: toBase64(sig), verifier }] } }
    bundle.verificationMaterial.tlogEntries = [entryOf({ log: logs.v2, body: { apiVersion: '0.0.2', kind: 'dsse', spec } })]
    return whyRefused(bundle)
  }
  expect(await logged(payload, signature, leaf)).toBe('accepted')
  expect(await logged(other, signature, leaf)).toMatch(/about another payload/)
  expect(await logged(payload, other, leaf)).toMatch(/about another signature/)
  expect(await logged(payload, signature, leafOf(mallory))).toMatch(/somebody else/)
  expect(await logged(payload, signature, leaf, { publicKey: { rawBytes: toBase64(key.spki) } })).toMatch(/not exactly one key/)
})

test('an entry that names no signature (intoto 0.0.1) is refused by name', async () => {
  const bundle = signedBundle(MESSAGE, { key, leaf })
  const spec = { content: { hash: { algorithm: 'sha256', value: Buffer.from(sha256(MESSAGE)).toString('hex') } }, publicKey: '' }
  bundle.verificationMaterial.tlogEntries = [entryOf({ log: logs.v1, body: { apiVersion: '0.0.1', kind: 'intoto', spec } })]
  expect(await whyRefused(bundle)).toMatch(/of kind intoto 0\.0\.1, which is not supported/)
})

// What verifies is handed no network: there is nobody it could ask.
test('GHSA-4c4x-jm2x-pf9j: an entry that says where its key is to be had has none', async () => {
  const bundle = signedBundle(MESSAGE, { key, leaf })
  const hash = { algorithm: 'sha256', value: Buffer.from(sha256(MESSAGE)).toString('hex') }
  const signature = { content: toBase64(signatureOf(bundle)), publicKey: { url: 'http://127.0.0.1:1/key' } }
  const body = { apiVersion: '0.0.1', kind: 'hashedrekord', spec: { data: { hash }, signature } }
  bundle.verificationMaterial.tlogEntries = [entryOf({ log: logs.v1, body })]
  expect(await whyRefused(bundle)).toMatch(/publicKey\.content/)
})

test('a bare key’s entry is bound to that key', async () => {
  const bundle = signedBundle(MESSAGE, { key, bare: true })
  expect(await whyRefused(bundle, byKey(key))).toBe('accepted')
  bundle.verificationMaterial.tlogEntries = [
    entryOf({ log: logs.v1, body: hashedRekord('v1', signatureOf(bundle), sha256(MESSAGE), { kind: 'key', der: mallory.spki }) }),
  ]
  expect(await whyRefused(bundle, byKey(key))).toMatch(/somebody else/)
})

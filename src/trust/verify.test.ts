import { describe, expect, test } from 'vitest'
import { textOf, toBase64, utf8 } from '../kernel/bytes.ts'
import { digestOf, digestSetOf } from '../kernel/digest.ts'
import { makeBundle } from '../evidence/bundle.ts'
import { IN_TOTO, envelopeJson, preAuthEncoding } from '../evidence/dsse.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { UnverifiedEvidence } from '../evidence/evidence.ts'
import { statementBytes } from '../evidence/statement.ts'
import {
  PROVENANCE,
  authorityOf,
  evidenceOf,
  newSigner,
  provenanceFor,
  signedEvidence,
  trustOf,
  wrappedArtifact,
} from '../../test/support/signed-evidence.ts'
import { MAY } from './receipt.ts'
import type { May } from './receipt.ts'
import { KEY_ALGORITHMS } from './schemes.ts'
import { verifyEvidence } from './verify.ts'

const artifact = wrappedArtifact()
const alice = newSigner()
const mallory = newSigner()
const trust = trustOf(authorityOf('alice', alice))
const good = await signedEvidence(alice, provenanceFor(artifact))

async function whyNot(evidence: UnverifiedEvidence, of = artifact, by = trust): Promise<string> {
  const result = await verifyEvidence(evidence, of, by)
  return result.ok ? 'accepted' : result.rejection.why
}

/** Bundle with any payload, type and signature, signed by a key. */
async function envelopeOf(payload: Uint8Array, payloadType = IN_TOTO, signer = alice): Promise<UnverifiedEvidence> {
  const sig = await signer.sign(preAuthEncoding(payloadType, payload))
  return evidenceOf(makeBundle({ payloadType, payload, signatures: [{ keyid: '', sig }] }, { publicKeyHint: '' }))
}

function edited(evidence: UnverifiedEvidence, edit: (bundle: BundleJson) => unknown): UnverifiedEvidence {
  const bundle = JSON.parse(textOf(evidence.bytes)) as BundleJson
  edit(bundle)
  return evidenceOf(utf8(JSON.stringify(bundle)))
}
type BundleJson = {
  mediaType: string
  verificationMaterial: Record<string, unknown>
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid?: string }[] }
}

function flip(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  return bytes.toString('base64')
}

describe('evidence becomes a receipt', () => {
  test.each(KEY_ALGORITHMS)('signed by a trusted key of kind %s', async (kind) => {
    const signer = newSigner(kind)
    const evidence = await signedEvidence(signer, provenanceFor(artifact))
    expect(await verifyEvidence(evidence, artifact, trustOf(authorityOf('who', signer)))).toEqual({
      ok: true,
      receipt: {
        statement: { type: 'https://in-toto.io/Statement/v1', ...provenanceFor(artifact) },
        envelope: evidence.digest,
        where: 'test',
        signer: { authority: 'who', kind: 'key', keyId: signer.keyId },
        time: { at: '2026-11-25T10:00:00Z', proof: 'asserted' },
        matched: 'manifest',
      },
    })
  })

  test('with a key hint and key id that lie: they are no security input', async () => {
    const lying = edited(good, (bundle) => {
      bundle.verificationMaterial['publicKey'] = { hint: 'f'.repeat(64) }
      bundle.dsseEnvelope.signatures.forEach((one) => (one.keyid = mallory.keyId))
    })
    expect((await verifyEvidence(lying, artifact, trust)).ok).toBe(true)
  })

  test('whatever certificate the bundle puts beside the key’s signature', async () => {
    expect(await whyNot(edited(good, (b) => (b.verificationMaterial = { certificate: { rawBytes: 'AAAA' } })))).toBe('accepted')
  })

  test('of version 0.1, as cosign writes attestations', async () => {
    const statement = textOf(statementBytes(provenanceFor(artifact))).replace('Statement/v1', 'Statement/v0.1')
    expect(await whyNot(await envelopeOf(utf8(statement)))).toBe('accepted')
  })

  test('as local, when the trust list says so', async () => {
    const result = await verifyEvidence(good, artifact, trustOf({ ...authorityOf('this-machine', alice), kind: 'local' }))
    expect(result).toMatchObject({ ok: true, receipt: { signer: { kind: 'local' } } })
  })
})

describe('only one thing wrong, and it is refused', () => {
  test.each<[string, () => Promise<UnverifiedEvidence> | UnverifiedEvidence, RegExp]>([
    ['the key', () => signedEvidence(mallory, provenanceFor(artifact)), /another key .* not trusted/],
    [
      'the key, while the hint names the trusted one',
      () =>
        envelopeOf(statementBytes(provenanceFor(artifact)), IN_TOTO, mallory).then((one) =>
          edited(one, (b) => (b.verificationMaterial['publicKey'] = { hint: alice.keyId })),
        ),
      /does not match its bytes and the key of alice/,
    ],
    ['one bit of the payload', () => edited(good, (b) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload))), /does not match/],
    [
      'one bit of the signature',
      () => edited(good, (b) => b.dsseEnvelope.signatures.forEach((one) => (one.sig = flip(one.sig)))),
      /does not match/,
    ],
    ['the payload type, signed', () => envelopeOf(statementBytes(provenanceFor(artifact)), 'application/json'), /not of type/],
    ['the payload type, changed after', () => edited(good, (b) => (b.dsseEnvelope.payloadType = 'application/json')), /not of type/],
    ['the subject', () => signedEvidence(alice, provenanceFor(wrappedArtifact('other.tgz'))), /about something else/],
    [
      'the second subject',
      () => {
        const statement = provenanceFor(artifact)
        const other = { digest: digestSetOf(digestOf(utf8('other file'))) }
        return signedEvidence(alice, { ...statement, subject: [...statement.subject.slice(0, 1), other] })
      },
      /not the one this manifest wraps/,
    ],
    [
      'the predicate',
      () => envelopeOf(statementBytes({ ...provenanceFor(artifact), predicate: { ...PROVENANCE, runDetails: {} } })),
      /not what its type promises: .*builder/,
    ],
    [
      'the predicate type, for this predicate',
      () => envelopeOf(statementBytes({ ...provenanceFor(artifact), predicateType: PREDICATE.vsa })),
      /not what its type promises/,
    ],
    [
      'the statement type',
      () => envelopeOf(utf8(textOf(statementBytes(provenanceFor(artifact))).replace('Statement/v1', 'Statement/v9'))),
      /_type/,
    ],
    ['the statement, no JSON', () => envelopeOf(utf8('not json')), /not JSON/],
    [
      'the statement, no predicate type',
      () => envelopeOf(utf8(textOf(statementBytes(provenanceFor(artifact))).replace('predicateType', 'type'))),
      /predicateType/,
    ],
    [
      'the number of subjects',
      () =>
        envelopeOf(
          statementBytes({
            ...provenanceFor(artifact),
            subject: Array.from({ length: 1025 }, () => provenanceFor(artifact).subject)
              .flat()
              .slice(0, 1025),
          }),
        ),
      /statementSubjects/,
    ],
    [
      'the number of digests',
      () => {
        const digest = { ...digestSetOf(artifact.digest), ...Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`alg${n}`, 'ab'])) }
        return envelopeOf(statementBytes({ ...provenanceFor(artifact), subject: [{ digest }] }))
      },
      /subjectDigests/,
    ],
    [
      'the digests, weak ones only',
      () =>
        envelopeOf(
          statementBytes({
            ...provenanceFor(artifact),
            subject: [{ digest: { sha1: 'a'.repeat(40), gitCommit: artifact.digest.slice(7) } }],
          }),
        ),
      /about something else/,
    ],
    ['the media type', () => edited(good, (b) => (b.mediaType = 'application/json')), /not a Sigstore bundle/],
    [
      'a second signature',
      () => edited(good, (b) => b.dsseEnvelope.signatures.push(...b.dsseEnvelope.signatures)),
      /more than one signature/,
    ],
    ['the digest it was found by', () => ({ ...good, digest: digestOf(utf8('x')) }), /not the bytes it was found as/],
    ['the bytes: empty', () => evidenceOf(new Uint8Array(0)), /not JSON/],
    ['the bytes: no UTF-8', () => evidenceOf(Uint8Array.of(0xff, 0xfe)), /UTF-8/],
  ])('%s', async (_, make, why) => {
    expect(await whyNot(await make())).toMatch(why)
  })

  test('nobody is trusted', async () => {
    expect(await whyNot(good, artifact, trustOf())).toMatch(/nobody is trusted/)
  })
  test('signed with a certificate only', async () => {
    const evidence = edited(
      await signedEvidence(mallory, provenanceFor(artifact)),
      (b) => (b.verificationMaterial = { certificate: { rawBytes: 'AAAA' } }),
    )
    expect(await whyNot(evidence)).toMatch(/certificate, and nobody is trusted by identity/)
  })
})

describe('an authority', () => {
  const saying: readonly [string, May, unknown][] = [
    [PREDICATE.signature, 'sign', {}],
    [PREDICATE.cyclonedx, 'sbom', { bomFormat: 'CycloneDX', specVersion: '1.6' }],
    [PREDICATE.spdx, 'sbom', { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT' }],
    [PREDICATE.provenance, 'provenance', PROVENANCE],
    [PREDICATE.testResult, 'check', { result: 'PASSED', configuration: [] }],
    [
      PREDICATE.vsa,
      'verdict',
      { verifier: { id: 'a:b' }, resourceUri: 'x', policy: { uri: 'p' }, verificationResult: 'PASSED', verifiedLevels: [] },
    ],
    [PREDICATE.release, 'release', { purl: 'pkg:npm/x@1' }],
    ['https://example.com/own/v1', 'any', {}],
  ]
  test.each(saying)('may say %s only with `%s` or `any`', async (predicateType, needed, predicate) => {
    const evidence = await signedEvidence(alice, { ...provenanceFor(artifact), predicateType, predicate })
    for (const may of MAY) {
      const why = await whyNot(evidence, artifact, trustOf(authorityOf('alice', alice, [may])))
      expect(why, may).toMatch(may === needed || may === 'any' ? /^accepted$/ : new RegExp(`may not say this: it needs \`${needed}\``))
    }
  })
})

describe('a DSSE envelope of cosign 2', () => {
  const payload = statementBytes(provenanceFor(artifact))
  const envelope = async (...signers: (typeof alice)[]): Promise<UnverifiedEvidence> => {
    const signatures = []
    for (const signer of signers) signatures.push({ keyid: '', sig: await signer.sign(preAuthEncoding(IN_TOTO, payload)) })
    return evidenceOf(utf8(JSON.stringify(envelopeJson({ payloadType: IN_TOTO, payload, signatures }))), 'cosign-attestation')
  }
  test('is verified, and makes one receipt with one signer though it has two signatures by one key', async () => {
    const result = await verifyEvidence(await envelope(alice, alice), artifact, trust)
    expect(result).toMatchObject({ ok: true, receipt: { signer: { authority: 'alice' } } })
  })
  test('signed by two trusted keys names the one that may say it', async () => {
    const two = trustOf(authorityOf('mallory', mallory, ['sbom']), authorityOf('alice', alice, ['provenance']))
    expect(await verifyEvidence(await envelope(mallory, alice), artifact, two)).toMatchObject({
      receipt: { signer: { authority: 'alice' } },
    })
  })
  test('signed by others only is refused', async () => {
    expect(await whyNot(await envelope(mallory))).toMatch(/not trusted/)
  })
})

describe('a signature of cosign 2', () => {
  const payloadFor = (digest: string, type = 'cosign container image signature') =>
    utf8(
      JSON.stringify({
        critical: { identity: { 'docker-reference': '' }, image: { 'docker-manifest-digest': digest }, type },
        optional: { build: '7' },
      }),
    )
  const signed = async (payload: Uint8Array, signer = alice): Promise<UnverifiedEvidence> =>
    evidenceOf(payload, 'cosign-signature', { 'dev.cosignproject.cosign/signature': toBase64(await signer.sign(payload)) })

  test('is verified over the stored bytes, and says what a cosign 3 signature says', async () => {
    expect(await verifyEvidence(await signed(payloadFor(artifact.digest)), artifact, trust)).toMatchObject({
      ok: true,
      receipt: {
        matched: 'manifest',
        statement: { predicateType: PREDICATE.signature, subject: [{ digest: digestSetOf(artifact.digest), annotations: { build: '7' } }] },
      },
    })
  })
  test.each<[string, () => Promise<UnverifiedEvidence>, RegExp]>([
    ['another manifest', () => signed(payloadFor(digestOf(utf8('x')))), /about something else/],
    ['no digest at all', () => signed(payloadFor('latest')), /not sha256/],
    ['another type', () => signed(payloadFor(artifact.digest, 'atomic container signature')), /critical\.type/],
    ['another key', () => signed(payloadFor(artifact.digest), mallory), /not trusted/],
    ['no signature', async () => evidenceOf(payloadFor(artifact.digest), 'cosign-signature'), /without a signature/],
    [
      'a signature that is no base64',
      async () => evidenceOf(payloadFor(artifact.digest), 'cosign-signature', { 'dev.cosignproject.cosign/signature': '!' }),
      /base64/,
    ],
    [
      'a payload written anew: the same JSON in other bytes',
      async () => {
        const one = await signed(payloadFor(artifact.digest))
        return evidenceOf(utf8(`${textOf(one.bytes)} `), 'cosign-signature', one.annotations)
      },
      /not trusted, or changed/,
    ],
  ])('with %s is refused', async (_, make, why) => {
    expect(await whyNot(await make())).toMatch(why)
  })
})

describe('a signature over a file’s own bytes', () => {
  const bytes = utf8('file app.tgz')
  const file = { kind: 'file', digest: digestOf(bytes), size: bytes.byteLength, name: 'app.tgz' } as const
  const messageBundle = (signature: Uint8Array, digest: object = {}) =>
    evidenceOf(
      utf8(
        JSON.stringify({
          mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
          verificationMaterial: { publicKey: { hint: '' } },
          messageSignature: { messageDigest: digest, signature: toBase64(signature) },
        }),
      ),
    )
  const content = (given = bytes) => ({
    content: async function* () {
      for (const byte of given) yield Uint8Array.of(byte)
    },
  })

  test.each(KEY_ALGORITHMS)('is verified in one pass with a key of kind %s', async (kind) => {
    const signer = newSigner(kind)
    const evidence = messageBundle(await signer.sign(bytes), {
      algorithm: 'SHA2_256',
      digest: toBase64(Buffer.from(file.digest.slice(7), 'hex')),
    })
    const result = await verifyEvidence(evidence, file, trustOf(authorityOf('who', signer)), content())
    expect(result).toMatchObject({ ok: true, receipt: { matched: 'file', statement: { predicateType: PREDICATE.signature } } })
  })
  test.each([
    ['over other bytes', content(utf8('other')), {}, /not trusted, or changed/],
    ['naming another digest', content(), { algorithm: 'SHA2_256', digest: 'AAAA' }, /digest of other bytes/],
    ['naming a digest nobody knows', content(), { algorithm: 'SHA3_256', digest: 'AAAA' }, /algorithm that is not known/],
  ])('%s is refused', async (_, options, digest, why) => {
    const result = await verifyEvidence(messageBundle(await alice.sign(bytes), digest), file, trust, options)
    expect(result).toMatchObject({ ok: false, rejection: { why: expect.stringMatching(why) } })
  })
  test.each(['ecdsa-p256', 'ecdsa-p384'] as const)('is verified by the digest alone with a key of kind %s', async (kind) => {
    const signer = newSigner(kind)
    const by = trustOf(authorityOf('who', signer))
    expect((await verifyEvidence(messageBundle(await signer.sign(bytes)), file, by)).ok).toBe(true)
    expect((await verifyEvidence(messageBundle(await signer.sign(utf8('other'))), file, by)).ok).toBe(false)
  })
  test('needs the bytes for a key that signs them whole', async () => {
    const signer = newSigner('ed25519')
    const result = await verifyEvidence(messageBundle(await signer.sign(bytes)), file, trustOf(authorityOf('who', signer)))
    expect(result).toMatchObject({ ok: false, rejection: { why: expect.stringMatching(/give the file itself/) } })
  })
  test('of a manifest’s own bytes is about the manifest', async () => {
    const wrapped = wrappedArtifact()
    const manifest = utf8('manifest of app.tgz')
    const digest = { algorithm: 'SHA2_256', digest: toBase64(Buffer.from(wrapped.digest.slice(7), 'hex')) }
    expect(await verifyEvidence(messageBundle(await alice.sign(manifest), digest), wrapped, trust)).toMatchObject({
      ok: true,
      receipt: { matched: 'manifest' },
    })
  })
  test('over the bytes given, which are not the artifact’s, is refused', async () => {
    const other = utf8('other')
    expect(await verifyEvidence(messageBundle(await alice.sign(other)), file, trust, content(other))).toMatchObject({
      ok: false,
      rejection: { why: expect.stringContaining('about something else') },
    })
  })
})

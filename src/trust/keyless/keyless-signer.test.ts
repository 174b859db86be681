import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { X509Certificate } from 'node:crypto'
import { utf8 } from '../../kernel/bytes.ts'
import { compileMatcher } from '../../kernel/matcher.ts'
import { parseBundle } from '../../evidence/bundle.ts'
import { statementBytes } from '../../evidence/statement.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { startFakeSigstore } from '../../../test/support/fake-sigstore.ts'
import type { FakeSigstore, Misbehaving } from '../../../test/support/fake-sigstore.ts'
import { evidenceOf, newSigner, provenanceFor, trustOf, wrappedArtifact } from '../../../test/support/signed-evidence.ts'
import type { IdentityAuthority } from '../authority.ts'
import { signMessage, signStatement } from '../sign.ts'
import { parseTrustedRoot } from '../sigstore/trusted-root.ts'
import { verifyEvidence } from '../verify.ts'
import { checkedBy } from './check-witnessed.ts'
import { readIdentityToken } from './identity-token.ts'
import { openKeylessSigner } from './keyless-signer.ts'
import { parseSigningConfig } from './signing-config.ts'
import { witnessBy } from './witness-by.ts'

const artifact = wrappedArtifact()
const statement = statementBytes(provenanceFor(artifact))

describe('signing by identity', () => {
  let sigstore: FakeSigstore
  beforeAll(async () => {
    sigstore = await startFakeSigstore()
  })
  afterAll(async () => {
    await sigstore.close()
  })
  beforeEach(() => {
    for (const service of ['certificate', 'log', 'timestamp'] as const) delete sigstore.misbehave[service]
  })
  const config = () => parseSigningConfig(sigstore.signingConfig, 'test')
  const tokenFor = (email: string, claims = {}) => readIdentityToken(sigstore.issuer.token(email, claims), 'sigstore', new Date(), 'test')
  const signerFor = (email: string) => openKeylessSigner(testDeps(), config(), () => Promise.resolve(tokenFor(email)))
  const root = () => parseTrustedRoot(sigstore.trustedRoot, 'test')

  /** Trust in one identity by this instance, which has no log of certificates. */
  function identity(subject: string, issuer = sigstore.issuer.origin): IdentityAuthority {
    const exactly = (text: string) => compileMatcher(text)
    const instance = { root: () => Promise.resolve(root()), needs: { logs: 1, timestamps: 1, certificateLogs: 0 } }
    return { name: subject, kind: 'identity', subject: exactly(subject), issuer: exactly(issuer), facts: [], may: ['any'], instance }
  }

  test('makes evidence that verifies by who signed it, and when', async () => {
    const { bundle } = await signStatement(signerFor('dev@example.com'), statement)
    const verified = await verifyEvidence(evidenceOf(bundle), artifact, trustOf(identity('dev@example.com')))
    expect(verified).toMatchObject({ ok: true, receipt: { signer: { kind: 'identity' }, time: { proof: 'rfc3161' } } })
    expect(await verifyEvidence(evidenceOf(bundle), artifact, trustOf(identity('other@example.com')))).toMatchObject({ ok: false })
    expect(await verifyEvidence(evidenceOf(bundle), artifact, trustOf(identity('dev@example.com', 'https://else')))).toMatchObject({
      ok: false,
    })
  })

  test('of the bytes of a file too', async () => {
    const content = async function* () {
      yield utf8('a file')
    }
    const { bundle, content: digest } = await signMessage(signerFor('dev@example.com'), content())
    const file = { kind: 'file', digest, size: 6, name: 'f' } as const
    expect(await verifyEvidence(evidenceOf(bundle), file, trustOf(identity('dev@example.com')), { content })).toMatchObject({ ok: true })
  })

  test('asks for one certificate for many signatures, each logged and timestamped', async () => {
    const before = { fulcio: sigstore.fulcio.seen.length, rekor: sigstore.rekor.seen.length, tsa: sigstore.tsa.seen.length }
    const signer = signerFor('dev@example.com')
    const bundles = await Promise.all([1, 2, 3].map(() => signStatement(signer, statement)))
    const certificates = bundles.map(({ bundle }) => parseBundle(bundle, 'test').material)
    expect(certificates[1]).toEqual(certificates[0])
    expect(sigstore.fulcio.seen.length - before.fulcio).toBe(1)
    expect(sigstore.rekor.seen.length - before.rekor).toBe(3)
    expect(sigstore.tsa.seen.length - before.tsa).toBe(3)
  })

  test('asks anew when the certificate is near its end, with the same key', async () => {
    const short = await startFakeSigstore({ minutes: 1.5 })
    const token = () => Promise.resolve(readIdentityToken(short.issuer.token('dev@example.com'), 'sigstore', new Date(), 'test'))
    const signer = openKeylessSigner(testDeps(), parseSigningConfig(short.signingConfig, 'test'), token)
    const keys = new Set<string>()
    for (let round = 0; round < 2; round += 1) {
      const { material } = parseBundle((await signStatement(signer, statement)).bundle, 'test')
      if (material.kind === 'certificate')
        keys.add(new X509Certificate(material.chain[0] ?? '').publicKey.export({ format: 'jwk' }).x ?? '')
    }
    expect(short.fulcio.seen).toHaveLength(2)
    expect(keys.size).toBe(1)
    await short.close()
  })

  test('with a token the certificate authority does not take is refused, and the token stays out of the message', async () => {
    const [header, body] = sigstore.issuer.token('dev@example.com').split('.')
    const forged = `${header}.${body}.AAAA`
    const signer = openKeylessSigner(testDeps(), config(), () => Promise.resolve(readIdentityToken(forged, 'sigstore', new Date(), 'test')))
    const signing = signStatement(signer, statement)
    await expect(signing).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    await signing.catch((error: Error) => expect(error.message).not.toContain(body))
  })

  test('proves possession of the key: a certificate for somebody else’s key is not to be had', async () => {
    const signer = signerFor('dev@example.com')
    const thief = openKeylessSigner(testDeps(), config(), () =>
      Promise.resolve({ ...tokenFor('dev@example.com'), subject: 'somebody else' }),
    )
    await expect(signStatement(thief, statement)).rejects.toThrow('could not be verified')
    await signStatement(signer, statement)
  })

  test.each<[Misbehaving, string, RegExp]>([
    [{ certificate: 'another key' }, 'signature-invalid', /certificate of another key/],
    [{ certificate: 'no certificate' }, 'service-error', /no certificate/],
    [{ log: 'another digest' }, 'service-error', /is about other bytes/],
    [{ log: 'another signature' }, 'service-error', /is about another signature/],
    [{ log: 'another root' }, 'service-error', /does not lead to its checkpoint/],
    [{ log: 'another index' }, 'service-error', /something else than its checkpoint/],
    [{ log: 'no proof' }, 'service-error', /inclusionProof/],
    [{ timestamp: 'another digest' }, 'service-error', /timestamped something else/],
    [{ timestamp: 'another nonce' }, 'service-error', /nonce/],
    [{ timestamp: 'refused' }, 'service-error', /no timestamp/],
    [{ timestamp: 'no timestamp' }, 'service-error', /no timestamp/],
  ])('with services that give %j hands nothing out', async (misbehaving, code, why) => {
    Object.assign(sigstore.misbehave, misbehaving)
    const signing = signStatement(signerFor('dev@example.com'), statement)
    await expect(signing).rejects.toThrow(expect.objectContaining({ code }))
    await expect(signing).rejects.toThrow(why)
  })

  test('is checked by a trusted root, where one is given, before anything is handed out', async () => {
    await signStatement(checkedBy(signerFor('dev@example.com'), root()), statement)
    const other = await startFakeSigstore()
    const stranger = checkedBy(signerFor('dev@example.com'), parseTrustedRoot(other.trustedRoot, 'test'))
    await expect(signStatement(stranger, statement)).rejects.toThrow(expect.objectContaining({ code: 'service-error' }))
    await other.close()
  })

  test('a key can be witnessed without a certificate', async () => {
    const witness = witnessBy(testDeps(), config())
    const key = newSigner()
    const { bundle } = await signStatement({ ...key, ...(witness === undefined ? {} : { voucher: { witness } }) }, statement)
    const { material, logEntries, timestamps } = parseBundle(bundle, 'test')
    expect([material.kind, logEntries.length, timestamps.length]).toEqual(['key', 1, 1])
  })

  test.each(['ecdsa-p384', 'ed25519'] as const)('a log does not take signatures of a %s key over what it cannot name', async (kind) => {
    const witness = witnessBy(testDeps(), config())
    const signing = signStatement({ ...newSigner(kind), ...(witness === undefined ? {} : { voucher: { witness } }) }, statement)
    await expect(signing).rejects.toThrow(expect.objectContaining({ code: 'key-invalid' }))
  })
})

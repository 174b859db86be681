import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Artifact } from '../../src/artifact/artifact.ts'
import type { ImageTarget } from '../../src/artifact/image-source.ts'
import { openRegistry } from '../../src/artifact/registry/registry.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import { findEvidence } from '../../src/evidence/find.ts'
import { readSidecar } from '../../src/evidence/sidecar.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { digestOf } from '../../src/kernel/digest.ts'
import { compileMatcher } from '../../src/kernel/matcher.ts'
import { readFileStream } from '../../src/kernel/read-file.ts'
import type { Trust } from '../../src/trust/authority.ts'
import { exportPrivateKey, generateKey, publicKeyOf } from '../../src/trust/keys.ts'
import { parseTrustedRoot } from '../../src/trust/sigstore/trusted-root.ts'
import { verifyEvidence } from '../../src/trust/verify.ts'
import { cosign, runCosign } from '../support/cosign.ts'
import { testDeps } from '../support/deps.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { RealRegistry } from '../support/docker-registry.ts'
import { makeImage } from '../support/images.ts'
import { findPeer } from '../support/peers.ts'
import { findSigstore, startSigstore } from '../support/real-sigstore.ts'
import type { RealSigstore } from '../support/real-sigstore.ts'
import { runTally } from '../support/run-tally.ts'
import { PROVENANCE } from '../support/signed-evidence.ts'

// Signing by identity with the real Fulcio, Rekor v2 and timestamp authority on loopback: what tally signs a real cosign verifies
// offline, and the other way.
const programs = findSigstore()
const registryProgram = findPeer('docker-registry')
const WHO = 'dev@example.com'

describe.skipIf(cosign === undefined || programs === undefined || registryProgram === undefined)('a whole Sigstore on loopback', () => {
  let sigstore: RealSigstore
  let registry: RealRegistry
  let dir = ''
  beforeAll(async () => {
    if (programs === undefined) return
    sigstore = await startSigstore(programs)
    const started = await startDockerRegistry()
    if (started === undefined) throw new Error('docker-registry was found and did not start')
    registry = started
    ;({ dir } = sigstore)
    await fs.writeFile(join(dir, 'release.txt'), 'the released file\n')
    await fs.writeFile(join(dir, 'other.txt'), 'something else\n')
    await fs.writeFile(join(dir, 'predicate.json'), JSON.stringify(PROVENANCE))
    await fs.writeFile(join(dir, 'token'), sigstore.issuer.token(WHO))
  }, 60_000)
  afterAll(async () => {
    await registry.close()
    await sigstore.close()
  })

  const file = { kind: 'file', digest: digestOf(utf8('the released file\n')), size: 18, name: 'release.txt' } as const
  const keyless = () => ['--identity-token', 'token', '--signing-config', sigstore.signingConfig, '--yes']
  const tally = async (...args: readonly string[]) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: dir, TALLY_DATA_DIR: join(dir, 'data') }
    return await runTally({ dir, env }, ...args)
  }
  /** cosign's flags of verification; this Sigstore has no log of certificates. */
  const by = (who: string, ...bundle: readonly string[]) => {
    const identity = ['--certificate-identity', who, '--certificate-oidc-issuer', sigstore.issuer.origin]
    return [...bundle, '--trusted-root', sigstore.trustedRoot, '--insecure-ignore-sct', ...identity]
  }
  const trust = async (who = WHO): Promise<Trust> => {
    const root = parseTrustedRoot(new Uint8Array(await fs.readFile(sigstore.trustedRoot)), 'test')
    const instance = { root: () => Promise.resolve(root), needs: { logs: 1, timestamps: 1, certificateLogs: 0 } }
    const [subject, issuer] = [compileMatcher(who), compileMatcher(sigstore.issuer.origin)]
    return { authorities: [{ name: who, kind: 'identity', subject, issuer, facts: [], may: ['any'], instance }], logKeys: [] }
  }

  async function pushImage(repository: string): Promise<{ target: ImageTarget; artifact: Artifact; reference: string }> {
    const target = openRegistry(testDeps(), { host: registry.host, repository }, { allowHttp: false, offline: false })
    const { manifest, blobs } = makeImage(`layer of ${repository}`)
    for (const bytes of blobs) {
      await target.putBlob({ digest: digestOf(bytes), size: bytes.byteLength }, async function* () {
        yield bytes
      })
    }
    await target.putManifest(manifest)
    const { digest, size, mediaType } = manifest.descriptor
    return {
      target,
      artifact: { kind: 'manifest', digest, size, mediaType, name: repository },
      reference: `${registry.host}/${repository}@${digest}`,
    }
  }

  test('a file that tally signs, cosign verifies', async () => {
    const args = ['sign-blob', ...keyless(), '--trusted-root', sigstore.trustedRoot, '--bundle', 'blob.json', 'release.txt']
    expect(await tally(...args)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${WHO} (identity`) as unknown })
    const verify = ['verify-blob', ...by(WHO, '--bundle', 'blob.json')]
    expect(await runCosign(dir, [...verify, 'release.txt'])).toMatchObject({ ok: true })
    expect(await runCosign(dir, [...verify, 'other.txt'])).toMatchObject({ ok: false })
    expect(await runCosign(dir, ['verify-blob', ...by('other@example.com', '--bundle', 'blob.json'), 'release.txt'])).toMatchObject({
      ok: false,
    })
  })

  test('a statement about a file that tally signs, cosign verifies', async () => {
    const args = ['attest-blob', ...keyless(), '--predicate', 'predicate.json', '--type', 'slsaprovenance1', '--bundle', 'att.json']
    expect(await tally(...args, 'release.txt')).toMatchObject({ exitCode: 0 })
    const verify = ['verify-blob-attestation', ...by(WHO, '--bundle', 'att.json'), '--type', 'slsaprovenance1']
    expect(await runCosign(dir, [...verify, 'release.txt'])).toMatchObject({ ok: true })
    expect(await runCosign(dir, [...verify, 'other.txt'])).toMatchObject({ ok: false })
  })

  test('an image that tally signs and attests, cosign verifies', async () => {
    const { reference } = await pushImage('ours')
    expect(await tally('sign', ...keyless(), reference)).toMatchObject({ exitCode: 0 })
    const args = ['attest', ...keyless(), '--predicate', 'predicate.json', '--type', 'slsaprovenance1']
    expect(await tally(...args, reference)).toMatchObject({ exitCode: 0 })
    expect(await runCosign(dir, ['verify', ...by(WHO), reference])).toMatchObject({ ok: true })
    expect(await runCosign(dir, ['verify', ...by('other@example.com'), reference])).toMatchObject({ ok: false })
    expect(await runCosign(dir, ['verify-attestation', ...by(WHO), '--type', 'slsaprovenance1', reference])).toMatchObject({ ok: true })
  })

  test('a key’s signature that tally has witnessed, cosign verifies with the log', async () => {
    await runCosign(dir, ['generate-key-pair'])
    const args = ['sign-blob', '--key', 'cosign.key', '--signing-config', sigstore.signingConfig, '--bundle', 'key.json', 'release.txt']
    const env = { PATH: process.env['PATH'] ?? '', HOME: dir, TALLY_DATA_DIR: join(dir, 'data'), COSIGN_PASSWORD: 'cosign pass' }
    expect(await runTally({ dir, env }, ...args)).toMatchObject({ exitCode: 0 })
    const verify = ['verify-blob', '--key', 'cosign.pub', '--bundle', 'key.json', '--trusted-root', sigstore.trustedRoot, 'release.txt']
    expect(await runCosign(dir, verify)).toMatchObject({ ok: true })
  })

  test('a signature by an RSA key too, and one in a way the log does not take is refused by name before anything is written', async () => {
    const rsa = generateKey('rsa')
    await fs.writeFile(join(dir, 'rsa.pem'), exportPrivateKey(rsa, undefined), { mode: 0o600 })
    await fs.writeFile(join(dir, 'rsa.pub'), publicKeyOf(rsa).pem)
    const args = (key: string, bundle: string) => [
      '--key',
      key,
      '--signing-config',
      sigstore.signingConfig,
      '--bundle',
      bundle,
      'release.txt',
    ]
    expect(await tally('sign-blob', ...args('rsa.pem', 'rsa.json'))).toMatchObject({ exitCode: 0 })
    const verify = ['verify-blob', '--key', 'rsa.pub', '--bundle', 'rsa.json', '--trusted-root', sigstore.trustedRoot]
    expect(await runCosign(dir, [...verify, 'release.txt'])).toMatchObject({ ok: true })
    expect(await runCosign(dir, [...verify, 'other.txt'])).toMatchObject({ ok: false })
    await fs.writeFile(join(dir, 'ml-dsa.pem'), exportPrivateKey(generateKey('ml-dsa-65'), undefined), { mode: 0o600 })
    const refused = await tally('sign-blob', ...args('ml-dsa.pem', 'ml-dsa.json'))
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('ml-dsa-65 over the message itself') as unknown })
    await expect(fs.stat(join(dir, 'ml-dsa.json'))).rejects.toThrow('ENOENT')
  })

  const cosigned = () => [
    '--identity-token',
    'token',
    '--signing-config',
    sigstore.signingConfig,
    '--trusted-root',
    sigstore.trustedRoot,
    '-y',
  ]

  test('a file that cosign signs, tally verifies', async () => {
    await fs.writeFile(join(dir, 'token'), sigstore.issuer.token(WHO))
    expect(await runCosign(dir, ['sign-blob', ...cosigned(), '--bundle', 'theirs.json', 'release.txt'])).toMatchObject({ ok: true })
    const [evidence] = (await readSidecar({ fs }, join(dir, 'theirs.json'))).found
    if (evidence === undefined) throw new Error('cosign wrote no bundle')
    const content = () => readFileStream({ fs }, join(dir, 'release.txt'))
    const verified = await verifyEvidence(evidence, file, await trust(), { content })
    expect(verified).toMatchObject({ ok: true, receipt: { time: { proof: 'rfc3161' }, signer: { kind: 'identity' } } })
    expect(await verifyEvidence(evidence, file, await trust('other@example.com'), { content })).toMatchObject({ ok: false })
  })

  test('an image that cosign signs and attests, tally verifies', async () => {
    const { target, artifact, reference } = await pushImage('theirs')
    expect(await runCosign(dir, ['sign', ...cosigned(), reference])).toMatchObject({ ok: true })
    const attest = ['attest', ...cosigned(), '--type', 'slsaprovenance1', '--predicate', 'predicate.json', reference]
    expect(await runCosign(dir, attest)).toMatchObject({ ok: true })
    const { found } = await findEvidence(target, artifact.digest)
    const types: string[] = []
    for (const evidence of found) {
      const verified = await verifyEvidence(evidence, artifact, await trust())
      if (verified.ok) types.push(verified.receipt.statement.predicateType)
      expect(await verifyEvidence(evidence, artifact, await trust('other@example.com'))).toMatchObject({ ok: false })
    }
    expect(types.toSorted()).toEqual([PREDICATE.provenance, PREDICATE.signature].toSorted())
  })

  test('what cosign writes into tags of their own (.sig, .att), as cosign 2 did, tally verifies by the same line', async () => {
    const { reference } = await pushImage('tagged')
    await fs.writeFile(join(dir, 'token'), sigstore.issuer.token(WHO))
    const { fulcio, timestamp } = sigstore.urls
    const old = ['--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false', '--identity-token', 'token', '-y']
    const services = ['--fulcio-url', fulcio, '--timestamp-server-url', timestamp, '--insecure-skip-verify']
    expect(await runCosign(dir, ['sign', ...old, ...services, reference])).toMatchObject({ ok: true })
    const attest = ['attest', ...old, ...services, '--type', 'slsaprovenance1', '--predicate', 'predicate.json', reference]
    expect(await runCosign(dir, attest)).toMatchObject({ ok: true })

    const line = (verb: string, who: string, ...more: readonly string[]) => {
      const asked = verb === 'verify' ? [verb] : [verb, '--type', 'slsaprovenance1']
      return [...asked, ...by(who), '--insecure-ignore-tlog', '--use-signed-timestamps', ...more, reference]
    }
    for (const verb of ['verify', 'verify-attestation']) {
      const ours = await tally(...line(verb, WHO))
      expect(ours, ours.stderr).toMatchObject({ exitCode: 0 })
      // cosign 3.1.3 stamps the signature of such an attestation, looks for a stamp of the whole envelope, and so does not verify its own.
      if (verb === 'verify') expect(await runCosign(dir, line(verb, WHO, '--new-bundle-format=false'))).toMatchObject({ ok: true })
      expect(await tally(...line(verb, 'other@example.com'))).toMatchObject({ exitCode: 1 })
      // This Sigstore has no log of certificates, and that is said only aloud.
      const withLog = line(verb, WHO).filter((word) => word !== '--insecure-ignore-sct')
      expect(await tally(...withLog)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('certificate log') as unknown })
      expect(await tally(...line(verb, WHO).filter((word) => word !== '--insecure-ignore-tlog'))).toMatchObject({ exitCode: 1 })
    }
  })

  test('the real servers refuse what is forged, and tally says so', async () => {
    const [header, body] = sigstore.issuer.token(WHO).split('.')
    await fs.writeFile(join(dir, 'forged'), `${header}.${body}.${'A'.repeat(86)}`)
    const args = [
      'sign-blob',
      '--identity-token',
      'forged',
      '--signing-config',
      sigstore.signingConfig,
      '--bundle',
      'x.json',
      'release.txt',
    ]
    const refused = await tally(...args)
    expect(refused).toMatchObject({
      exitCode: expect.any(Number) as unknown,
      stderr: expect.stringContaining('certificate authority') as unknown,
    })
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).not.toContain(body)
    await expect(fs.access(join(dir, 'x.json'))).rejects.toThrow('ENOENT')
  })
})

import { execFile } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Artifact } from '../../src/artifact/artifact.ts'
import type { ImageTarget } from '../../src/artifact/image-source.ts'
import { openRegistry } from '../../src/artifact/registry/registry.ts'
import { attachBundle } from '../../src/evidence/attach.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import { findEvidence } from '../../src/evidence/find.ts'
import { statementBytes } from '../../src/evidence/statement.ts'
import { digestOf } from '../../src/kernel/digest.ts'
import { exportPrivateKey, generateKey, loadPublicKey, loadSigner } from '../../src/trust/keys.ts'
import { signStatement } from '../../src/trust/sign.ts'
import { trustKeys } from '../../src/trust/trust-keys.ts'
import { verifyEvidence } from '../../src/trust/verify.ts'
import { testDeps } from '../support/deps.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { RealRegistry } from '../support/docker-registry.ts'
import { makeImage } from '../support/images.ts'
import { findPeer } from '../support/peers.ts'
import { PROVENANCE, provenanceFor } from '../support/signed-evidence.ts'

// Images in a real registry: what we attach a real cosign verifies by key, and what cosign 3 and cosign 2 attached we verify.
const cosign = findPeer('cosign')
const program = findPeer('docker-registry')

describe.skipIf(cosign === undefined || program === undefined)('cosign and a real registry', () => {
  let dir = ''
  let registry: RealRegistry
  const signer = loadSigner(exportPrivateKey(generateKey(), undefined))
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    const started = await startDockerRegistry()
    if (started === undefined) throw new Error('docker-registry was found and did not start')
    registry = started
    await fs.writeFile(join(dir, 'ours.pub'), signer.publicKeyPem)
    await fs.writeFile(join(dir, 'predicate.json'), JSON.stringify(PROVENANCE))
    await run(['generate-key-pair'])
  })
  afterAll(async () => {
    await registry.close()
    await fs.rm(dir, { recursive: true })
  })

  async function run(args: readonly string[]): Promise<{ ok: boolean; said: string }> {
    const env = { PATH: process.env['PATH'] ?? '', HOME: dir, COSIGN_PASSWORD: 'cosign pass' }
    try {
      const { stderr, stdout } = await promisify(execFile)(cosign ?? '', [...args], { cwd: dir, env })
      return { ok: true, said: stdout + stderr }
    } catch (error) {
      return { ok: false, said: String((error as { stderr?: unknown }).stderr) }
    }
  }

  /** A new image in a repository of its own. */
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
    const artifact = { kind: 'manifest', digest, size, mediaType, name: repository } as const
    return { target, artifact, reference: `${registry.host}/${repository}@${digest}` }
  }

  test('what we attach, cosign verifies: the signature and the provenance', async () => {
    const { target, artifact, reference } = await pushImage('ours')
    const { subject, predicateType } = provenanceFor(artifact)
    for (const said of [
      { subject, predicateType, predicate: PROVENANCE },
      { subject, predicateType: PREDICATE.signature, predicate: {} },
    ]) {
      const { bundle } = await signStatement(signer, statementBytes(said))
      const { digest, size } = artifact
      const mediaType = artifact.kind === 'manifest' ? artifact.mediaType : ''
      await attachBundle(target, { digest, size, mediaType }, bundle, {
        predicateType: said.predicateType,
        created: '2026-11-25T00:00:00Z',
      })
    }
    const flags = ['--key', 'ours.pub', '--insecure-ignore-tlog=true', reference]
    expect(await run(['verify', ...flags])).toEqual({ ok: true, said: expect.stringContaining(PREDICATE.signature) })
    expect(await run(['verify-attestation', '--type', 'slsaprovenance1', ...flags])).toMatchObject({ ok: true })
    expect(await run(['verify-attestation', '--type', 'spdxjson', ...flags])).toMatchObject({ ok: false })
    expect(await run(['verify', '--key', 'cosign.pub', '--insecure-ignore-tlog=true', reference])).toMatchObject({ ok: false })
  })

  test.each([
    ['3', 'bundle', 'bundle', []],
    ['2', 'cosign-signature', 'cosign-attestation', ['--new-bundle-format=false']],
  ] as const)('what cosign %s attaches, we verify', async (version, signatureForm, attestationForm, flags) => {
    const { target, artifact, reference } = await pushImage(`theirs${version}`)
    const common = ['--key', 'cosign.key', '--use-signing-config=false', '--tlog-upload=false', '--yes', ...flags]
    expect(await run(['sign', ...common, '-a', 'build=7', reference])).toMatchObject({ ok: true })
    expect(await run(['attest', ...common, '--type', 'slsaprovenance1', '--predicate', 'predicate.json', reference])).toMatchObject({
      ok: true,
    })

    const { found, unreadable } = await findEvidence(target, artifact.digest)
    expect(unreadable).toEqual([])
    expect(found.map((one) => one.form).toSorted()).toEqual([signatureForm, attestationForm].toSorted())
    const cosignKey = loadPublicKey(await fs.readFile(join(dir, 'cosign.pub'), 'utf8'))
    const types: string[] = []
    for (const evidence of found) {
      const result = await verifyEvidence(evidence, artifact, trustKeys([{ name: 'cosign', key: cosignKey }]))
      expect(result).toMatchObject({ ok: true, receipt: { matched: 'manifest' } })
      if (result.ok) types.push(result.receipt.statement.predicateType)
      if (result.ok && result.receipt.statement.predicateType === PREDICATE.signature) {
        expect(result.receipt.statement.subject[0]?.annotations).toMatchObject({ build: '7' })
      }
      const ours = trustKeys([{ name: 'ours', key: loadPublicKey(signer.publicKeyPem) }])
      expect((await verifyEvidence(evidence, artifact, ours)).ok).toBe(false)
    }
    expect(types.toSorted()).toEqual([PREDICATE.provenance, PREDICATE.signature].toSorted())
  })
})

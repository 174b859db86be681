import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, digestSetOf } from '../../src/kernel/digest.ts'
import { readFileStream } from '../../src/kernel/read-file.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import { readSidecar } from '../../src/evidence/sidecar.ts'
import { statementBytes } from '../../src/evidence/statement.ts'
import { exportPrivateKey, generateKey, loadPublicKey, loadSigner } from '../../src/trust/keys.ts'
import { signStatement } from '../../src/trust/sign.ts'
import type { KeyAlgorithm } from '../../src/trust/schemes.ts'
import { trustKeys } from '../../src/trust/trust-keys.ts'
import { verifyEvidence } from '../../src/trust/verify.ts'
import { COSIGN_KINDS } from '../support/cosign.ts'
import { findPeer } from '../support/peers.ts'
import { PROVENANCE, wrappedArtifact } from '../support/signed-evidence.ts'

// What we sign a real cosign verifies by key, and what it signs we verify: bundles of files. No log, no network.
const cosign = findPeer('cosign')
const content = utf8('the released file\n')
const artifact = { kind: 'file', digest: digestOf(content), size: content.byteLength, name: 'release.txt' } as const
const noLog = ['--use-signing-config=false', '--tlog-upload=false', '--yes']

describe.skipIf(cosign === undefined)('cosign', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, artifact.name), content)
    await fs.writeFile(join(dir, 'other.txt'), 'something else\n')
    await fs.writeFile(join(dir, 'predicate.json'), JSON.stringify(PROVENANCE))
  })
  afterAll(async () => {
    await fs.rm(dir, { recursive: true })
  })

  /** Runs cosign where no configuration or cache of this machine is seen. Out: what it said, and whether it succeeded. */
  async function run(args: readonly string[]): Promise<{ ok: boolean; said: string }> {
    const env = { PATH: process.env['PATH'] ?? '', HOME: dir, COSIGN_PASSWORD: 'cosign pass' }
    try {
      const { stderr, stdout } = await promisify(execFile)(cosign ?? '', [...args], { cwd: dir, env })
      return { ok: true, said: stdout + stderr }
    } catch (error) {
      return { ok: false, said: String((error as { stderr?: unknown }).stderr) }
    }
  }

  const bundleWith = async (kind: KeyAlgorithm, name: string) => {
    const signer = loadSigner(exportPrivateKey(generateKey(kind), undefined))
    const subject = [
      { name: 'wrapped', digest: digestSetOf(wrappedArtifact().digest) },
      { name: artifact.name, digest: digestSetOf(artifact.digest) },
    ]
    const { bundle } = await signStatement(signer, statementBytes({ subject, predicateType: PREDICATE.provenance, predicate: PROVENANCE }))
    await fs.writeFile(join(dir, `${name}.sigstore.json`), bundle)
    await fs.writeFile(join(dir, `${name}.pub`), signer.publicKeyPem)
  }
  const verifyArgs = (name: string) => ['--key', `${name}.pub`, '--bundle', `${name}.sigstore.json`, '--insecure-ignore-tlog=true']

  test.each(COSIGN_KINDS)('verifies what we sign with a key of kind %s', async (kind) => {
    await bundleWith(kind, kind)
    const args = ['verify-blob-attestation', ...verifyArgs(kind), '--type', 'slsaprovenance1']
    expect(await run([...args, artifact.name])).toEqual({ ok: true, said: expect.stringContaining('Verified OK') })
    expect(await run([...args, 'other.txt'])).toMatchObject({ ok: false })
  })

  test('refuses the same with another type, and with another key', async () => {
    await bundleWith('ecdsa-p256', 'mine')
    await bundleWith('ecdsa-p256', 'theirs')
    expect((await run(['verify-blob-attestation', ...verifyArgs('mine'), '--type', 'spdxjson', artifact.name])).ok).toBe(false)
    await fs.copyFile(join(dir, 'theirs.pub'), join(dir, 'mine.pub'))
    expect((await run(['verify-blob-attestation', ...verifyArgs('mine'), '--type', 'slsaprovenance1', artifact.name])).ok).toBe(false)
  })

  /** A key in cosign's hands: made by it, or a plain one of ours that it imported. Out: its name. */
  async function keyOf(kind: 'generated' | KeyAlgorithm): Promise<string> {
    const name = `cosign-${kind}-${randomBytes(4).toString('hex')}`
    if (kind === 'generated') {
      expect(await run(['generate-key-pair', '--output-key-prefix', name])).toMatchObject({ ok: true })
      return name
    }
    await fs.writeFile(join(dir, `${name}.pem`), exportPrivateKey(generateKey(kind), undefined))
    expect(await run(['import-key-pair', '--key', `${name}.pem`, '--output-key-prefix', name, '--yes'])).toMatchObject({ ok: true })
    return name
  }

  const verifyTheirs = async (name: string) => {
    const { found } = await readSidecar({ fs }, join(dir, `${name}.sigstore.json`))
    const key = loadPublicKey(await fs.readFile(join(dir, `${name}.pub`), 'utf8'))
    const [evidence] = found
    if (evidence === undefined) throw new Error('cosign wrote no bundle')
    const bytes = () => readFileStream({ fs }, join(dir, artifact.name))
    return await verifyEvidence(evidence, artifact, trustKeys([{ name: 'cosign', key }]), { content: bytes })
  }

  test.each(['generated', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa'] as const)(
    'attests with a key (%s), and we verify it',
    async (kind) => {
      const name = await keyOf(kind)
      const args = ['attest-blob', '--key', `${name}.key`, '--bundle', `${name}.sigstore.json`, '--predicate', 'predicate.json']
      expect(await run([...args, '--type', 'slsaprovenance1', ...noLog, artifact.name])).toMatchObject({ ok: true })
      expect(await verifyTheirs(name)).toMatchObject({
        ok: true,
        receipt: { matched: 'file', statement: { type: 'https://in-toto.io/Statement/v0.1', predicateType: PREDICATE.provenance } },
      })
    },
  )

  test.each(['generated', ...COSIGN_KINDS] as const)('signs a file with a key (%s), and we verify it', async (kind) => {
    const name = await keyOf(kind)
    const args = ['sign-blob', '--key', `${name}.key`, '--bundle', `${name}.sigstore.json`, ...noLog]
    expect(await run([...args, artifact.name])).toMatchObject({ ok: true })
    expect(await verifyTheirs(name)).toMatchObject({
      ok: true,
      receipt: { matched: 'file', statement: { predicateType: PREDICATE.signature } },
    })

    expect(await run([...args, 'other.txt'])).toMatchObject({ ok: true })
    expect(await verifyTheirs(name)).toMatchObject({ ok: false })
  })

  test('attests with Ed25519ph, and we verify it', async () => {
    const name = await keyOf('ed25519')
    const args = ['attest-blob', '--key', `${name}.key`, '--bundle', `${name}.sigstore.json`, '--predicate', 'predicate.json']
    expect(await run([...args, '--type', 'slsaprovenance1', ...noLog, artifact.name])).toMatchObject({ ok: true })
    expect(await verifyTheirs(name)).toMatchObject({ ok: true, receipt: { statement: { predicateType: PREDICATE.provenance } } })
  })
})

import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ImageTarget } from '../../src/artifact/image-source.ts'
import { openRegistry } from '../../src/artifact/registry/registry.ts'
import { GLOBAL_OPTIONS } from '../../src/cli/command.ts'
import { attest } from '../../src/cli/commands/attest.ts'
import { attestBlob } from '../../src/cli/commands/attest-blob.ts'
import { download } from '../../src/cli/commands/download.ts'
import { sign } from '../../src/cli/commands/sign.ts'
import { signBlob } from '../../src/cli/commands/sign-blob.ts'
import { trust } from '../../src/cli/commands/trust.ts'
import { tree } from '../../src/cli/commands/tree.ts'
import { verify } from '../../src/cli/commands/verify.ts'
import { verifyAttestation } from '../../src/cli/commands/verify-attestation.ts'
import { verifyBlob } from '../../src/cli/commands/verify-blob.ts'
import { verifyBlobAttestation } from '../../src/cli/commands/verify-blob-attestation.ts'
import { digestOf } from '../../src/kernel/digest.ts'
import { exportCosignKey } from '../../src/trust/cosign-key.ts'
import { generateKey, publicKeyOf } from '../../src/trust/keys.ts'
import type { KeyAlgorithm } from '../../src/trust/schemes.ts'
import { COSIGN_KINDS, cosign, runCosign } from '../support/cosign.ts'
import { testDeps } from '../support/deps.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { RealRegistry } from '../support/docker-registry.ts'
import { makeImage } from '../support/images.ts'
import { findPeer } from '../support/peers.ts'
import { PROVENANCE } from '../support/signed-evidence.ts'
import { runTally } from '../support/run-tally.ts'

// A cosign line with the word exchanged: the same flags, and a real cosign verifies what comes out, by key.
const registryProgram = findPeer('docker-registry')

const VERBS = [verify, verifyBlob, verifyAttestation, verifyBlobAttestation, sign, signBlob, attest, attestBlob, tree]

describe.skipIf(cosign === undefined)('every flag a real cosign lists is taken, or refused by its name', () => {
  const own = VERBS.map((command) => [command.name, command] as const)
  const parts = ['signature', 'attestation', 'sbom'].map((part) => [`download ${part}`, download] as const)
  test.each([...own, ...parts, ['initialize', trust] as const])('for %s', async (name, command) => {
    const { said } = await runCosign(tmpdir(), [...name.split(' '), '--help'])
    const flags = [...said.matchAll(/^ +(?:-[a-zA-Z], )?--([a-zA-Z0-9-]+)(?:=| |$)/gm)].map((found) => found[1] ?? '')
    expect(flags).toContain('timeout')
    const known = [command.options, GLOBAL_OPTIONS, command.refused ?? {}].flatMap((some) => Object.keys(some))
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([])
  })
})

describe.skipIf(cosign === undefined)('a line of cosign, said to tally', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, 'release.txt'), 'the released file\n')
    await fs.writeFile(join(dir, 'other.txt'), 'something else\n')
    await fs.writeFile(join(dir, 'predicate.json'), JSON.stringify(PROVENANCE))
    for (const kind of COSIGN_KINDS) await writeKey(kind)
  })
  afterAll(async () => {
    await fs.rm(dir, { recursive: true })
  })

  async function writeKey(kind: KeyAlgorithm): Promise<void> {
    const key = generateKey(kind)
    await fs.writeFile(join(dir, `${kind}.key`), await exportCosignKey(key, 'cosign pass'), { mode: 0o600 })
    await fs.writeFile(join(dir, `${kind}.pub`), publicKeyOf(key).pem)
  }
  const tally = async (...args: readonly string[]) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: dir, TALLY_DATA_DIR: join(dir, 'tally-data'), COSIGN_PASSWORD: 'cosign pass' }
    return await runTally({ dir, env }, ...args)
  }
  const byKey = (kind: string, bundle: string) => ['--key', `${kind}.pub`, '--bundle', bundle, '--insecure-ignore-tlog=true']

  test.each(COSIGN_KINDS)('sign-blob with a key of kind %s', async (kind) => {
    const bundle = `${kind}.sigstore.json`
    const signed = await tally('sign-blob', '--key', `${kind}.key`, '--bundle', bundle, '--output-signature', 'sig', '--yes', 'release.txt')
    expect(signed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(bundle) as unknown })
    const verified = await tally('verify', 'release.txt', '--isolated', '--key', `${kind}.pub`, '--bundle', bundle)
    expect(verified).toMatchObject({ exitCode: 0 })
    expect(await tally('verify', 'other.txt', '--isolated', '--key', `${kind}.pub`, '--bundle', bundle)).toMatchObject({ exitCode: 1 })
    expect(await runCosign(dir, ['verify-blob', ...byKey(kind, bundle), 'release.txt'])).toMatchObject({ ok: true })
    expect(await runCosign(dir, ['verify-blob', ...byKey(kind, bundle), 'other.txt'])).toMatchObject({ ok: false })
  })

  test.each(COSIGN_KINDS)('attest-blob with a key of kind %s', async (kind) => {
    const bundle = `${kind}.att.json`
    const args = ['attest-blob', '--predicate', 'predicate.json', '--type', 'slsaprovenance1', '--key', `${kind}.key`]
    expect(await tally(...args, '--bundle', bundle, '-y', 'release.txt')).toMatchObject({ exitCode: 0 })
    const verify = ['verify-blob-attestation', ...byKey(kind, bundle), '--type', 'slsaprovenance1']
    expect(await runCosign(dir, [...verify, 'release.txt'])).toMatchObject({ ok: true })
    expect(await runCosign(dir, [...verify, 'other.txt'])).toMatchObject({ ok: false })
  })

  test('attest-blob of anything at all, by cosign’s custom predicate', async () => {
    await fs.writeFile(join(dir, 'note.txt'), 'reviewed by two people')
    const args = ['attest-blob', '--predicate', 'note.txt', '--key', 'ecdsa-p256.key', '--bundle', 'note.json', 'release.txt']
    expect(await tally(...args)).toMatchObject({ exitCode: 0 })
    const verify = ['verify-blob-attestation', ...byKey('ecdsa-p256', 'note.json'), '--type', 'custom', 'release.txt']
    expect(await runCosign(dir, verify)).toMatchObject({ ok: true })
  })

  describe.skipIf(registryProgram === undefined)('about an image', () => {
    let registry: RealRegistry
    beforeAll(async () => {
      const started = await startDockerRegistry()
      if (started === undefined) throw new Error('docker-registry was found and did not start')
      registry = started
    })
    afterAll(async () => {
      await registry.close()
    })

    async function pushImage(repository: string): Promise<{ reference: string; target: ImageTarget }> {
      const target = openRegistry(testDeps(), { host: registry.host, repository }, { allowHttp: false, offline: false })
      const { manifest, blobs } = makeImage(`layer of ${repository}`)
      for (const bytes of blobs) {
        await target.putBlob({ digest: digestOf(bytes), size: bytes.byteLength }, async function* () {
          yield bytes
        })
      }
      await target.putManifest(manifest)
      return { reference: `${registry.host}/${repository}@${manifest.descriptor.digest}`, target }
    }
    const flags = ['--key', 'ecdsa-p256.pub', '--insecure-ignore-tlog=true']

    test('sign, with annotations', async () => {
      const { reference } = await pushImage('signed')
      const args = ['sign', '--key', 'ecdsa-p256.key', '--yes', '-a', 'build=7', '-a', 'team=core', reference]
      expect(await tally(...args)).toMatchObject({ exitCode: 0 })
      expect(await runCosign(dir, ['verify', ...flags, '-a', 'build=7', reference])).toMatchObject({ ok: true })
      expect(await runCosign(dir, ['verify', ...flags, '-a', 'build=8', reference])).toMatchObject({ ok: false })
      expect(await runCosign(dir, ['verify', '--key', 'ecdsa-p384.pub', '--insecure-ignore-tlog=true', reference])).toMatchObject({
        ok: false,
      })
    })

    test.each(COSIGN_KINDS)('sign with a key of kind %s', async (kind) => {
      const { reference } = await pushImage(`by-${kind}`)
      expect(await tally('sign', '--key', `${kind}.key`, '--yes', reference)).toMatchObject({ exitCode: 0 })
      const verify = (pub: string) => runCosign(dir, ['verify', '--key', pub, '--insecure-ignore-tlog=true', reference])
      expect(await verify(`${kind}.pub`)).toMatchObject({ ok: true })
      const other = COSIGN_KINDS.find((one) => one !== kind) ?? kind
      expect(await verify(`${other}.pub`)).toMatchObject({ ok: false })
    })

    test('attest', async () => {
      const { reference } = await pushImage('attested')
      const args = ['attest', '--key', 'ecdsa-p256.key', '--type', 'slsaprovenance1', '--predicate', 'predicate.json', '--yes', reference]
      expect(await tally(...args)).toMatchObject({ exitCode: 0 })
      expect(await runCosign(dir, ['verify-attestation', ...flags, '--type', 'slsaprovenance1', reference])).toMatchObject({ ok: true })
      expect(await runCosign(dir, ['verify-attestation', ...flags, '--type', 'spdxjson', reference])).toMatchObject({ ok: false })
    })

    test.each([
      ['sign', ['--upload=false']],
      ['attest', ['--no-upload', '--type', 'slsaprovenance1', '--predicate', 'predicate.json']],
    ])('%s without attaching it leaves the registry as it is', async (verb, more) => {
      const { reference, target } = await pushImage(`kept-${verb}`)
      const kept = await tally(verb, '--key', 'ecdsa-p256.key', ...more, '--bundle', `${verb}.json`, reference)
      expect(kept).toMatchObject({ exitCode: 0 })
      const digest = reference.slice(reference.indexOf('@') + 1)
      expect(await target.referrers(digest as never)).toEqual([])
      await fs.access(join(dir, `${verb}.json`))
    })
  })
})

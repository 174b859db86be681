import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shipReceiptSchema } from '../../src/chain/receipt-schema.ts'
import type { ShipReceipt } from '../../src/chain/receipt-schema.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import { cosignIn } from '../support/cosign.ts'
import type { Cosign } from '../support/cosign.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { RealRegistry } from '../support/docker-registry.ts'
import { findPeer } from '../support/peers.ts'
import { runTally } from '../support/run-tally.ts'
import { makeSample, tallyYaml } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'

// The whole chain through real registries: what arrives there is judged there, promoted from there, and verified there by a real cosign.
const program = findPeer('docker-registry')
const cosignProgram = findPeer('cosign')

type Index = { readonly manifests: readonly { readonly digest: string; readonly artifactType?: string }[] }

/** What a registry itself says of a tag and of what is attached; 2.8 has no referrers API, so that is its fallback tag. */
async function digestAt(host: string, repository: string, tag: string): Promise<string | null> {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, { method: 'HEAD', headers })
  return answer.status === 200 ? answer.headers.get('docker-content-digest') : null
}
async function attachedAt(host: string, repository: string, digest: string): Promise<readonly string[]> {
  const headers = { accept: 'application/vnd.oci.image.index.v1+json' }
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${digest.replace(':', '-')}`, { headers })
  return answer.status === 200 ? ((await answer.json()) as Index).manifests.map((each) => each.digest) : []
}

describe.skipIf(program === undefined)('ship through real registries', () => {
  let one: RealRegistry
  let two: RealRegistry
  beforeAll(async () => {
    const started = await Promise.all([startDockerRegistry(), startDockerRegistry()])
    const [first, second] = started
    if (first === undefined || second === undefined) throw new Error('docker-registry was found and did not start')
    one = first
    two = second
  })
  afterAll(async () => {
    await one.close()
    await two.close()
  })

  const environments = (dev: string, prod: string): string =>
    `{ dev: { registry: ${dev} }, prod: { registry: ${prod}, from: dev, policy: policy/prod.yaml } }`

  describe('dev and prod are two repositories of one', () => {
    let project: SampleProject
    let receipt: ShipReceipt
    let cosign: Cosign | undefined
    /** The key of this machine, as others get it. */
    let publicKey: string
    const place = (environment: string): string => `${one.host}/team/${environment}`
    const reference = (environment = 'prod'): string => `${place(environment)}@${receipt.artifact.manifestDigest}`

    beforeAll(async () => {
      project = await makeSample({ yaml: { environments: environments(place('dev'), place('prod')) } })
      const said = await runTally(project, 'ship', '--format', 'json')
      expect(said).toMatchObject({ exitCode: 0 })
      receipt = shipReceiptSchema.parse(JSON.parse(said.stdout))
      publicKey = join(project.home, 'machine.pub')
      await fs.writeFile(publicKey, (await runTally(project, 'key', 'export', 'local')).stdout)
      cosign = cosignIn(project.home)
    })
    afterAll(() => project[Symbol.asyncDispose]())

    test('the registry itself has artifact, release tag, `current` and one of each receipt, in both', async () => {
      expect(receipt).toMatchObject({
        reached: 'prod',
        verdict: { decision: 'allow' },
        artifact: { reference: reference('dev') },
        promoted: { environment: 'prod', reference: reference() },
      })
      const { manifestDigest } = receipt.artifact
      for (const repository of ['team/dev', 'team/prod']) {
        for (const tag of ['current', receipt.promoted?.tag ?? '', `${receipt.artifact.digest.replace(':', '-')}.file`]) {
          expect(await digestAt(one.host, repository, tag), `${repository}:${tag}`).toBe(manifestDigest)
        }
        expect(await attachedAt(one.host, repository, manifestDigest)).toHaveLength(5)
      }
    })

    test('shipped again it stays as it is', async () => {
      const { manifestDigest } = receipt.artifact
      const before = await attachedAt(one.host, 'team/prod', manifestDigest)
      expect(await runTally(project, 'ship')).toMatchObject({ exitCode: 0 })
      expect(await attachedAt(one.host, 'team/prod', manifestDigest)).toEqual(before)
      expect((await runTally(project, 'log', 'check')).stdout).toContain('5 entries')
    })

    test.skipIf(cosignProgram === undefined)('a real cosign verifies signature, provenance and SBOM there', async () => {
      const flags = ['--key', publicKey, '--insecure-ignore-tlog=true', reference()]
      const signature = await cosign?.run('verify', ...flags)
      expect(signature).toEqual({ ok: true, said: expect.stringContaining(`"type":"${PREDICATE.signature}"`) })
      for (const type of ['slsaprovenance1', 'cyclonedx']) {
        expect(await cosign?.run('verify-attestation', '--type', type, ...flags), type).toMatchObject({ ok: true })
      }
      expect(await cosign?.run('verify-attestation', '--type', 'spdxjson', ...flags)).toMatchObject({ ok: false })
    })

    test.skipIf(cosignProgram === undefined)(
      'what a real cosign attached there, `tree` shows and `verify` verifies by its key',
      async () => {
        await cosign?.run('generate-key-pair')
        await fs.writeFile(join(project.home, 'vuln.json'), JSON.stringify({ scanner: 'by hand' }))
        const how = ['--key', 'cosign.key', '--use-signing-config=false', '--tlog-upload=false', '--yes']
        expect(await cosign?.run('sign', ...how, reference('dev'))).toMatchObject({ ok: true })
        expect(await cosign?.run('attest', ...how, '--type', 'custom', '--predicate', 'vuln.json', reference('dev'))).toMatchObject({
          ok: true,
        })

        const tree = await runTally(project, 'tree', reference('dev'))
        expect(tree.exitCode).toBe(0)
        expect(tree.stdout.match(/─ signature /g)).toHaveLength(2)
        expect(tree.stdout).toContain('https://cosign.sigstore.dev/attestation/v1')

        const theirs = await runTally(project, 'verify', reference('dev'), '--key', join(project.home, 'cosign.pub'), '--format', 'json')
        const { receipts, rejections, exitCode } = JSON.parse(theirs.stdout) as {
          receipts: readonly { predicateType: string }[]
          rejections: readonly { code: string }[]
          exitCode: number
        }
        expect(receipts.map((each) => each.predicateType).toSorted()).toEqual([
          'https://cosign.sigstore.dev/attestation/v1',
          PREDICATE.signature,
        ])
        // Ours is by another key: no error, and nothing that counts either.
        expect(rejections.map((each) => each.code)).toEqual(Array<string>(5).fill('untrusted'))
        expect([theirs.exitCode, exitCode]).toEqual([0, 0])
      },
    )

    test('`promote` takes it on to another repository, judged, with all of its evidence, and once more without a byte', async () => {
      const staging = `${one.host}/team/staging`
      const args = ['promote', reference(), staging, '--policy', 'policy/prod.yaml', '--release-tag', '1.0.0']
      const first = await runTally(project, ...args)
      expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^promoted to \S+\/team\/staging$/m) })
      const { manifestDigest } = receipt.artifact
      for (const tag of ['current', '1.0.0']) expect(await digestAt(one.host, 'team/staging', tag)).toBe(manifestDigest)
      const attached = await attachedAt(one.host, 'team/staging', manifestDigest)
      // The five of prod and the verdict that let it pass here.
      expect(attached).toHaveLength(6)
      const verified = await runTally(project, 'gate', `${staging}@${manifestDigest}`, '--policy', 'policy/prod.yaml', '--isolated')
      expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('allow by policy prod') })
      expect(await runTally(project, ...args)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ +0 copied, /m) })
      expect(await attachedAt(one.host, 'team/staging', manifestDigest)).toEqual(attached)
    })

    test('`promote` under a policy that is not met copies nothing and moves nothing', async () => {
      await fs.writeFile(join(project.home, 'strict.yaml'), 'version: 1\nname: strict\nrequire:\n  signature: { from: [security-team] }\n')
      const said = await runTally(project, 'promote', reference(), `${one.host}/team/closed`, '--policy', join(project.home, 'strict.yaml'))
      expect(said).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^error\[denied\]: \S+: policy strict denies it: signature$/m),
      })
      expect(said.stdout).toContain('only from this-machine')
      expect((await fetch(`http://${one.host}/v2/team/closed/tags/list`)).status).toBe(404)
    })

    test('the artifact itself comes back from the registry by digest, and its file is found there by --from', async () => {
      const file = join(project.home, 'greet')
      const blob = await fetch(`http://${one.host}/v2/team/prod/blobs/${receipt.artifact.digest}`)
      await fs.writeFile(file, new Uint8Array(await blob.arrayBuffer()))
      const said = await runTally(project, 'verify', file, '--from', place('prod'), '--isolated', '--policy', 'policy/prod.yaml')
      expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('allow by policy prod') })
    })
  })

  test('dev in one registry, prod in another: promoted from one to the other', async () => {
    const places = environments(`${one.host}/apart/dev`, `${two.host}/apart/prod`)
    await using project = await makeSample({ yaml: { environments: places } })
    const said = await runTally(project, 'ship', '--format', 'json')
    const receipt = shipReceiptSchema.parse(JSON.parse(said.stdout))
    const { manifestDigest } = receipt.artifact
    expect(receipt.promoted?.reference).toBe(`${two.host}/apart/prod@${manifestDigest}`)
    expect(await digestAt(one.host, 'apart/dev', 'current')).toBe(manifestDigest)
    expect(await digestAt(two.host, 'apart/prod', 'current')).toBe(manifestDigest)
    expect(await attachedAt(two.host, 'apart/prod', manifestDigest)).toHaveLength(5)

    // A denied commit after it: dev moves on, prod stays where it was.
    await project.write('tally.yaml', tallyYaml({ environments: places, lockfiles: '[]' }))
    await project.write('package-lock.json', '')
    await fs.rm(join(project.dir, 'package-lock.json'))
    await project.write('greet.sh', '#!/bin/sh\necho hello again\n')
    await project.commit()
    const denied = await runTally(project, 'ship', '--format', 'json')
    const second = shipReceiptSchema.parse(JSON.parse(denied.stdout))
    expect(denied.exitCode).toBe(1)
    expect(second).toMatchObject({ reached: 'dev', promoted: null, verdict: { decision: 'deny' } })
    expect(await digestAt(one.host, 'apart/dev', 'current')).toBe(second.artifact.manifestDigest)
    expect(await digestAt(two.host, 'apart/prod', 'current')).toBe(manifestDigest)
  })

  test('a registry that is not there: the address, exit 5, nothing half done that a second run would not mend', async () => {
    await using project = await makeSample({ yaml: { environments: environments('127.0.0.1:1/gone/dev', `${two.host}/gone/prod`) } })
    const said = await runTally(project, 'ship')
    expect(said).toMatchObject({ exitCode: 5, stdout: '' })
    expect(said.stderr).toMatch(/^error\[network\]: \S*127\.0\.0\.1:1\S*: /m)
    expect(said.stderr).not.toMatch(/^\s+at /m)
    await project.write('tally.yaml', tallyYaml({ environments: environments(`${one.host}/gone/dev`, `${two.host}/gone/prod`) }))
    await project.commit()
    expect(await runTally(project, 'ship')).toMatchObject({ exitCode: 0 })
  })
})

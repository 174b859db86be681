import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ociArchiveBytes } from '../../src/artifact/oci-archive-write.ts'
import { tarBytes } from '../../src/artifact/tar-write.ts'
import { shipReceiptSchema } from '../../src/chain/receipt-schema.ts'
import type { ShipReceipt } from '../../src/chain/receipt-schema.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { digestOf, hexOf } from '../../src/kernel/digest.ts'
import { flipByte } from '../support/flip.ts'
import { runTally } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { makeSample } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'

// One artifact, shipped once; then every way to ask who said what about it, and everything that may lie.
let project: SampleProject
let receipt: ShipReceipt
/** A folder outside the project, as somebody else has it: the file and the public key of the machine that shipped it. */
let elsewhere: string
let stranger: Pick<SampleProject, 'dir' | 'env'>
let counter = 0

type Verification = {
  readonly artifact: { readonly kind: string; readonly digest: string }
  readonly receipts: readonly { readonly predicateType: string; readonly matched: string; readonly log: object | null }[]
  readonly rejections: readonly { readonly code: string; readonly why: string }[]
  readonly looked: readonly string[]
  readonly earlierVerdicts: readonly { readonly samePolicy?: boolean; readonly result: string }[]
  readonly verdict: { readonly decision: string; readonly clauses: readonly { readonly clause: string; readonly result: string }[] } | null
  readonly exitCode: number
}
const dataOf = (said: Said): Verification => JSON.parse(said.stdout) as Verification
const ALL = [PREDICATE.signature, PREDICATE.provenance, PREDICATE.cyclonedx, PREDICATE.testResult, PREDICATE.vsa].toSorted()
const layout = (environment = 'prod'): string => join(project.dataDir, 'registry/greet', environment)
const reference = (dir = layout()): string => `oci:${dir}@${receipt.artifact.manifestDigest}`
/** A copy of something that may be spoilt, thrown away with the rest. */
async function copyOf(path: string): Promise<string> {
  const copy = join(project.beside, `copy-${counter++}`)
  await fs.cp(path, copy, { recursive: true })
  return copy
}

beforeAll(async () => {
  project = await makeSample()
  const said = await runTally(project, 'ship', '--format', 'json')
  receipt = shipReceiptSchema.parse(JSON.parse(said.stdout))
  await fs.writeFile(join(project.beside, 'receipt.json'), said.stdout)
  elsewhere = join(project.beside, 'elsewhere')
  await fs.mkdir(elsewhere)
  stranger = { dir: elsewhere, env: { ...project.env, TALLY_DATA_DIR: join(elsewhere, 'empty') } }
  await fs.copyFile(receipt.artifact.path, join(elsewhere, 'greet'))
  await fs.copyFile(join(project.dir, 'policy/prod.yaml'), join(elsewhere, 'prod.yaml'))
  await fs.writeFile(join(elsewhere, 'machine.pub'), (await runTally(project, 'key', 'export', 'local')).stdout)
  await runTally(project, 'download', receipt.artifact.path, '--to', join(elsewhere, 'greet.sigstore.jsonl'))
})
afterAll(() => project[Symbol.asyncDispose]())

/** Verifies where nothing is known but what is named. */
const verifyElsewhere = (...args: readonly string[]): Promise<Said> => runTally(stranger, 'verify', ...args, '--key', 'machine.pub')

describe('an artifact that is what its evidence says', () => {
  test.each([
    ['a file, its evidence in the data directory', () => [receipt.artifact.path]],
    ['an OCI layout by digest', () => [reference()]],
    ['an OCI layout by tag', () => [`oci:${layout()}:current`]],
    ['an OCI layout without a prefix', () => [`${layout()}@${receipt.artifact.manifestDigest}`, '--isolated']],
    ['a file, its evidence in a layout', () => [receipt.artifact.path, '--isolated', '--from', `oci:${layout('dev')}`]],
  ])('%s', async (_, args) => {
    const said = await runTally(project, 'verify', ...args(), '--format', 'json')
    const { receipts, rejections } = dataOf(said)
    expect(said).toMatchObject({ exitCode: 0, stderr: '' })
    expect(receipts.map((each) => each.predicateType).toSorted()).toEqual(ALL)
    expect(receipts.filter((each) => each.log === null)).toEqual([])
    expect(rejections).toEqual([])
  })

  test('says where it looked, in order, and who is trusted by what', async () => {
    const said = await runTally(project, 'verify', receipt.artifact.path, '--from', `oci:${layout()}`)
    expect(said).toMatchObject({ exitCode: 0, stderr: '' })
    expect(said.stdout).toMatch(/^trusted +this-machine, by tally.yaml$/m)
    expect(said.stdout).toMatch(/^looked in$/m)
    const { looked } = dataOf(await runTally(project, 'verify', receipt.artifact.path, '--from', `oci:${layout()}`, '--format', 'json'))
    const places = looked.filter((place) => !place.startsWith('tag '))
    expect(
      places.map((place) => /(greet\.sigstore\.jsonl?): none$|^referrers of .*\/(?:dev|prod): 5$/.exec(place)?.[0].split('/').at(-1)),
    ).toEqual(['greet.sigstore.json: none', 'greet.sigstore.jsonl: none', 'prod: 5', 'dev: 5', 'prod: 5'])
    expect(said.stdout).toContain('proves only this machine')
  })

  test('an empty data directory, the file, the public key and the policy: the same verdict as the full one', async () => {
    const { commit } = receipt.source
    const full = await runTally(project, 'verify', receipt.artifact.path, '--policy', 'policy/prod.yaml', '--format', 'json')
    const file = await verifyElsewhere('greet', '--policy', 'prod.yaml', '--commit', commit ?? '', '--format', 'json')
    const image = await verifyElsewhere(reference(), '--policy', 'prod.yaml', '--commit', commit ?? '', '--format', 'json')
    const verdictOf = (said: Said) => {
      const { verdict, exitCode } = dataOf(said)
      return [said.exitCode, exitCode, verdict?.decision, verdict?.clauses.map(({ clause, result }) => `${clause} ${result}`)]
    }
    expect(verdictOf(full).slice(0, 3)).toEqual([0, 0, 'allow'])
    expect(verdictOf(file)).toEqual(verdictOf(full))
    expect(verdictOf(image)).toEqual(verdictOf(full))
    // The log is proven by the checkpoint that the same key signed beside the log's own: nobody here knows the log's.
    expect(dataOf(file).receipts.filter((each) => each.log === null)).toEqual([])
    expect(await fs.readdir(join(elsewhere, 'empty')).catch(() => [])).not.toContain('tally.db')
  })

  test('without HEAD the commit cannot be judged, which allows nothing', async () => {
    const said = await verifyElsewhere('greet', '--policy', 'prod.yaml')
    expect(said).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error\[denied\]: greet: policy prod cannot allow it: provenance\.commit$/m),
    })
    expect(said.stdout).toMatch(/^ {2}UNKNOWN +provenance\.commit$/m)
  })

  test('a key is named where a policy names several, and not guessed', async () => {
    const policy = join(elsewhere, 'two.yaml')
    await fs.writeFile(policy, 'version: 1\nname: two\nrequire:\n  signature: { from: [this-machine] }\n  provenance: { from: [ci] }\n')
    const guessed = await verifyElsewhere('greet', '--policy', 'two.yaml')
    expect(guessed).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('help: --key this-machine=machine.pub') })
    const named = await runTally(stranger, 'verify', 'greet', '--policy', 'two.yaml', '--key', 'this-machine=machine.pub')
    expect(named).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('policy two denies it: provenance') })
  })

  test('`gate` is `verify` with a policy, and refuses to be one without', async () => {
    const without = await runTally(project, 'gate', receipt.artifact.path)
    expect(without).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^error\[usage\]: --policy: is missing/) })
    expect(await runTally(project, 'gate', receipt.artifact.path, '--policy', 'policy/prod.yaml')).toMatchObject({
      exitCode: 0,
      stderr: '',
    })
  })
})

describe('one byte is another, and it says which half does not meet', () => {
  test('of the artifact: a file', async () => {
    await fs.copyFile(join(elsewhere, 'greet'), join(elsewhere, 'flipped'))
    await fs.copyFile(join(elsewhere, 'greet.sigstore.jsonl'), join(elsewhere, 'flipped.sigstore.jsonl'))
    await flipByte(join(elsewhere, 'flipped'))
    const said = await verifyElsewhere('flipped')
    expect(said.exitCode).toBe(1)
    expect(said.stderr).toMatch(/^error\[digest-mismatch\]: flipped: is not what its evidence is about/)
    expect(said.stdout.match(/^ {2}rejected /gm)).toHaveLength(5)
    expect(said.stdout).not.toMatch(/^ {2}verified /m)
  })

  test.each([
    ['its manifest', () => receipt.artifact.manifestDigest],
    ['the file in it', () => receipt.artifact.digest],
  ])('of the artifact: %s in a layout', async (_, digest) => {
    const copy = await copyOf(layout())
    await flipByte(join(copy, 'blobs/sha256', digest().slice('sha256:'.length)))
    const said = await verifyElsewhere(reference(copy))
    expect(said).toMatchObject({ exitCode: 1, stdout: '' })
    expect(said.stderr).toMatch(/^error\[digest-mismatch\]: \S+: /)
    expect(said.stderr).toContain(digest())
  })

  test('of the evidence: a bundle in a layout', async () => {
    const copy = await copyOf(layout())
    const [bundle] = receipt.evidence
    await flipByte(join(copy, 'blobs/sha256', bundle?.digest.slice('sha256:'.length) ?? ''))
    const said = await verifyElsewhere(reference(copy))
    expect(said).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error\[digest-mismatch\]: /) })
    expect(said.stdout).toMatch(/^ {2}unreadable /m)
    expect(said.stdout.match(/^ {2}verified /gm)).toHaveLength(4)
    // Under a policy the four that hold do not suffice, and it is not known what the fifth would have said.
    const judged = await verifyElsewhere(reference(copy), '--policy', 'prod.yaml', '--commit', receipt.source.commit ?? '')
    expect(judged).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^verdict +unknown by policy prod/m) })
  })

  test('of the evidence: the signed payload in a sidecar', async () => {
    const [line = ''] = (await fs.readFile(join(elsewhere, 'greet.sigstore.jsonl'), 'utf8')).split('\n')
    const bundle = JSON.parse(line) as { dsseEnvelope: { payload: string } }
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('latin1')
    bundle.dsseEnvelope.payload = Buffer.from(payload.replace('Statement/v1', 'Statement/v2'), 'latin1').toString('base64')
    await fs.writeFile(join(elsewhere, 'changed.sigstore.json'), JSON.stringify(bundle))
    await fs.copyFile(join(elsewhere, 'greet'), join(elsewhere, 'changed'))
    const said = await verifyElsewhere('changed')
    expect(said.exitCode).toBe(1)
    expect(said.stderr).toMatch(
      /^error\[signature-invalid\]: \S*changed\.sigstore\.json: evidence has a signature that does not match its bytes and the key of \S+, which it names/,
    )
  })

  test('of the log proof: evidence holds, that it was logged does not', async () => {
    for (const name of ['greet', 'greet.sigstore.jsonl'])
      await fs.copyFile(join(elsewhere, name), join(elsewhere, name.replace('greet', 'unlogged')))
    const proofs = await fs.readFile(join(elsewhere, 'greet.sigstore.jsonl.proof.json'), 'utf8')
    const spoilt = proofs.replaceAll(
      /"hashes":\["([A-Za-z0-9+/])/g,
      (all, first: string) => `${all.slice(0, -1)}${first === 'A' ? 'B' : 'A'}`,
    )
    expect(spoilt).not.toBe(proofs)
    await fs.writeFile(join(elsewhere, 'unlogged.sigstore.jsonl.proof.json'), spoilt)
    const said = await verifyElsewhere('unlogged')
    expect(said.exitCode).toBe(1)
    expect(said.stderr).toMatch(/^error\[log-unsound\]: \S+: evidence is signed by machine\.pub, and the log proof does not hold: /)
    const judged = await verifyElsewhere('unlogged', '--policy', 'prod.yaml', '--commit', receipt.source.commit ?? '')
    expect(judged).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('policy prod denies it: log') })
  })

  test('of the policy: the verdict that came along is by another, and it is judged again', async () => {
    const changed = (await fs.readFile(join(elsewhere, 'prod.yaml'), 'utf8')).replace('# What must', '# What MUST')
    await fs.writeFile(join(elsewhere, 'changed.yaml'), changed)
    const args = ['greet', '--commit', receipt.source.commit ?? '', '--policy']
    const said = await verifyElsewhere(...args, 'changed.yaml')
    expect(said).toMatchObject({ exitCode: 0, stderr: '' })
    expect(said.stdout).toMatch(/^earlier +PASSED for tally:\/\/greet\/prod\S*$/m)
    expect(said.stdout).toMatch(/^ +by another policy sha256:[0-9a-f]{12}…: judged again here$/m)
    expect(said.stdout).toMatch(/^verdict +allow by policy prod/m)
    const data = dataOf(await verifyElsewhere(...args, 'changed.yaml', '--format', 'json'))
    expect(data.earlierVerdicts).toMatchObject([{ result: 'PASSED', samePolicy: false }])
    expect((await verifyElsewhere(...args, 'prod.yaml')).stdout).toMatch(/^ +by this very policy$/m)
  })
})

describe('evidence of others', () => {
  test('a bundle signed by another key is shown, and is nothing', async () => {
    await using other = await makeSample()
    const bundle = join(elsewhere, 'other.sigstore.json')
    expect(await runTally(other, 'sign', join(elsewhere, 'greet'), '--bundle', bundle)).toMatchObject({ exitCode: 0 })
    await fs.copyFile(join(elsewhere, 'greet'), join(elsewhere, 'alone'))
    const alone = await verifyElsewhere('alone', '--bundle', bundle)
    expect(alone.exitCode).toBe(1)
    expect(alone.stderr).toMatch(
      /^error\[untrusted\]: alone: evidence is there, and it is signed by another key \(it names [0-9a-f]{16}…\), which is not trusted$/m,
    )
    // Beside evidence that holds it takes nothing away: anybody can attach a signature.
    const beside = await verifyElsewhere('greet', '--bundle', bundle)
    expect(beside).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ {2}rejected +signature/m) })
  })

  test('nobody is trusted where nobody is named, and the line that would name somebody is shown', async () => {
    const said = await runTally(stranger, 'verify', 'greet')
    expect(said).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error\[untrusted\]: nobody is trusted here[^]*\nhelp: .*trust: \[\{/),
    })
  })

  test('no evidence at all: that, and where it was looked for', async () => {
    await fs.writeFile(join(elsewhere, 'bare'), 'nobody said anything\n')
    const said = await verifyElsewhere('bare')
    expect(said).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error\[no-evidence\]: bare: nothing that could be verified was found\nhelp: sign it/),
    })
    expect(said.stdout).toMatch(/^looked in\n {2}\S*bare\.sigstore\.json: none$/m)
  })
})

describe('image archives', () => {
  const layer = tarBytes([{ type: 'file', path: 'hello', content: utf8('hello\n') }], { mtime: 0 })
  const config = { os: 'linux', architecture: 'amd64' }

  test('an OCI archive: signed by digest, verified by digest, and one byte of its layer is noticed', async () => {
    const { bytes, manifest } = ociArchiveBytes({ config, layers: [{ tar: layer }], tag: '1.0', mtime: 0 })
    const file = join(elsewhere, 'image.tar')
    await fs.writeFile(file, bytes)
    expect(await runTally(project, 'sign', `oci-archive:${file}`)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(manifest) })
    for (const name of [file, `oci-archive:${file}:1.0`, `oci-archive:${file}@${manifest}`]) {
      const said = await runTally(project, 'verify', name)
      expect(said, name).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ {2}verified +signature/m) })
    }
    const at = Buffer.from(bytes).indexOf('hello\n')
    await flipByte(file, at)
    const flipped = await runTally(project, 'verify', file)
    expect(flipped).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^error\[digest-mismatch\]: /) })
    expect(flipped.stderr).toContain(digestOf(layer))
  })

  test('a docker archive: it has no manifest, so it is judged as the file it is, or by the config of its image', async () => {
    const configBytes = utf8(JSON.stringify({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }))
    const configName = `${hexOf(digestOf(configBytes))}.json`
    const list = [{ Config: configName, RepoTags: ['demo:1.0'], Layers: ['layer.tar'] }]
    const file = join(elsewhere, 'docker.tar')
    await fs.writeFile(
      file,
      tarBytes(
        [
          { type: 'file', path: configName, content: configBytes },
          { type: 'file', path: 'layer.tar', content: layer },
          { type: 'file', path: 'manifest.json', content: utf8(JSON.stringify(list)) },
        ],
        { mtime: 0 },
      ),
    )
    const refused = await runTally(project, 'sign', `docker-archive:${file}`)
    expect(refused).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('help: sign the file itself: file:') })
    expect(await runTally(project, 'sign', `file:${file}`)).toMatchObject({ exitCode: 0 })
    const said = await runTally(project, 'verify', `docker-archive:${file}`)
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ {2}verified +signature/m) })
    expect(said.stdout).toContain(digestOf(await fs.readFile(file)))

    // The image in it goes by its config digest too, whatever archive it lies in, and the output says that this is what matched.
    const configFile = join(elsewhere, 'config.json')
    await fs.writeFile(configFile, configBytes)
    const bundle = join(elsewhere, 'config.sigstore.json')
    expect(await runTally(project, 'sign', `file:${configFile}`, '--bundle', bundle)).toMatchObject({ exitCode: 0 })
    const byConfig = await runTally(project, 'verify', `docker-archive:${file}`, '--isolated', '--bundle', bundle)
    expect(byConfig).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('about the config digest of the image in the archive') })
    expect(byConfig.stdout).toContain(digestOf(configBytes))
  })
})

describe('`download` in cosign’s words', () => {
  test.each([
    [['signature'], 1],
    [['attestation'], 4],
    [['sbom'], 1],
    [['attestation', '--predicate-type', 'slsaprovenance1'], 1],
  ])('%j gives %i', async (words, count) => {
    const said = await runTally(project, 'download', ...words, receipt.artifact.path)
    expect(said.exitCode, said.stderr).toBe(0)
    expect(said.stdout.trim().split('\n')).toHaveLength(count)
  })

  test('what is not there is said, and so is a kind nobody knows', async () => {
    const path = receipt.artifact.path
    const none = await runTally(project, 'download', 'sbom', '--type', 'vsa', path)
    expect(none).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('no-evidence') as unknown })
    const other = await runTally(project, 'download', 'layers', path)
    expect(other).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('signature, attestation, sbom') as unknown })
  })
})

describe('the ledger', () => {
  const inData = (dataDir: string): Pick<SampleProject, 'dir' | 'env'> => ({
    dir: project.dir,
    env: { ...project.env, TALLY_DATA_DIR: dataDir },
  })

  test('one byte of any of its files: `log check` names the file', async () => {
    const files = (await fs.readdir(join(project.dataDir, 'ledger'), { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    )
    expect(files.length).toBeGreaterThan(2)
    for (const entry of files) {
      const copy = await copyOf(project.dataDir)
      const path = join(copy, 'ledger', join(entry.parentPath, entry.name).slice(join(project.dataDir, 'ledger').length))
      await flipByte(path)
      const said = await runTally(inData(copy), 'log', 'check')
      expect(said.exitCode, path).toBe(1)
      expect(`${said.stdout}${said.stderr}`, path).toContain(entry.name)
      expect(said.stderr).toMatch(/^error\[log-unsound\]: /m)
    }
  })

  test('it still holds what a receipt, a proof file, a checkpoint and evidence elsewhere saw', async () => {
    await fs.writeFile(join(elsewhere, 'kept.checkpoint'), receipt.log.checkpoint)
    for (const kept of [
      join(project.beside, 'receipt.json'),
      join(elsewhere, 'greet.sigstore.jsonl.proof.json'),
      join(elsewhere, 'kept.checkpoint'),
      reference(),
    ]) {
      const said = await runTally(project, 'log', 'check', '--against', kept)
      expect(said, kept).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^sound/) })
    }
    // What this data directory keeps itself is no witness.
    const own = await runTally(project, 'log', 'check', '--against', receipt.artifact.path)
    expect(own).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('holds no checkpoint to compare with') })
  })

  test('rewritten as a whole and signed again with its real keys it is sound by itself, and an older receipt tells', async () => {
    const rewritten = await copyOf(project.dataDir)
    for (const name of ['ledger', 'runs', 'registry', 'evidence', 'blobs'])
      await fs.rm(join(rewritten, name), { recursive: true, force: true })
    for (const name of ['one', 'two', 'three', 'four', 'five', 'six']) {
      await fs.writeFile(join(elsewhere, name), name)
      expect(await runTally(inData(rewritten), 'sign', join(elsewhere, name))).toMatchObject({ exitCode: 0 })
    }
    expect(await runTally(inData(rewritten), 'log', 'check')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^sound: 6 entries/),
    })
    for (const kept of [join(project.beside, 'receipt.json'), join(elsewhere, 'greet.sigstore.jsonl.proof.json'), reference()]) {
      const said = await runTally(inData(rewritten), 'log', 'check', '--against', kept)
      expect(said.exitCode, kept).toBe(1)
      expect(said.stdout, kept).toMatch(/^unsound: /)
      expect(said.stderr, kept).toMatch(/^error\[log-unsound\]: /m)
    }
  })
})

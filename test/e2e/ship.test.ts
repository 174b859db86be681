import { createHash } from 'node:crypto'
import { appendFile, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shipReceiptSchema } from '../../src/chain/receipt-schema.ts'
import type { ShipReceipt } from '../../src/chain/receipt-schema.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import { ONE_OF_EACH, attachedKinds, loggedKinds, tagged } from '../support/chain-facts.ts'
import { runTally } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { makeSample, packageJson } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { openSample, shipInside } from '../support/ship-inside.ts'
import type { Shipped } from '../support/ship-inside.ts'
import { filesBelow, inventoryRows } from '../support/snapshots.ts'

// One project and its life: shipped, shipped again unchanged, committed and shipped with the same version.
describe('an npm package from its source tree to prod', () => {
  let project: SampleProject
  let said: Said
  let receipt: ShipReceipt
  const PACKED = { run: `'npm pack --silent --pack-destination "$TALLY_OUT"'`, output: '$TALLY_OUT/*.tgz' }

  beforeAll(async () => {
    project = await makeSample({ yaml: PACKED })
    said = await runTally(project, 'ship', '--format', 'json')
    receipt = shipReceiptSchema.parse(JSON.parse(said.stdout))
  })
  afterAll(() => project[Symbol.asyncDispose]())

  test('it is in prod, and the receipt says what, from where, by whom, where logged, and why', async () => {
    const commit = (await project.git('rev-parse', 'HEAD')).trim()
    const bytes = await readFile(receipt.artifact.path)
    expect(said.exitCode).toBe(0)
    expect(receipt).toMatchObject({
      project: 'greet',
      artifact: { name: 'greet-1.0.0.tgz', version: '1.0.0', digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` },
      source: { commit, branch: 'main', dirty: false },
      check: { result: 'PASSED', findings: 0 },
      sbom: { components: 1, completeness: 'complete' },
      provenance: { sourceCommit: commit },
      signer: { kind: 'local' },
      verdict: { decision: 'allow', policy: { name: 'prod', path: 'policy/prod.yaml' } },
      reached: 'prod',
      target: 'prod',
    })
    expect(receipt.promoted).toEqual({
      environment: 'prod',
      reference: `oci:${join(project.dataDir, 'registry/greet/prod')}@${receipt.artifact.manifestDigest}`,
      tag: `1.0.0-${commit.slice(0, 12)}`,
    })
    expect(receipt.verdict?.clauses.filter((clause) => clause.result !== 'met')).toEqual([])
    expect(receipt.notProven.join('\n')).toContain('local builder reaches SLSA Build L1 at most')
  })

  test('every piece of evidence is attached once, in dev and in prod, and stands once in a sound log', async () => {
    const workspace = await openSample(project)
    for (const environment of ['dev', 'prod']) {
      expect(await attachedKinds(workspace, environment, receipt.artifact.manifestDigest)).toEqual(ONE_OF_EACH)
      expect(await tagged(workspace, environment, 'current')).toBe(receipt.artifact.manifestDigest)
      expect(await tagged(workspace, environment, receipt.promoted?.tag ?? '')).toBe(receipt.artifact.manifestDigest)
    }
    expect(await loggedKinds(workspace)).toEqual(['signature', 'provenance', 'cyclonedx', 'testResult', 'vsa'])
    expect(receipt.evidence.map(({ index, predicateType, authority }) => [index, predicateType, authority])).toEqual(
      [PREDICATE.signature, PREDICATE.provenance, PREDICATE.cyclonedx, PREDICATE.testResult, PREDICATE.vsa].map((predicateType, index) => [
        index,
        predicateType,
        'this-machine',
      ]),
    )
    expect(await (await workspace.ledger()).checkAgainst({ checkpoint: receipt.log.checkpoint })).toMatchObject({ ok: true })
  })

  test('the evidence names no path, no user and no value of the environment of this machine', async () => {
    const blobs = await filesBelow(join(project.dataDir, 'registry/greet/prod/blobs'))
    const texts = await Promise.all(
      Object.keys(blobs).map(async (path) => await readFile(join(project.dataDir, 'registry/greet/prod/blobs', path), 'utf8')),
    )
    const plain = texts.flatMap((text) => [text, ...Array.from(text.matchAll(/"payload":"([^"]+)"/g), ([, part]) => atob(part ?? ''))])
    expect(plain.length).toBe(texts.length + ONE_OF_EACH.length)
    expect(plain.filter((text) => text.includes(project.beside))).toEqual([])
  })

  test('a second run adds nothing: not a log entry, not a referrer, not a byte, not a row', async () => {
    const places = ['ledger', 'registry', 'blobs', 'keys'].map((name) => join(project.dataDir, name))
    const before = { files: await Promise.all(places.map(filesBelow)), rows: inventoryRows(project.dataDir) }
    const again = await runTally(project, 'ship', '--format', 'json')
    expect(again.exitCode).toBe(0)
    expect({ files: await Promise.all(places.map(filesBelow)), rows: inventoryRows(project.dataDir) }).toEqual(before)
    expect(before.rows['evidence']).toHaveLength(ONE_OF_EACH.length)
    const second = shipReceiptSchema.parse(JSON.parse(again.stdout))
    // A checkpoint is signed anew for each receipt; everything else is as it was.
    expect({ ...second, log: { ...second.log, checkpoint: '' } }).toEqual({ ...receipt, log: { ...receipt.log, checkpoint: '' } })
  })

  test('committed and shipped again with the same version: allowed, and the first release stays what it was', async () => {
    await project.write('index.js', 'export const greeting = "hello"\n')
    const commit = await project.commit()
    const again = await runTally(project, 'ship', '--format', 'json')
    const second = shipReceiptSchema.parse(JSON.parse(again.stdout))
    expect(second).toMatchObject({ reached: 'prod', promoted: { tag: `1.0.0-${commit.slice(0, 12)}` } })
    expect(second.artifact.digest).not.toBe(receipt.artifact.digest)
    const workspace = await openSample(project)
    expect(await tagged(workspace, 'prod', 'current')).toBe(second.artifact.manifestDigest)
    expect(await tagged(workspace, 'prod', receipt.promoted?.tag ?? '')).toBe(receipt.artifact.manifestDigest)
    expect(await attachedKinds(workspace, 'prod', second.artifact.manifestDigest)).toEqual(ONE_OF_EACH)
    expect(await loggedKinds(workspace)).toHaveLength(2 * ONE_OF_EACH.length)
    const kept = { checkpoint: receipt.log.checkpoint }
    expect(await (await workspace.ledger()).checkAgainst(kept)).toMatchObject({ ok: true })
  })
})

test('a commit that leaves the artifact as it was: the same bits get a second release tag, and their evidence for both commits', async () => {
  await using project = await makeSample()
  const first = await shipInside(project)
  await project.write('README.md', 'Greets.\n')
  await project.commit()
  const second = await shipInside(project)
  expect(second.receipt.artifact.digest).toBe(first.receipt.artifact.digest)
  expect(second.receipt).toMatchObject({ reached: 'prod', verdict: { decision: 'allow' } })
  const digest = second.receipt.artifact.manifestDigest
  for (const { receipt } of [first, second]) expect(await tagged(second.workspace, 'prod', receipt.promoted?.tag ?? '')).toBe(digest)
  expect(await attachedKinds(second.workspace, 'prod', digest)).toEqual([...ONE_OF_EACH, ...ONE_OF_EACH].toSorted())
})

test('a release tag that would change its bits is refused, and nothing moves', async () => {
  await using project = await makeSample({ yaml: { run: `'head -c 16 /dev/urandom > "$TALLY_OUT/greet"'` } })
  const { receipt, workspace } = await shipInside(project)
  const digest = receipt.artifact.manifestDigest
  // The run is forgotten, so the same commit is built once more, and this build never gives the same bits.
  await rm(join(project.dataDir, 'runs'), { recursive: true })
  const again = await runTally(project, 'ship')
  expect(again.exitCode).toBe(1)
  expect(again.stdout).toBe('')
  expect(again.stderr).toMatch(/^error\[tag-would-move\]: \S+:1\.0\.0-[0-9a-f]{12}: already names sha256:\S+, and this is sha256:/m)
  for (const environment of ['dev', 'prod']) {
    expect(await tagged(workspace, environment, 'current')).toBe(digest)
    expect(await tagged(workspace, environment, receipt.promoted?.tag ?? '')).toBe(digest)
  }
  // A new version is what the error asks for, and what helps.
  await project.write('package.json', packageJson('1.0.1'))
  await project.commit()
  expect((await shipInside(project)).receipt.reached).toBe('prod')
})

test('what no commit describes never leaves dev, even where the policy does not ask for a clean tree', async () => {
  const policy = 'version: 1\nname: prod\nrequire: { signature: { from: [this-machine] } }\n'
  await using project = await makeSample({ files: { 'policy/prod.yaml': policy } })
  await project.write('greet.sh', 'echo not committed\n')
  const said = await runTally(project, 'ship')
  expect(said.exitCode).toBe(1)
  expect(said.stdout).toContain('greet 1.0.0: stays in dev, not in prod')
  expect(said.stdout).toContain('To mend it\n  git add -A && git commit && tally ship')
  const workspace = await openSample(project)
  expect((await (await workspace.environment('greet', 'dev', 'default')).target.tags()).filter((tag) => tag.startsWith('1.0.0'))).toEqual(
    [],
  )
  expect(await tagged(workspace, 'prod', 'current')).toBeUndefined()
})

test('a data directory that was moved goes on where it was', async () => {
  await using project = await makeSample({ yaml: { run: `'head -c 16 /dev/urandom > "$TALLY_OUT/greet"'` } })
  const { receipt } = await shipInside(project)
  const dataDir = join(project.beside, 'elsewhere')
  await rename(project.dataDir, dataDir)
  const moved = await shipInside({ ...project, dataDir, env: { ...project.env, TALLY_DATA_DIR: dataDir } })
  expect(moved.receipt.artifact).toMatchObject({
    digest: receipt.artifact.digest,
    path: receipt.artifact.path.replace(project.dataDir, dataDir),
  })
  expect(await loggedKinds(moved.workspace)).toHaveLength(ONE_OF_EACH.length)
})

describe('what a run left is damaged before it is used again', () => {
  let project: SampleProject
  let shipped: Shipped
  beforeAll(async () => {
    project = await makeSample()
    shipped = await shipInside(project)
  })
  afterAll(() => project[Symbol.asyncDispose]())
  const hexOf = (digest: string): string => digest.replace('sha256:', '')
  const inBlobs = (hex: string): string => join(project.dataDir, 'blobs/sha256', hex.slice(0, 2), hex)
  const inDev = (hex: string): string => join(project.dataDir, 'registry/greet/dev/blobs/sha256', hex)

  test.each([
    ['the artifact', () => shipped.receipt.artifact.path],
    ['the SBOM in the folder of the run', () => shipped.receipt.sbom.path],
    ['the SBOM in the blob store', () => inBlobs(hexOf(shipped.receipt.sbom.digest))],
    ['the artifact in dev', () => inDev(hexOf(shipped.receipt.artifact.digest))],
  ])('%s: made again, and nothing else', async (_what, path) => {
    const before = await readFile(path())
    await appendFile(path(), 'x')
    const again = await shipInside(project)
    expect(again.receipt).toMatchObject({ reached: 'prod', artifact: { digest: shipped.receipt.artifact.digest } })
    expect((await readFile(path())).equals(before)).toBe(true)
    expect(await loggedKinds(again.workspace)).toHaveLength(ONE_OF_EACH.length)
  })

  test('a signed statement in dev: it is named, it counts for nothing, and without it the answer is no', async () => {
    const sbom = hexOf(shipped.receipt.evidence[2]?.digest ?? '')
    await appendFile(inDev(sbom), 'x')
    const said = await runTally(project, 'ship')
    expect(said.exitCode).toBe(1)
    expect(said.stdout).toMatch(/FAILED +sbom\n/)
    expect(said.stdout + said.stderr).toContain(sbom.slice(0, 12))
  })

  test('a signed statement in the blob store: signed anew', async () => {
    const hex = hexOf(shipped.receipt.evidence[0]?.digest ?? '')
    await appendFile(inBlobs(hex), 'x')
    const again = await shipInside(project)
    expect(again.receipt.reached).toBe('prod')
    expect(again.receipt.evidence.map((each) => hexOf(each.digest))).not.toContain(hex)
  })
})

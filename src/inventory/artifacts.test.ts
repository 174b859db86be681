import { expect, test } from 'vitest'
import type { Verdict } from '../evidence/verdict.ts'
import { describeStores } from '../store/stores-for-tests.ts'
import { artifactDetail } from './artifact-detail.ts'
import { digestFor, receiptFor, sbomOf, scopeFor, wrappedFile } from './inventory-for-tests.ts'
import { listArtifacts } from './list-artifacts.ts'
import { recordArtifact } from './record-artifact.ts'
import { recordComponents } from './record-components.ts'
import { recordEvidence, recordVerdict, recordWaiver } from './record-evidence.ts'
import { moveCurrent, recordDeployment, recordTag } from './record-places.ts'
import { listRuns, recordRun } from './runs.ts'
import { inventoryMigrations, inventoryShapes } from './tables.ts'
import { timelineOf } from './timeline.ts'
import { verdictsOf } from './verdicts.ts'
import { listWaivers } from './waivers.ts'

const seenAt = '2026-11-25T10:00:00Z'

function verdictOn(name: string, decision: Verdict['decision'], at: string): Verdict {
  const clause = {
    clause: 'signature',
    result: decision === 'allow' ? 'met' : 'failed',
    expected: 'a',
    found: 'b',
    next: '',
    evidence: [],
  } as const
  return { decision, policy: { name: 'prod', digest: digestFor('policy') }, artifact: digestFor(name), clauses: [clause], at }
}

await describeStores('artifacts', { migrations: inventoryMigrations, sharded: Object.keys(inventoryShapes) }, ({ store }) => {
  test('recording again changes nothing, except that a version is learnt', async () => {
    const scope = scopeFor('again')
    const artifact = wrappedFile('app.tgz')
    await recordArtifact(store(), scope, { artifact, seenAt })
    await recordArtifact(store(), scope, { artifact, version: '1.2.3', seenAt: '2026-11-26T10:00:00Z' })
    await recordArtifact(store(), scope, { artifact, version: '9.9.9', seenAt: '2026-11-27T10:00:00Z' })
    const { items } = await listArtifacts(store(), scope)
    expect(items).toEqual([
      {
        digest: artifact.digest,
        kind: 'manifest',
        name: 'app.tgz',
        version: '1.2.3',
        size: 300,
        firstSeen: '2026-11-25T10:00:00.000Z',
        decision: undefined,
        environments: [],
      },
    ])
  })

  test('manifest, file and config are one thing, whichever of them is asked for', async () => {
    const scope = scopeFor('one-thing')
    const artifact = wrappedFile('app.tgz')
    const file = artifact.file.digest
    const config = digestFor('config')
    await recordArtifact(store(), scope, { artifact: { kind: 'file', digest: file, size: 100, name: 'app.tgz' }, seenAt })
    await recordArtifact(store(), scope, { artifact, config, seenAt })
    await recordEvidence(store(), scope, artifact.digest, receiptFor('on the manifest', seenAt), seenAt)
    await recordEvidence(store(), scope, file, receiptFor('on the file', '2026-11-25T11:30:00+01:00'), seenAt)
    for (const digest of [artifact.digest, file, config]) {
      const detail = await artifactDetail(store(), scope, digest)
      expect(detail?.evidence.map((each) => [each.envelope, each.time.at])).toEqual([
        [digestFor('envelope on the manifest'), '2026-11-25T10:00:00.000Z'],
        [digestFor('envelope on the file'), '2026-11-25T10:30:00.000Z'],
      ])
    }
    expect((await artifactDetail(store(), scope, config))?.digest).toBe(artifact.digest)
    expect((await artifactDetail(store(), scope, artifact.digest))?.alsoKnownAs).toEqual([file, config].toSorted())
    // The wrapped file is not listed beside its manifest.
    expect((await listArtifacts(store(), scope)).items.map((each) => each.digest)).toEqual([artifact.digest])
    expect(await artifactDetail(store(), scope, digestFor('unknown'))).toBeUndefined()
    expect(await artifactDetail(store(), scopeFor('another tenant'), artifact.digest)).toBeUndefined()
  })

  test('evidence is noted once; a log entry that comes later is added', async () => {
    const scope = scopeFor('evidence')
    const artifact = wrappedFile('app.tgz')
    await recordArtifact(store(), scope, { artifact, seenAt })
    await recordEvidence(store(), scope, artifact.digest, receiptFor('x', seenAt), seenAt)
    expect((await artifactDetail(store(), scope, artifact.digest))?.evidence[0]?.log).toBeUndefined()
    await recordEvidence(store(), scope, artifact.digest, receiptFor('x', seenAt, { index: 0 }), seenAt)
    await recordEvidence(store(), scope, artifact.digest, receiptFor('x', seenAt, { index: 7 }), seenAt)
    const evidence = (await artifactDetail(store(), scope, artifact.digest))?.evidence
    expect(evidence?.map((each) => each.log)).toEqual([{ index: 0, size: 1, root: 'cm9vdA==', checkpointBy: 'log key' }])
    expect(evidence?.[0]).toMatchObject({ signer: { kind: 'local', authority: 'this-machine' }, time: { proof: 'asserted' }, actor: 'ann' })
  })

  test('two signers of the same bytes, as cosign 2 stores them, are noted each with its own log entry', async () => {
    const scope = scopeFor('two signers')
    const artifact = wrappedFile('twice signed')
    await recordArtifact(store(), scope, { artifact, seenAt })
    for (const keyId of ['ab12', 'cd34'])
      await recordEvidence(store(), scope, artifact.digest, receiptFor('same', seenAt, undefined, keyId), seenAt)
    await recordEvidence(store(), scope, artifact.digest, receiptFor('same', seenAt, { index: 3 }, 'cd34'), seenAt)
    const evidence = (await artifactDetail(store(), scope, artifact.digest))?.evidence ?? []
    expect(evidence.map((each) => [each.envelope, each.signer.keyId, each.log?.index])).toEqual([
      [digestFor('envelope same'), 'ab12', undefined],
      [digestFor('envelope same'), 'cd34', 3],
    ])
  })

  test('verdicts come newest first, page by page, with their clauses, and the newest one is the decision of the list', async () => {
    const scope = scopeFor('verdicts')
    await recordArtifact(store(), scope, { artifact: wrappedFile('v'), seenAt })
    const first = verdictOn('v', 'deny', '2026-11-25T10:00:00Z')
    const id = await recordVerdict(store(), scope, first, 'prod')
    expect(await recordVerdict(store(), scope, first, 'prod')).toBe(id)
    await recordVerdict(store(), scope, verdictOn('v', 'unknown', '2026-11-25T10:00:00Z'))
    await recordVerdict(store(), scope, verdictOn('v', 'allow', '2026-11-25T12:00:00Z'), 'prod')
    const page = await verdictsOf(store(), scope, digestFor('v'), { limit: 2 })
    expect(page.items.map((each) => each.decision)[0]).toBe('allow')
    const rest = await verdictsOf(store(), scope, digestFor('v'), { limit: 2, after: page.next ?? '' })
    expect([...page.items, ...rest.items].map((each) => each.decision).toSorted()).toEqual(['allow', 'deny', 'unknown'])
    expect(rest.next).toBeUndefined()
    expect([...page.items, ...rest.items].find((each) => each.id === id)).toMatchObject({
      ...first,
      at: '2026-11-25T10:00:00.000Z',
      environment: 'prod',
    })
    expect((await listArtifacts(store(), scope)).items[0]?.decision).toBe('allow')
  })

  test('a list is paged by a key, so that what comes in between neither hides nor repeats a row', async () => {
    const scope = scopeFor('pages')
    const names = Array.from({ length: 7 }, (_, at) => `artifact ${at}`)
    for (const [at, name] of names.entries()) {
      await recordArtifact(store(), scope, { artifact: wrappedFile(name), seenAt: `2026-11-25T10:00:0${Math.floor(at / 2)}Z` })
    }
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await listArtifacts(store(), scope, { limit: 3, ...(after === undefined ? {} : { after }) })
      seen.push(...page.items.map((each) => each.name))
      after = page.next
      await recordArtifact(store(), scope, { artifact: wrappedFile(`newcomer ${seen.length}`), seenAt: '2026-11-26T10:00:00Z' })
    } while (after !== undefined)
    expect(seen.toSorted()).toEqual(names)
    await expect(listArtifacts(store(), scope, { after: 'bm9uc2Vuc2U' })).rejects.toMatchObject({ code: 'usage', where: 'after' })
  })

  test('search finds parts of names and beginnings of digests, and its signs mean themselves', async () => {
    const scope = scopeFor('search')
    for (const name of ['Frontend', 'backend', '100%']) await recordArtifact(store(), scope, { artifact: wrappedFile(name), seenAt })
    const found = async (search: string): Promise<string[]> =>
      (await listArtifacts(store(), scope, { search })).items.map((each) => each.name).toSorted()
    expect(await found('END')).toEqual(['Frontend', 'backend'])
    expect(await found('front')).toEqual(['Frontend'])
    expect(await found('0%')).toEqual(['100%'])
    expect(await found(`'; drop table artifact; --`)).toEqual([])
    expect(await found(digestFor('backend').slice(0, 20))).toEqual(['backend'])
    expect(await found(digestFor('backend').slice(7, 20))).toEqual(['backend'])
    expect(await found('  ')).toHaveLength(3)
  })

  test('the timeline tells the whole story, oldest first, with who did it', async () => {
    const scope = scopeFor('timeline')
    const artifact = wrappedFile('app')
    const other = wrappedFile('app 2')
    await recordArtifact(store(), scope, { artifact, seenAt })
    await recordEvidence(store(), scope, artifact.digest, receiptFor('p', '2026-11-25T10:01:00Z'), seenAt)
    await recordComponents(store(), scope, artifact.file.digest, sbomOf(['left-pad@1.3.0']), '2026-11-25T10:02:00Z')
    await recordVerdict(store(), scope, verdictOn('app', 'allow', '2026-11-25T10:03:00Z'), 'prod')
    await recordTag(store(), scope, { repository: 'host/app', tag: '1.0.0', artifact: artifact.digest, at: '2026-11-25T10:03:30Z' })
    await moveCurrent(store(), scope, { environment: 'prod', artifact: artifact.digest, tag: '1.0.0', at: '2026-11-25T10:04:00Z' })
    await recordDeployment(store(), scope, { environment: 'prod', workload: 'web', artifact: artifact.digest, at: '2026-11-25T10:05:00Z' })
    const later = scopeFor('timeline', 'bob')
    await recordDeployment(store(), later, { environment: 'prod', workload: 'web', artifact: undefined, at: '2026-11-25T10:06:00Z' })
    await moveCurrent(store(), later, { environment: 'prod', artifact: other.digest, tag: '1.0.1', at: '2026-11-25T10:07:00Z' })
    const events = await timelineOf(store(), scope, artifact.file.digest)
    expect(events.map((event) => `${event.at.slice(11, 19)} ${event.kind} by ${event.actor}`)).toEqual([
      '10:00:00 seen by ann',
      '10:01:00 evidence by ann',
      '10:02:00 sbom by ann',
      '10:03:00 verdict by ann',
      '10:03:30 tagged by ann',
      '10:04:00 became-current by ann',
      '10:05:00 deployed by ann',
      '10:06:00 undeployed by bob',
      '10:07:00 was-replaced by bob',
    ])
  })

  test('runs and waivers are kept', async () => {
    const scope = scopeFor('runs')
    const run = { id: 'r1', project: 'tally', commit: 'abc', target: 'prod', startedAt: seenAt } as const
    await recordRun(store(), scope, { ...run, outcome: 'running' })
    const finished = { ...run, outcome: 'allow', artifact: digestFor('app'), finishedAt: '2026-11-25T10:01:00Z' } as const
    await recordRun(store(), scope, finished)
    await recordRun(store(), scope, { ...run, id: 'r2', outcome: 'failed', startedAt: '2026-11-25T11:00:00Z' })
    const { items } = await listRuns(store(), scope)
    expect(items.map((each) => each.id)).toEqual(['r2', 'r1'])
    expect(items[1]).toEqual({ ...finished, startedAt: '2026-11-25T10:00:00.000Z', finishedAt: '2026-11-25T10:01:00.000Z' })
    const waiver = {
      id: 'w1',
      clause: 'sbom',
      askedBy: 'ann',
      approvedBy: 'bob',
      reason: 'because',
      ticket: 'T-1',
      scope: '*',
      notAfter: '2026-12-01T00:00:00.000Z',
    }
    await recordWaiver(store(), scope, waiver, seenAt)
    await recordWaiver(store(), scope, waiver, seenAt)
    expect(await listWaivers(store(), scope)).toEqual([waiver])
  })

  test('a time that is none is refused', async () => {
    const scope = scopeFor('times')
    await expect(recordArtifact(store(), scope, { artifact: wrappedFile('x'), seenAt: 'yesterday' })).rejects.toMatchObject({
      code: 'evidence-malformed',
    })
  })
})

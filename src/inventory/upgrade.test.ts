import { expect, test } from 'vitest'
import { openStore } from '../store/open-store.ts'
import { describeStores, testDeps } from '../store/stores-for-tests.ts'
import { artifactDetail } from './artifact-detail.ts'
import { digestFor, receiptFor, scopeFor, wrappedFile } from './inventory-for-tests.ts'
import { recordArtifact } from './record-artifact.ts'
import { recordEvidence } from './record-evidence.ts'
import { inventoryMigrations, inventoryShapes } from './tables.ts'

const seenAt = '2026-11-25T10:00:00Z'
const first = inventoryMigrations.slice(0, 1)

await describeStores('a data directory of before', { migrations: first, sharded: Object.keys(inventoryShapes) }, ({ store, options }) => {
  test('keeps its evidence, and takes the second signer of the same bytes that it could not hold', async () => {
    const scope = scopeFor('upgrade')
    const artifact = wrappedFile('app')
    const signersIn = async (opened: ReturnType<typeof store>): Promise<unknown> =>
      (await artifactDetail(opened, scope, artifact.digest))?.evidence.map((each) => [each.envelope, each.signer.keyId, each.actor])
    const bySecond = receiptFor('same', seenAt, undefined, 'cd34')
    await recordArtifact(store(), scope, { artifact, seenAt })
    await recordEvidence(store(), scope, artifact.digest, receiptFor('same', seenAt), seenAt)
    await recordEvidence(store(), scope, artifact.digest, bySecond, seenAt)
    const envelope = digestFor('envelope same')
    expect(await signersIn(store())).toEqual([[envelope, 'ab12', 'ann']])

    const later = await openStore(testDeps, { ...options(), migrations: inventoryMigrations })
    expect(await signersIn(later)).toEqual([[envelope, 'ab12', 'ann']])
    await recordEvidence(later, scope, artifact.digest, bySecond, seenAt)
    expect(await signersIn(later)).toEqual([
      [envelope, 'ab12', 'ann'],
      [envelope, 'cd34', 'ann'],
    ])
    await later.close()
  })
})

import { expect, test } from 'vitest'
import { describeStores } from '../store/stores-for-tests.ts'
import { currentHistory, environments } from './environments.ts'
import { digestFor, scopeFor, wrappedFile } from './inventory-for-tests.ts'
import { listArtifacts } from './list-artifacts.ts'
import { recordArtifact } from './record-artifact.ts'
import { moveCurrent, recordDeployment, recordEnvironment } from './record-places.ts'
import { inventoryMigrations, inventoryShapes } from './tables.ts'

const at = (minute: number): string => `2026-11-25T10:${String(minute).padStart(2, '0')}:00.000Z`

await describeStores('environments', { migrations: inventoryMigrations, sharded: Object.keys(inventoryShapes) }, ({ store }) => {
  test('they stand in the order of tally.yaml, each with what is current, now or then', async () => {
    const scope = scopeFor('order')
    await recordArtifact(store(), scope, { artifact: wrappedFile('v1'), version: '1.0.0', seenAt: at(0) })
    await recordEnvironment(store(), scope, { name: 'prod', from: 'dev', position: 2 })
    await recordEnvironment(store(), scope, { name: 'dev', position: 1, registry: 'old' })
    await recordEnvironment(store(), scope, { name: 'dev', position: 1, registry: 'default' })
    await moveCurrent(store(), scope, { environment: 'prod', artifact: digestFor('v1'), tag: '1.0.0', at: at(1) })
    await moveCurrent(store(), scope, { environment: 'prod', artifact: digestFor('v2'), tag: '2.0.0', at: at(5) })
    await recordDeployment(store(), scope, { environment: 'prod', workload: 'a', artifact: digestFor('v1'), at: at(1) })
    await recordDeployment(store(), scope, { environment: 'prod', workload: 'b', artifact: digestFor('v1'), at: at(1) })
    await recordDeployment(store(), scope, { environment: 'prod', workload: 'b', artifact: undefined, at: at(2) })
    const now = await environments(store(), scope)
    expect(now).toMatchObject([
      { name: 'dev', registry: 'default', from: undefined, current: undefined, workloads: 0 },
      {
        name: 'prod',
        from: 'dev',
        current: { artifact: digestFor('v2'), tag: '2.0.0', from: at(5), until: undefined, actor: 'ann' },
        workloads: 1,
      },
    ])
    const then = await environments(store(), scope, { asOf: at(1) })
    expect(then[1]).toMatchObject({ current: { artifact: digestFor('v1'), name: 'v1', version: '1.0.0', until: at(5) }, workloads: 2 })
    expect((await listArtifacts(store(), scope)).items[0]?.environments).toEqual(['prod'])
    expect(await environments(store(), scopeFor('another tenant'))).toEqual([])
  })

  test('the history of `current` is kept, page by page, and tells who moved it', async () => {
    const scope = scopeFor('history')
    const moves: readonly (readonly [string, number, string])[] = [
      ['a', 1, 'ann'],
      ['b', 2, 'bob'],
      ['a', 3, 'ann'],
      ['a', 4, 'ann'],
      ['b', 2, 'eve'],
    ]
    const news: boolean[] = []
    for (const [name, minute, actor] of moves) {
      news.push(
        await moveCurrent(store(), scopeFor('history', actor), { environment: 'prod', artifact: digestFor(name), tag: '', at: at(minute) }),
      )
    }
    expect(news).toEqual([true, true, true, false, false])
    const page = await currentHistory(store(), scope, 'prod', { limit: 2 })
    const rest = await currentHistory(store(), scope, 'prod', { limit: 2, after: page.next ?? '' })
    expect([...page.items, ...rest.items].map((each) => [each.artifact, each.from, each.until, each.actor])).toEqual([
      [digestFor('a'), at(3), undefined, 'ann'],
      [digestFor('b'), at(2), at(3), 'bob'],
      [digestFor('a'), at(1), at(2), 'ann'],
    ])
  })

  test('a late report does not undo what was confirmed since', async () => {
    const scope = scopeFor('late')
    const report = async (name: string, minute: number): Promise<boolean> =>
      await recordDeployment(store(), scope, { environment: 'prod', workload: 'web', artifact: digestFor(name), at: at(minute) })
    await recordArtifact(store(), scope, { artifact: wrappedFile('a'), seenAt: at(0) })
    await report('a', 1)
    await report('a', 9)
    expect(await report('b', 5)).toBe(true)
    expect((await listArtifacts(store(), scope)).items[0]?.environments).toEqual(['prod'])
    expect(await environments(store(), scope)).toMatchObject([{ workloads: 1 }])
  })

  test('many who move the same `current` at once leave one line of history without overlaps', async () => {
    const scope = scopeFor('race')
    const minutes = Array.from({ length: 12 }, (_, n) => (n * 5) % 12)
    await Promise.all(
      minutes.map(
        async (minute) =>
          await moveCurrent(store(), scope, { environment: 'prod', artifact: digestFor(`m${minute}`), tag: '', at: at(minute) }),
      ),
    )
    const { items } = await currentHistory(store(), scope, 'prod')
    expect(items.map((each) => each.from)).toEqual(minutes.toSorted((a, b) => b - a).map(at))
    expect(items.map((each) => each.until)).toEqual([undefined, ...items.slice(0, -1).map((each) => each.from)])
    expect(items.map((each) => each.artifact)).toEqual(minutes.toSorted((a, b) => b - a).map((minute) => digestFor(`m${minute}`)))
  })
})

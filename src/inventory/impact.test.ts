import { expect, test } from 'vitest'
import { describeStores } from '../store/stores-for-tests.ts'
import { componentsOf, sbomsOf } from './components.ts'
import { impact } from './impact.ts'
import type { ImpactQuestion } from './impact.ts'
import { digestFor, sbomOf, scopeFor, wrappedFile } from './inventory-for-tests.ts'
import { recordArtifact } from './record-artifact.ts'
import { differ, recordComponents } from './record-components.ts'
import { moveCurrent, recordDeployment } from './record-places.ts'
import { inventoryMigrations, inventoryShapes } from './tables.ts'

const seenAt = '2026-11-25T10:00:00Z'

function held(purl: string, licence: string | null = null): { purl: string; scope: string; licence: string | null } {
  return { purl, scope: 'required', licence }
}

test('two lists of components differ by what ended and what began', () => {
  expect(differ([held('a'), held('b'), held('c')], [held('b'), held('c', 'MIT'), held('d')])).toEqual({
    ended: ['a', 'c'],
    begun: [held('c', 'MIT'), held('d')],
  })
})

await describeStores('components and impact', { migrations: inventoryMigrations, sharded: Object.keys(inventoryShapes) }, ({ store }) => {
  const scope = scopeFor('impact')
  const named = async (text: string, question: ImpactQuestion = {}, who = scope): Promise<string[]> =>
    (await impact(store(), who, text, question)).artifacts.items.map((each) => each.name ?? '?').toSorted()

  test('the same SBOM again is no news; another one replaces it from then on, and the past stays askable', async () => {
    const own = scopeFor('replace')
    const digest = digestFor('app')
    const first = sbomOf(['left-pad@1.3.0', 'chalk@5.0.0'])
    const id = await recordComponents(store(), own, digest, first, '2026-11-25T10:00:00Z')
    expect(await recordComponents(store(), own, digest, first, '2026-11-25T11:00:00Z')).toBe(id)
    await recordComponents(store(), own, digest, sbomOf(['chalk@5.0.0', '@scope/new@1.0.0']), '2026-11-25T12:00:00Z')
    const purls = async (asOf?: string): Promise<string[]> =>
      (await componentsOf(store(), own, digest, asOf === undefined ? {} : { asOf })).items.map((each) => each.purl)
    expect(await purls()).toEqual(['pkg:npm/%40scope/new@1.0.0', 'pkg:npm/chalk@5.0.0'])
    expect(await purls('2026-11-25T11:59:59Z')).toEqual(['pkg:npm/chalk@5.0.0', 'pkg:npm/left-pad@1.3.0'])
    expect(await purls('2026-11-25T12:00:00Z')).toEqual(['pkg:npm/%40scope/new@1.0.0', 'pkg:npm/chalk@5.0.0'])
    expect(await purls('2026-11-25T09:00:00Z')).toEqual([])
    // One that is older than what is known does not bring its packages back.
    await recordComponents(store(), own, digest, sbomOf(['old@1.0.0']), '2026-11-25T08:00:00Z')
    expect(await purls()).toEqual(['pkg:npm/%40scope/new@1.0.0', 'pkg:npm/chalk@5.0.0'])
    const sboms = await sbomsOf(store(), own, digest)
    expect(sboms.map((each) => [each.since.slice(11, 13), each.until?.slice(11, 13), each.components])).toEqual([
      ['12', undefined, 2],
      ['10', '12', 2],
      ['08', '08', 1],
    ])
    expect(JSON.parse(Buffer.from((await store().blobs.get(id)) ?? []).toString())).toEqual(first)
  })

  test('two SBOMs with the same time: the later one counts, however often they take turns', async () => {
    const own = scopeFor('same-time')
    const digest = digestFor('app')
    for (const licence of ['MIT', 'ISC', 'MIT', 'Apache-2.0'])
      await recordComponents(store(), own, digest, sbomOf(['x@1.0.0'], licence), seenAt)
    const { items } = await componentsOf(store(), own, digest)
    expect(items.map((each) => [each.purl, each.licence])).toEqual([['pkg:npm/x@1.0.0', 'Apache-2.0']])
    expect(await named('x', {}, own)).toEqual(['?'])
  })

  test('a package is found by purl, by name, by range, in every artifact that holds it', async () => {
    const holds: readonly (readonly [string, readonly string[]])[] = [
      ['web', ['lodash@4.17.20', '@scope/lodash@1.0.0']],
      ['api', ['lodash@4.17.21', 'chalk@5.0.0']],
      ['cron', ['lodash@3.10.1']],
      ['odd', ['lodash@not-a-version']],
      ['clean', ['chalk@5.0.0']],
    ]
    for (const [name, components] of holds) {
      await recordArtifact(store(), scope, { artifact: wrappedFile(name), version: '1.0.0', seenAt })
      await recordComponents(store(), scope, digestFor(name), sbomOf(components), seenAt)
    }
    expect(await named('pkg:npm/lodash@4.17.20')).toEqual(['web'])
    expect(await named('pkg:npm/lodash')).toEqual(['api', 'cron', 'odd', 'web'])
    expect(await named('LoDash')).toEqual(['api', 'cron', 'odd', 'web'])
    expect(await named('@scope/lodash')).toEqual(['web'])
    expect(await named('chalk@>=5')).toEqual(['api', 'clean'])
    expect(await named('nothing-of-the-kind')).toEqual([])
    await expect(impact(store(), scope, '@')).rejects.toMatchObject({ code: 'reference-invalid' })
    // A version that cannot be ordered is shown as unknown, never passed over.
    const ranged = await impact(store(), scope, 'lodash@<4.17.21')
    expect(ranged.packages).toEqual([
      { purl: 'pkg:npm/lodash@3.10.1', match: 'yes' },
      { purl: 'pkg:npm/lodash@4.17.20', match: 'yes' },
      { purl: 'pkg:npm/lodash@not-a-version', match: 'unknown' },
    ])
    expect(ranged.incomplete).toBe(false)
    expect(await named('lodash@<4.17.21')).toEqual(['cron', 'odd', 'web'])
    expect(await named('lodash', {}, scopeFor('another tenant'))).toEqual([])
  })

  test('the blast radius says where each of them runs, under whichever digest, and when it did', async () => {
    const web = wrappedFile('web')
    await moveCurrent(store(), scope, { environment: 'prod', artifact: web.digest, tag: '1.0.0-abc', at: '2026-11-25T11:00:00Z' })
    await recordDeployment(store(), scope, {
      environment: 'prod',
      workload: 'web/0',
      artifact: web.file.digest,
      at: '2026-11-25T11:01:00Z',
    })
    await moveCurrent(store(), scope, { environment: 'dev', artifact: digestFor('cron'), tag: '1', at: '2026-11-25T11:00:00Z' })
    await moveCurrent(store(), scope, { environment: 'dev', artifact: digestFor('clean'), tag: '2', at: '2026-11-25T12:00:00Z' })
    const found = await impact(store(), scope, 'lodash', { onlyRunning: true })
    expect(found.artifacts.items).toEqual([
      {
        digest: web.digest,
        name: 'web',
        version: '1.0.0',
        packages: [{ purl: 'pkg:npm/lodash@4.17.20', match: 'yes' }],
        places: [
          { environment: 'prod', workload: undefined, tag: '1.0.0-abc', since: '2026-11-25T11:00:00.000Z' },
          { environment: 'prod', workload: 'web/0', tag: '', since: '2026-11-25T11:01:00.000Z' },
        ],
      },
    ])
    expect(await named('lodash', { onlyRunning: true, asOf: '2026-11-25T11:30:00Z' })).toEqual(['cron', 'web'])
    expect(await named('lodash', { onlyRunning: true, asOf: '2026-11-25T10:30:00Z' })).toEqual([])
  })

  test('a file is not counted beside the manifest that wraps it', async () => {
    const own = scopeFor('once')
    const artifact = wrappedFile('app')
    await recordArtifact(store(), own, { artifact, seenAt })
    await recordComponents(store(), own, artifact.file.digest, sbomOf(['only-file@1.0.0', 'both@1.0.0']), seenAt)
    await recordComponents(store(), own, artifact.digest, sbomOf(['both@1.0.0']), seenAt)
    expect((await impact(store(), own, 'both')).artifacts.items.map((each) => each.digest)).toEqual([artifact.digest])
    expect((await impact(store(), own, 'only-file')).artifacts.items.map((each) => each.digest)).toEqual([artifact.file.digest])
  })

  test('it is paged, and each artifact comes once', async () => {
    const own = scopeFor('paged')
    const names = Array.from({ length: 9 }, (_, at) => `a${at}`)
    for (const name of names) {
      await recordArtifact(store(), own, { artifact: wrappedFile(name), seenAt })
      await recordComponents(store(), own, digestFor(name), sbomOf(['p@1.0.0', 'p@2.0.0']), seenAt)
    }
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = (await impact(store(), own, 'p', { limit: 4, ...(after === undefined ? {} : { after }) })).artifacts
      for (const each of page.items) {
        expect(each.packages).toHaveLength(2)
        seen.push(each.name ?? '')
      }
      after = page.next
    } while (after !== undefined)
    expect(seen.toSorted()).toEqual(names)
  })

  test('fifty overlapping SBOMs at once lose nothing', async () => {
    const own = scopeFor('overlap')
    const lists = Array.from({ length: 50 }, (_, at) => Array.from({ length: 40 }, (_each, n) => `shared-${(at * 7 + n * 3) % 60}@1.0.0`))
    await Promise.all(lists.map(async (list, at) => await recordComponents(store(), own, digestFor(`overlap ${at}`), sbomOf(list), seenAt)))
    for (const [at, list] of lists.entries()) {
      const { items } = await componentsOf(store(), own, digestFor(`overlap ${at}`), { limit: 200 })
      expect(items.map((each) => `${each.name}@${each.version}`)).toEqual([...new Set(list)].toSorted())
    }
  })
})
